"""mutmut over the rules, with the tests collected once and not once for every mutant.

Arguments are mutmut's: `run`, `run 'tracker.rules.state.*'`, `results`, `show NAME`, `browse`.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterable
from functools import _lru_cache_wrapper
from pathlib import Path
from typing import Any

os.chdir(Path(__file__).resolve().parents[1])
# No test of the rules needs a server: with these, no cluster is claimed for them.
os.environ.setdefault("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
os.environ.setdefault("BROKER_URL", "redis://127.0.0.1:1/0")

import mutmut.__main__ as mutmut
import mutmut.workers.isolation as workers
import pytest
from _pytest.config import _prepareconfig
from mutmut.runners.harness import PytestRunner
from mutmut.state import state
from mutmut.utils.file_utils import change_cwd
from mutmut.workers.isolation import run_in_fork

ROOT = "mutants"


class CollectedOnce(PytestRunner):
    """What is collected before the first fork is there in every child."""

    session: pytest.Session | None = None
    caches: list[_lru_cache_wrapper[Any]]
    #: Functions that run while modules are loaded.
    at_import: frozenset[str] = frozenset()

    def run_stats(self, *, tests: Iterable[str]) -> int:
        """What runs while modules are loaded is every test's to notice."""
        code = super().run_stats(tests=tests)
        for function in self.at_import:
            state().tests_by_mangled_function_name[function].update(state().duration_by_test)
        return code

    def execute_pytest(self, params: list[str], **kwargs: Any) -> int:
        return super().execute_pytest(params, plugins=[*kwargs.pop("plugins", ()), self], **kwargs)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """What has run until now ran because modules were loaded: it is no one test's."""
        self.at_import = frozenset(state()._stats)
        state()._stats.clear()
        self.caches = caches_of_the_rules()

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A test reaches what it would reach alone, whichever test has asked before it."""
        for cached in self.caches:
            cached.cache_clear()

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        if mutant_name is not None:
            self.silence = sys.stdout  # collected while open, it would fail the first test
            # The quick ones first: most mutants die of the first few tests.
            chosen = sorted(tests, key=lambda test: state().duration_by_test[test])
            if len(chosen) == len(state().duration_by_test):  # see run_stats
                return self._run_anew(mutant_name)
            return self._run_collected(chosen)
        if self.session is None:
            self.session = self._collected()
            self.caches = caches_of_the_rules()
        every = [item.nodeid for item in self.session.items]
        return run_in_fork(self._run_collected, every)

    def _collected(self) -> pytest.Session:
        options = ["--rootdir=.", "-x", "-q"]
        chosen = self._pytest_add_cli_args_test_selection
        with change_cwd(ROOT):
            config = _prepareconfig([*options, *chosen, *self._pytest_add_cli_args])
            config._do_configure()
            session = pytest.Session.from_config(config)
            config.hook.pytest_sessionstart(session=session)
            config.hook.pytest_collection(session=session)
            config.pluginmanager.getplugin("capturemanager").suspend_global_capture(in_=True)
        return session

    def _run_anew(self, mutant_name: str) -> int:
        """In a process of its own, which loads the changed module."""
        command = [sys.executable, "-m", "pytest", "--rootdir=.", "-x", "-q"]
        chosen = self._pytest_add_cli_args_test_selection
        run = subprocess.run(
            [*command, *chosen, *self._pytest_add_cli_args],
            cwd=ROOT,
            env=os.environ | {"MUTANT_UNDER_TEST": mutant_name},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        return int(run.returncode != 0)

    def _run_collected(self, tests: list[str]) -> int:
        """In a child: the tests that reach the mutant, up to the first that fails."""
        assert self.session is not None
        gc.disable()
        for cached in self.caches:  # the unchanged code must not answer for the changed
            cached.cache_clear()
        items = {item.nodeid: item for item in self.session.items}
        chosen = [items[name] for name in tests if name in items]
        self.session.items = chosen
        with change_cwd(ROOT):
            for item, following in zip(chosen, [*chosen[1:], None], strict=True):
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                if self.session.testsfailed:
                    return 1
        return 0


def caches_of_the_rules() -> list[_lru_cache_wrapper[Any]]:
    cached = (each for each in gc.get_objects() if isinstance(each, _lru_cache_wrapper))
    return [each for each in cached if each.__module__.startswith("tracker.rules")]


def main() -> None:
    replaced: Any = CollectedOnce
    mutmut.PytestRunner = workers.PytestRunner = replaced
    if "run" in sys.argv:
        # Which tests reach what is learned anew: mutmut keeps it although the code has changed.
        Path(ROOT, "mutmut-stats.json").unlink(missing_ok=True)
    mutmut.cli()


if __name__ == "__main__":
    sys.exit(main())
