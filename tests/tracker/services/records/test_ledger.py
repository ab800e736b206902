"""What becomes of a submission, given the versions that are stored. No database is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from tests.fixtures import MONDAY_EVENING, NEW_YORK
from tracker.models import Patient
from tracker.models.record_kinds.base import RecordKind
from tracker.models.record_kinds.compress_use import COMPRESS_USE
from tracker.models.record_kinds.diary_entry import DIARY_ENTRY
from tracker.rules.history.records import CompressUse, DiaryEntry
from tracker.services.local_time.calendars import Calendar
from tracker.services.records.checks import CLOCK_TOLERANCE, InFuture, TooLongAgo
from tracker.services.records.ledger import Ledger, Outcome, Status, Submission, UnknownRecord

THIS, OTHER = UUID(int=1), UUID(int=2)
MONDAY = date(2026, 3, 2)
MINUTE = timedelta(minutes=1)


def diary(pain: int, day: date = MONDAY) -> DiaryEntry:
    return DiaryEntry(date=day, submitted_at=MONDAY_EVENING, pain_average=pain)


def compress(at: datetime = MONDAY_EVENING, kind: str = "hot") -> CompressUse:
    return CompressUse(at=at, type=kind)


def submitted(
    record: DiaryEntry | CompressUse | None,
    *,
    uuid: UUID = THIS,
    base: int = 0,
    kind: RecordKind = DIARY_ENTRY,
    at: datetime = MONDAY_EVENING,
) -> Submission:
    return Submission(uuid=uuid, kind=kind, base_revision=base, record=record, submitted_at=at)


@dataclass
class Case:
    """Earlier submissions, one more, and its outcome."""

    before: list[Submission]
    sent: Submission
    status: Status
    number: int | None = None
    #: the number and the pain of the current version
    current: tuple[int | None, int] | None = None


FIRST = submitted(diary(6))
SECOND = submitted(diary(5), base=1)
RETRACTED = submitted(None, base=1)

CASES = {
    "a first version is stored": Case([], FIRST, Status.STORED, 1),
    "a correction of the current version is stored": Case([FIRST], SECOND, Status.STORED, 2),
    "the same again was here already": Case([FIRST], FIRST, Status.DUPLICATE, 1, current=(1, 6)),
    "the same again, saved later, was here already": Case(
        [FIRST],
        replace(FIRST, submitted_at=MONDAY_EVENING + MINUTE),
        Status.DUPLICATE,
        1,
        current=(1, 6),
    ),
    "the same again with another note is another version": Case(
        [FIRST], replace(FIRST, note="Stairs."), Status.CONFLICT, current=(1, 6)
    ),
    "a version that was corrected since was here already": Case(
        [FIRST, SECOND], FIRST, Status.DUPLICATE, 1, current=(2, 5)
    ),
    "a correction of an older version is a conflict": Case(
        [FIRST, SECOND], submitted(diary(9), base=1), Status.CONFLICT, current=(2, 5)
    ),
    "a lost correction sent again is the same conflict": Case(
        [FIRST, SECOND, submitted(diary(9), base=1)],
        submitted(diary(9), base=1),
        Status.CONFLICT,
        current=(2, 5),
    ),
    "a correction of nothing is a conflict": Case([], submitted(diary(6), base=4), Status.CONFLICT),
    "another entry of the day is a conflict": Case(
        [FIRST], submitted(diary(2), uuid=OTHER), Status.CONFLICT, current=(1, 6)
    ),
    "an entry of another day is stored": Case(
        [FIRST], submitted(diary(2, date(2026, 3, 1)), uuid=OTHER), Status.STORED, 1
    ),
    "an entry does not move to another day": Case(
        [FIRST],
        submitted(diary(6, date(2026, 3, 1)), base=1),
        Status.CONFLICT,
        current=(1, 6),
    ),
    "a retraction is a version": Case([FIRST], RETRACTED, Status.STORED, 2),
    "a retraction again was here already": Case(
        [FIRST, RETRACTED], RETRACTED, Status.DUPLICATE, 2, current=(2, 6)
    ),
    "a retracted record stays so": Case(
        [FIRST, RETRACTED], submitted(diary(1), base=2), Status.CONFLICT, current=(2, 6)
    ),
    "a retraction frees the day": Case(
        [FIRST, RETRACTED], submitted(diary(1), uuid=OTHER), Status.STORED, 1
    ),
    "a record keeps its kind": Case(
        [FIRST], submitted(compress(), base=1, kind=COMPRESS_USE), Status.CONFLICT, current=(1, 6)
    ),
    "two records of one instant are two": Case(
        [submitted(compress(), uuid=OTHER, kind=COMPRESS_USE)],
        submitted(compress(), kind=COMPRESS_USE),
        Status.STORED,
        1,
    ),
}


def decided(*submissions: Submission) -> tuple[Ledger, list[Outcome]]:
    ledger = Ledger(
        patient=Patient(clinic_id=UUID(int=9), enrolled_at=MONDAY_EVENING, time_zone=NEW_YORK),
        calendar=Calendar(NEW_YORK, []),
        at=MONDAY_EVENING + 2 * MINUTE,
        author=None,
    )
    return ledger, [ledger.decide(each) for each in submissions]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_becomes_of_a_submission(case: Case):
    _, (*_, outcome) = decided(*case.before, case.sent)

    assert outcome.status == case.status
    assert (outcome.revision and outcome.revision.number) == case.number
    current = outcome.current
    assert (current and (current.number, current.content["pain_average"])) == case.current


def test_a_repeated_version_is_not_written_twice():
    lost = submitted(diary(9), uuid=OTHER)

    ledger, _ = decided(FIRST, FIRST, lost, lost)

    assert [(each.uuid, each.number) for each in ledger.new_versions] == [(THIS, 1), (OTHER, None)]


def test_a_version_from_a_phone_ahead_of_time_counts_from_its_arrival():
    ahead = MONDAY_EVENING + 4 * MINUTE

    ledger, _ = decided(replace(FIRST, submitted_at=ahead))

    (version,) = ledger.new_versions
    assert version.submitted_at == version.received_at == ledger.at
    assert version.content["submitted_at"] == ledger.at.isoformat().replace("+00:00", "Z")


def test_fields_that_were_not_asked_are_left_out_of_the_content():
    ledger, _ = decided(FIRST)

    assert ledger.new_versions[0].content == {
        "kind": "diary_entry",
        "date": "2026-03-02",
        "submitted_at": "2026-03-03T02:00:00Z",
        "pain_average": 6,
    }


FUTURE = MONDAY_EVENING + 2 * MINUTE + CLOCK_TOLERANCE + MINUTE


@pytest.mark.parametrize(
    ("sent", "refusal", "path"),
    [
        (submitted(diary(6), at=FUTURE), InFuture, "submitted_at"),
        (submitted(diary(6, date(2026, 3, 3))), InFuture, "date"),
        (submitted(diary(6, date(2025, 2, 28))), TooLongAgo, "date"),
        (submitted(compress(FUTURE), kind=COMPRESS_USE), InFuture, "at"),
        (submitted(None, base=1), UnknownRecord, "id"),
    ],
    ids=["saved tomorrow", "day to come", "long ago", "instant to come", "nothing to retract"],
)
def test_an_impossible_record_is_refused_with_its_field(sent, refusal, path):
    ledger, (outcome,) = decided(sent)

    assert outcome.status == Status.INVALID
    assert (type(outcome.refusal), outcome.refusal.path) == (refusal, path)
    assert not ledger.new_versions


def test_a_retraction_has_the_kind_of_its_record():
    _, (_, outcome) = decided(FIRST, submitted(None, base=1, kind=COMPRESS_USE))

    assert isinstance(outcome.refusal, UnknownRecord)
