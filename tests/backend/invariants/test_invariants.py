from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

import clock
from backend import invariants
from tests.backend.invariants.violations import VIOLATIONS, a_flag_is_lost
from tracker.models import EscalationStep


def test_a_correct_history_violates_no_invariant(history):
    assert invariants.find_violations(at=clock.now()) == []
    assert command().endswith(
        f"\n{len(invariants.all_invariants())} invariants checked, none violated\n"
    )
    assert json.loads(command("--json"))["broken"] == []


def test_the_command_counts_the_steps_that_fired_late(history):
    step = EscalationStep.objects.filter(fired_at__isnull=False).first()
    EscalationStep.objects.filter(pk=step.pk).update(due_at=step.fired_at - timedelta(seconds=20))

    figures = json.loads(command("--json"))["figures"]

    assert figures["steps over 15 s late"] == 1
    assert (figures["over 60 s"], figures["latest"]) == (0, 20)
    assert "steps over 15 s late: 1; over 60 s: 0; " in command()


def test_each_invariant_has_a_violation_here():
    assert VIOLATIONS.keys() == {each.name for each in invariants.all_invariants()}


def test_each_violation_is_found_and_its_rows_reported(history, subtests):
    """One history for all: making it takes longer than any check."""
    for name, violate in VIOLATIONS.items():
        with subtests.test(name), transaction.atomic():
            violating = sorted(map(str, violate(history)))
            at = clock.now()
            found = {each.invariant.name: each for each in invariants.find_violations(at=at)}
            transaction.set_rollback(True)

            assert name in found
            assert sorted(found[name].ids) == violating
            assert found[name].count == len(violating)


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("check_invariants", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_exits_with_1_and_reports_invariant_and_rows(history):
    (episode,) = a_flag_is_lost(history)
    table, as_json = StringIO(), StringIO()

    with pytest.raises(SystemExit, match="1"):
        call_command("check_invariants", stdout=table)
    with pytest.raises(SystemExit, match="1"):
        call_command("check_invariants", "--json", stdout=as_json)

    assert "I10  flags_match_reevaluation" in table.getvalue()
    assert str(episode) in table.getvalue()
    assert f"{len(invariants.all_invariants())} invariants checked, 1 violated" in table.getvalue()
    (violation,) = json.loads(as_json.getvalue())["broken"]
    assert (violation["invariant"], violation["count"]) == ("I10", 1)


def test_the_command_lists_the_invariants():
    lines = command("--list").splitlines()

    assert [line.split()[1] for line in lines] == [
        each.name for each in invariants.all_invariants()
    ]
