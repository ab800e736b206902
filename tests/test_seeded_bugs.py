"""The seeded bugs match the code, and cover every invariant that has a fault test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.seeded.__main__ import planted
from tests.seeded.bugs import BUGS, Bug

ROOT = Path(__file__).parents[1]
#: Which files of tests/faults prove which promise.
PROOFS = {
    promise: re.findall(r"`(test_\w+\.py)`", files)
    for promise, files in re.findall(
        r"^\| (I\d+) \| ([^|]+) \|", (ROOT / "docs/faults.md").read_text(), re.MULTILINE
    )
}
BY_NAME = pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)


@BY_NAME
def test_a_bug_is_planted_at_one_place_and_leaves_python(bug: Bug):
    source = (ROOT / bug.path).read_text()

    ast.parse(planted(bug, source))


@BY_NAME
def test_the_tests_of_a_bug_exist(bug: Bug):
    for test in bug.tests:
        path, *_, name = test.split("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text()


def test_a_text_that_is_not_there_once_is_an_error():
    bug = Bug(name="b", invariant="I1", path="p", old="x", new="y", tests=())

    for source in ("", "x x"):
        with pytest.raises(ValueError, match="times in p"):
            planted(bug, source)


def test_every_promise_that_faults_could_break_has_a_bug():
    promises = {"I1", "I2", "I3", "I4", "I5", "I6", "I7", "I12", "I13"}

    assert set(PROOFS) == promises
    assert {bug.invariant for bug in BUGS} >= promises
    assert len(BUGS) >= 15
    assert len({bug.name for bug in BUGS}) == len(BUGS)


@pytest.mark.parametrize("promise", PROOFS)
def test_a_fault_test_that_proves_a_promise_catches_a_bug(promise: str):
    tests = [test for bug in BUGS if bug.invariant == promise for test in bug.tests]
    caught_by = {test.partition("::")[0] for test in tests}

    assert caught_by & {f"tests/faults/{file}" for file in PROOFS[promise]}
