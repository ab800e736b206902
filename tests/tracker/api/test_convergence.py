"""Phones that exchange the same records come to the same state, however they do it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api_client import ApiClient
from tracker.models import DiaryEntry, Flag, MedicationIntake, RedFlagChecklist, Revision

FIRST = date(2026, 2, 20)


def diary(n: int, pain: int, base: int = 0) -> dict:
    day = FIRST + timedelta(days=n)
    return {
        "kind": "diary_entry",
        "id": str(UUID(int=n + 1)),
        "base_revision": base,
        "date": day.isoformat(),
        "submitted_at": f"{day}T2{base}:00:00-05:00",
        "pain_average": pain,
        "standing": 5 if pain > 8 else 1,
    }


def intake(n: int) -> dict:
    return {
        "kind": "medication_intake",
        "id": str(UUID(int=n + 100)),
        "at": f"2026-03-02T0{n}:00:00-05:00",
        "submitted_at": f"2026-03-02T0{n}:10:00-05:00",
        "ingredients": [{"name": "ibuprofen", "mg": 800}],
    }


CHECKLIST = {
    "kind": "red_flag_checklist",
    "id": str(UUID(int=200)),
    "at": "2026-03-01T09:00:00-05:00",
    "submitted_at": "2026-03-01T09:05:00-05:00",
    "answers": {"leg_weakness": "unsure"},
}
RETRACTION = {
    "kind": "retraction",
    "id": str(UUID(int=103)),
    "of": "medication_intake",
    "base_revision": 1,
    "submitted_at": "2026-03-02T08:00:00-05:00",
}
#: what is said of one record is said in order; the records themselves come in any
CHAINS = [
    *([diary(n, pain)] for n, pain in enumerate((7, 8, 7))),
    [diary(4, 10), diary(4, 6, base=1)],
    [diary(5, 9)],
    [intake(1)],
    [intake(2)],
    [intake(3), RETRACTION],
    [CHECKLIST],
]


@st.composite
def deliveries(draw) -> list[list[dict]]:
    """The batches in which it arrives: some of it twice, all of it at least once."""
    turns = draw(st.permutations([n for n, chain in enumerate(CHAINS) for _ in chain]))
    steps = {n: iter(chain) for n, chain in enumerate(CHAINS)}
    sent: list[dict] = []
    for turn in turns:
        sent.append(next(steps[turn]))
        if draw(st.integers(0, 3)) == 0:
            sent.append(draw(st.sampled_from(sent)))
    cuts = sorted(draw(st.sets(st.integers(1, len(sent) - 1), max_size=3)))
    return [sent[i:j] for i, j in zip([0, *cuts], [*cuts, len(sent)], strict=True)]


def state() -> dict:
    accepted = Revision.objects.accepted()
    flags = Flag.objects.exclude(state=Flag.State.WITHDRAWN)
    return {
        "versions": set(accepted.values_list("uuid", "number", "retracted", "submitted_at")),
        "lost": Revision.objects.filter(number=None).count(),
        "diary": set(DiaryEntry.objects.values_list("local_date", "pain_average", "revision")),
        "intakes": set(
            MedicationIntake.objects.filter(retracted_at=None).values_list("at", "revision")
        ),
        "checklists": RedFlagChecklist.objects.count(),
        "flags": set(flags.values_list("rule", "priority", "opened_at", "state")),
    }


def test_any_order_of_the_same_records_gives_the_same_state(alice, clinics):
    expected = _after(alice, [[each for chain in CHAINS for each in chain]])
    assert expected["flags"]
    assert expected["lost"] == 0

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(deliveries())
    def check(batches: list[list[dict]]) -> None:
        assert _after(alice, batches) == expected

    check()


def _after(phone: ApiClient, batches: list[list[dict]]) -> dict:
    with transaction.atomic():
        for batch in batches:
            answer = phone.post("sync", {"items": batch})
            assert {each["status"] for each in answer.json()["items"]} <= {"stored", "duplicate"}
        found = state()
        transaction.set_rollback(True)
    return found
