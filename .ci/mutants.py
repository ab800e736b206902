"""Run mutmut over the rules, collecting the tests once instead of once per mutant.

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
# The tests of the rules need no servers: with these variables no cluster is claimed.
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
    """Collects the tests before the first fork, so that every child process has them."""

    session: pytest.Session | None = None
    caches: list[_lru_cache_wrapper[Any]]
    #: Functions that run while modules are loaded.
    at_import: frozenset[str] = frozenset()

    def run_stats(self, *, tests: Iterable[str]) -> int:
        """Assign functions that run while modules are loaded to every test."""
        code = super().run_stats(tests=tests)
        for function in self.at_import:
            state().tests_by_mangled_function_name[function].update(state().duration_by_test)
        return code

    def execute_pytest(self, params: list[str], **kwargs: Any) -> int:
        return super().execute_pytest(params, plugins=[*kwargs.pop("plugins", ()), self], **kwargs)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which functions ran while modules were loaded: they belong to no single test."""
        self.at_import = frozenset(state()._stats)
        state()._stats.clear()
        self.caches = caches_of_the_rules()

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Clear caches, so that a test reaches what it would reach if run alone."""
        for cached in self.caches:
            cached.cache_clear()

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        if mutant_name is not None:
            self.silence = sys.stdout  # kept: collected while open, it fails a test
            # Fast tests first: most mutants are killed by the first few.
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
        """Run in a new process, which loads the mutated module."""
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
        """Run, in a child process, the tests that reach the mutant, up to the first failure."""
        assert self.session is not None
        gc.disable()
        for cached in self.caches:  # cached results are of the unchanged code
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
        # Collected anew: mutmut keeps it even when the code has changed.
        Path(ROOT, "mutmut-stats.json").unlink(missing_ok=True)
    mutmut.cli()


if __name__ == "__main__":
    sys.exit(main())
