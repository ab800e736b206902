from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

import clock
from backend import auditor
from tests.backend.auditor.plants import PLANTS, a_flag_is_lost
from tracker.models import EscalationStep


def test_where_all_is_as_it_should_be_no_law_is_broken(scene):
    assert auditor.find_violations(at=clock.now()) == []
    assert command().endswith(f"\n{len(auditor.LAWS)} laws checked, none broken\n")
    assert json.loads(command("--json"))["broken"] == []


def test_the_command_counts_the_steps_that_fired_late(scene):
    step = EscalationStep.objects.filter(fired_at__isnull=False).first()
    EscalationStep.objects.filter(pk=step.pk).update(due_at=step.fired_at - timedelta(seconds=20))

    figures = json.loads(command("--json"))["figures"]

    assert figures["steps over 15 s late"] == 1
    assert (figures["over 60 s"], figures["latest"]) == (0, 20)
    assert "steps over 15 s late: 1; over 60 s: 0; " in command()


def test_each_law_is_broken_by_somebody_here():
    assert PLANTS.keys() == {law.name for law in auditor.LAWS}


def test_each_planted_violation_is_found_and_its_rows_named(scene, subtests):
    """One scene for all: it takes longer than any of them."""
    for name, plant in PLANTS.items():
        with subtests.test(name), transaction.atomic():
            planted = sorted(map(str, plant(scene)))
            at = clock.now()
            found = {each.law.name: each for each in auditor.find_violations(at=at)}
            transaction.set_rollback(True)

            assert name in found
            assert sorted(found[name].ids) == planted
            assert found[name].count == len(planted)


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("check_invariants", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_ends_with_1_and_names_law_and_rows(scene):
    (episode,) = a_flag_is_lost(scene)
    table, as_json = StringIO(), StringIO()

    with pytest.raises(SystemExit, match="1"):
        call_command("check_invariants", stdout=table)
    with pytest.raises(SystemExit, match="1"):
        call_command("check_invariants", "--json", stdout=as_json)

    assert "I10  flags_follow_from_records" in table.getvalue()
    assert str(episode) in table.getvalue()
    assert f"{len(auditor.LAWS)} laws checked, 1 broken" in table.getvalue()
    (violation,) = json.loads(as_json.getvalue())["broken"]
    assert (violation["invariant"], violation["count"]) == ("I10", 1)


def test_the_command_lists_the_laws():
    lines = command("--laws").splitlines()

    assert [line.split()[1] for line in lines] == [law.name for law in auditor.LAWS]
