"""`make seeded`: apply each bug to a copy of the tree; its tests must fail."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from time import monotonic

from development.servers.home import Home
from tests.seeded.bugs import BUGS, Bug

ROOT = Path(__file__).parents[2]
NOT_COPIED = (".git", ".venv", ".lumbar", "node_modules", "mutants", "htmlcov", ".*_cache")
SECONDS = 240
TESTS_FAILED = 1  # pytest's code; any other says that they did not run


@dataclass(frozen=True)
class Verdict:
    name: str
    invariant: str
    is_good: bool
    outcome: str
    seconds: float


class Copy:
    """A copy of the tree, to which one bug at a time is applied."""

    def __init__(self, directory: Path) -> None:
        self._tree = directory / "tree"
        shutil.copytree(ROOT, self._tree, ignore=shutil.ignore_patterns(*NOT_COPIED))

    @contextmanager
    def with_bug(self, bug: Bug) -> Iterator[None]:
        file = self._tree / bug.path
        sound = file.read_text()
        file.write_text(planted(bug, sound))
        try:
            yield
        finally:
            file.write_text(sound)

    def run(self, tests: Sequence[str]) -> tuple[int | None, str]:
        """Return pytest's exit code and output; no code if it did not end in time."""
        command = [sys.executable, "-m", "pytest", "-q", "-rfE", "--tb=line", "-p", "no:randomly"]
        environment = os.environ | {
            "PYTHONDONTWRITEBYTECODE": "1",
            "LUMBAR_HOME": str(Home.chosen().path),
            "COLUMNS": "400",
        }
        process = subprocess.Popen(
            [*command, *tests],
            cwd=self._tree,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        try:
            output, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            # Like Ctrl-C, so that tests end the processes that they have started.
            process.send_signal(signal.SIGINT)
            return None, process.communicate()[0]
        return process.returncode, output


def planted(bug: Bug, source: str) -> str:
    found = source.count(bug.old)
    if found != 1:
        raise ValueError(f"{bug.name}: its text is found {found} times in {bug.path}")
    return source.replace(bug.old, bug.new)


def portions_of(bugs: Sequence[Bug]) -> list[list[str]]:
    """Return the bugs' tests, each once: fault tests one by one, because they are slow."""
    tests = sorted({test for bug in bugs for test in bug.tests})
    slow = [test for test in tests if test.startswith("tests/faults/")]
    others = [test for test in tests if test not in slow]
    return [*([test] for test in slow), *([others] if others else [])]


def without_bugs(copy: Copy, tests: Sequence[str]) -> Verdict:
    started = monotonic()
    code, output = copy.run(tests)
    what = tests[0].rpartition("::")[2] if len(tests) == 1 else f"{len(tests)} tests"
    outcome = "passes" if code == 0 else f"fails without any bug:\n{output[-3000:]}"
    return Verdict(f"no bug: {what}", "", code == 0, outcome, monotonic() - started)


def with_bug(copy: Copy, bug: Bug) -> Verdict:
    started = monotonic()
    with copy.with_bug(bug):
        code, output = copy.run(bug.tests)
    if code == TESTS_FAILED:
        passed = [test for test in bug.tests if f"FAILED {test}" not in output]
        outcome = f"SURVIVED {', '.join(passed)}" if passed else "caught"
    elif code == 0:
        passed, outcome = list(bug.tests), f"SURVIVED {', '.join(bug.tests)}"
    else:
        passed, outcome = list(bug.tests), f"tests did not run ({code}):\n{output[-3000:]}"
    return Verdict(bug.name, bug.invariant, not passed, outcome, monotonic() - started)


def verdicts(
    bugs: Sequence[Bug], portions: Sequence[Sequence[str]], workers: int
) -> Iterator[Verdict]:
    """Yield the verdicts: on each bug, and on the tests without a bug."""
    copies: SimpleQueue[Copy] = SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="lumbar-seeded-") as directory:
        for number in range(workers):
            copies.put(Copy(Path(directory) / str(number)))

        def on_a_copy(job, *arguments):
            copy = copies.get()
            try:
                return job(copy, *arguments)
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(workers) as pool:
            jobs = [pool.submit(on_a_copy, with_bug, bug) for bug in bugs]
            jobs += [pool.submit(on_a_copy, without_bugs, tests) for tests in portions]
            yield from (job.result() for job in as_completed(jobs))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="bugs whose name or invariant holds this")
    options = parser.parse_args()
    bugs = [bug for bug in BUGS if options.only in f"{bug.invariant} {bug.name}"]
    started, bad = monotonic(), 0
    portions = portions_of(bugs)
    for number, verdict in enumerate(verdicts(bugs, portions, options.workers), start=1):
        bad += not verdict.is_good
        say(
            f"{number:3}/{len(bugs) + len(portions)}  {verdict.invariant:4} {verdict.name:64}"
            f" {verdict.seconds:5.0f} s  {verdict.outcome}"
        )
    say(f"{len(bugs)} bugs, {bad} not as they should be, {monotonic() - started:.0f} s")
    return bool(bad or not bugs)


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command speaks


if __name__ == "__main__":
    sys.exit(main())
