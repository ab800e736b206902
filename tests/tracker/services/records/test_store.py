from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from tests.fixtures import MONDAY_EVENING, TwoClinics
from tracker.models import AuditEvent, DiaryEntry, Evaluation, Revision
from tracker.models.record_kinds.diary_entry import DIARY_ENTRY
from tracker.rules.history import records as forms
from tracker.services.context import Context
from tracker.services.records import store
from tracker.services.records.ledger import Outcome, Status, Submission


def entry(pain: int, day: int = 2) -> Submission:
    record = forms.DiaryEntry(
        date=date(2026, 3, day), submitted_at=MONDAY_EVENING, pain_average=pain
    )
    return Submission(
        uuid=uuid4(), kind=DIARY_ENTRY, record=record, submitted_at=MONDAY_EVENING, note="Stairs."
    )


def submit(clinics: TwoClinics, *submissions: Submission) -> list[Outcome]:
    return store.submit(
        Context(clinics.alice, MONDAY_EVENING),
        patient=clinics.alice,
        submissions=submissions,
        action="records.sync",
    ).outcomes


def test_the_row_of_a_record_mirrors_its_newest_version(clinics):
    sent = entry(6)

    submit(clinics, sent)

    row = DiaryEntry.objects.get()
    assert (row.uuid, row.revision, row.pain_average, row.note) == (sent.uuid, 1, 6, "Stairs.")
    assert (row.local_date, row.time_zone) == (date(2026, 3, 2), "America/New_York")
    assert row.retracted_at is None


def test_a_batch_is_evaluated_once_and_leaves_one_audit_row(clinics):
    submit(clinics, entry(6, 1), entry(7, 2))

    assert Evaluation.objects.get().records == 2
    assert AuditEvent.objects.get().action == "records.sync"


#: The form says 0 to 10; here it is not asked.
IMPOSSIBLE_PAIN = 11


@pytest.mark.parametrize("position", [0, 1])
def test_a_record_that_the_database_refuses_stops_no_other(clinics, position):
    batch = [entry(6, 1)]
    batch.insert(position, entry(IMPOSSIBLE_PAIN, 2))

    outcomes = submit(clinics, *batch)

    refused = outcomes.pop(position)
    assert (refused.status, refused.revision) == (Status.INVALID, None)
    assert isinstance(refused.refusal, store.Unstorable)
    assert outcomes[0].status == Status.STORED
    assert Revision.objects.get().content["pain_average"] == 6
    assert DiaryEntry.objects.get().pain_average == 6
    assert Evaluation.objects.get().records == 1


def test_a_batch_without_a_new_version_is_not_evaluated(clinics):
    sent = entry(6)
    submit(clinics, sent)

    (outcome,) = submit(clinics, sent)

    assert outcome.status == Status.DUPLICATE
    assert Evaluation.objects.count() == 1
