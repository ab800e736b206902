"""Which version a submitted record becomes: decided from the stored versions, before any write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from tracker.models import RECORD_KINDS, Patient, RecordKind, Revision, User
from tracker.rules.history.records import DatedRecord, InstantRecord
from tracker.services.local_time.calendars import Calendar
from tracker.services.records.checks import RecordRefused, check_times
from tracker.services.records.contents import without_nulls


class Status(StrEnum):
    STORED = "stored"
    DUPLICATE = "duplicate"  # it was here already
    CONFLICT = "conflict"  # it did not build on the current version; kept beside it
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A version of a record as its author sent it. Without a record it is a retraction."""

    uuid: UUID
    kind: RecordKind
    base_revision: int = 0  #: the version that the author saw; 0 = none
    record: DatedRecord | InstantRecord | None
    submitted_at: datetime
    note: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    uuid: UUID
    status: Status
    #: the version that was stored, or was here already
    revision: Revision | None = None
    #: with a conflict: the current version
    current: Revision | None = None
    refusal: RecordRefused | None = None


class UnknownRecord(RecordRefused):
    """There is no such record to retract."""

    code = "not_found"
    status = 404
    path = "id"


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The versions of the records that a request names: those stored, and those it adds."""

    patient: Patient
    calendar: Calendar
    at: datetime
    author: User | None
    #: by record, oldest first
    versions: dict[UUID, list[Revision]] = field(default_factory=lambda: defaultdict(list))
    #: the record of a date, for the kinds that have one a day
    record_of_day: dict[tuple[str, date], UUID] = field(default_factory=dict)
    #: the versions to write
    new_versions: list[Revision] = field(default_factory=list)

    def add(self, versions: Iterable[Revision]) -> None:
        """Add versions, those of one record from the oldest to the newest."""
        for version in versions:
            self.versions[version.uuid].append(version)
            if version.number is None or not RECORD_KINDS[version.kind].is_one_per_day:
                continue
            day = version.kind, date.fromisoformat(version.content["date"])
            if version.retracted:
                self.record_of_day.pop(day, None)
            else:
                self.record_of_day[day] = version.uuid

    def decide(self, submission: Submission) -> Outcome:
        """Decide what becomes of a submission; a new version is added to those to write."""
        current = self._current_version(submission.uuid)
        try:
            check_times(
                submission.record,
                submitted_at=submission.submitted_at,
                patient=self.patient,
                calendar=self.calendar,
                at=self.at,
            )
            content = self._content(submission, current)
        except RecordRefused as refusal:
            return Outcome(uuid=submission.uuid, status=Status.INVALID, refusal=refusal)

        in_its_place = current
        if current is None and submission.kind.is_one_per_day:
            day = submission.kind.code, date.fromisoformat(content["date"])
            if (of_the_day := self.record_of_day.get(day)) is not None:
                in_its_place = self._current_version(of_the_day)

        if repeated := self._repeated_version(submission, content, current):
            if repeated.number is None:
                return Outcome(uuid=submission.uuid, status=Status.CONFLICT, current=in_its_place)
            return Outcome(
                uuid=submission.uuid,
                status=Status.DUPLICATE,
                revision=repeated,
                current=current,
            )

        if current is None:
            is_accepted = in_its_place is None and submission.base_revision == 0
        else:
            is_accepted = (
                submission.base_revision == current.number
                and not current.retracted  # what was taken back stays so: log it anew
                and current.kind == submission.kind.code
                and current.content.get("date") == content.get("date")
            )
        version = Revision(
            clinic_id=self.patient.clinic_id,
            patient=self.patient,
            uuid=submission.uuid,
            kind=submission.kind.code,
            number=submission.base_revision + 1 if is_accepted else None,
            base_number=submission.base_revision,
            content=content,
            note=submission.note,
            retracted=submission.record is None,
            submitted_at=min(submission.submitted_at, self.at),
            received_at=self.at,
            author=self.author,
            reason=submission.reason,
        )
        self.add([version])
        self.new_versions.append(version)
        if not is_accepted:
            return Outcome(uuid=submission.uuid, status=Status.CONFLICT, current=in_its_place)
        return Outcome(uuid=submission.uuid, status=Status.STORED, revision=version)

    def _current_version(self, uuid: UUID) -> Revision | None:
        accepted = [version for version in self.versions[uuid] if version.number is not None]
        return max(accepted, key=lambda version: version.number or 0, default=None)

    def _content(self, submission: Submission, current: Revision | None) -> dict[str, Any]:
        """The record in the replay contract's form; a retraction's is what it takes back."""
        if submission.record is None:
            if current is None or current.kind != submission.kind.code:
                raise UnknownRecord
            return dict(current.content)
        # The phone's clock may be a little ahead, the record is not.
        submitted_at = min(submission.submitted_at, self.at)
        record = msgspec.structs.replace(submission.record, submitted_at=submitted_at)
        content: dict[str, Any] = without_nulls(msgspec.to_builtins(record))
        return content

    def _repeated_version(
        self, submission: Submission, content: dict[str, Any], current: Revision | None
    ) -> Revision | None:
        """The version that this one repeats: a phone that got no answer sends again."""
        for version in reversed(self.versions[submission.uuid]):
            if version is not current and version.base_number != submission.base_revision:
                continue
            if (
                version.retracted == (submission.record is None)
                and version.note == submission.note
                # A retry may set the time of submission anew.
                and {**version.content, "submitted_at": ""} == {**content, "submitted_at": ""}
            ):
                return version
        return None
