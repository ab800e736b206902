"""Which version a submitted record becomes: decided from what is stored, before any write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from tracker.models import DiaryImport, Patient, RecordKind, Revision, User
from tracker.rules.history import records as forms
from tracker.services.local_time.calendars import Calendar
from tracker.services.records.checks import RecordRefused, check_times
from tracker.services.records.kinds import content_of


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
    record: forms.Record | None
    submitted_at: datetime
    note: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    uuid: UUID
    status: Status
    #: the version that was stored, or was here already
    revision: Revision | None = None
    #: with a conflict: what stands
    current: Revision | None = None
    refusal: RecordRefused | None = None


class UnknownRecord(RecordRefused):
    """There is no such record to take back."""

    code = "not_found"
    status = 404
    path = "id"


@dataclass(slots=True, kw_only=True)
class Ledger:
    """The stored versions of the records that a request names, and those it adds."""

    patient: Patient
    calendar: Calendar
    at: datetime
    author: User | None
    diary_import: DiaryImport | None = None
    versions: dict[UUID, list[Revision]] = field(default_factory=lambda: defaultdict(list))
    #: whose record the diary of a day is
    days: dict[date, UUID] = field(default_factory=dict)
    fresh: list[Revision] = field(default_factory=list)

    def add(self, stored: Iterable[Revision]) -> None:
        """Take over what is stored, oldest first."""
        for revision in stored:
            self.versions[revision.uuid].append(revision)
            if revision.number is not None and revision.kind == RecordKind.DIARY_ENTRY:
                self._claim_day(revision)

    def take(self, submission: Submission) -> Outcome:
        """Decide, and note what is to be written."""
        try:
            return self._decide(submission)
        except RecordRefused as refusal:
            return Outcome(uuid=submission.uuid, status=Status.INVALID, refusal=refusal)

    def _decide(self, submission: Submission) -> Outcome:
        current = self._current(submission.uuid)
        check_times(
            submission.record,
            submitted_at=submission.submitted_at,
            patient=self.patient,
            calendar=self.calendar,
            at=self.at,
        )
        content = self._content(submission, current)
        if same := self._same(submission, content, current):
            return self._again(same, current)
        standing = current or self._of_the_day(content)
        fits = self._fits(submission, content, current, standing)
        return self._note(submission, content, standing, is_accepted=fits)

    def _current(self, uuid: UUID) -> Revision | None:
        accepted = [version for version in self.versions[uuid] if version.number is not None]
        return max(accepted, key=lambda version: version.number or 0, default=None)

    def _content(self, submission: Submission, current: Revision | None) -> dict[str, Any]:
        """What is said; a retraction says again what it takes back."""
        if submission.record is None:
            if current is None or current.kind != submission.kind:
                raise UnknownRecord
            return dict(current.content)
        record = submission.record
        # The phone's clock may be a little ahead, the record is not.
        earliest = min(submission.submitted_at, self.at)
        return content_of(msgspec.structs.replace(record, submitted_at=earliest))

    def _of_the_day(self, content: dict[str, Any]) -> Revision | None:
        if content["kind"] != RecordKind.DIARY_ENTRY:
            return None
        owner = self.days.get(date.fromisoformat(content["date"]))
        return self._current(owner) if owner else None

    def _same(
        self, submission: Submission, content: dict[str, Any], current: Revision | None
    ) -> Revision | None:
        """The version that this one repeats: a phone that got no answer sends again."""
        for version in reversed(self.versions[submission.uuid]):
            if version is not current and version.base_number != submission.base_revision:
                continue
            if (
                version.retracted == (submission.record is None)
                and version.note == submission.note
                and _said(version.content) == _said(content)
            ):
                return version
        return None

    def _again(self, same: Revision, current: Revision | None) -> Outcome:
        if same.number is None:
            standing = current or self._of_the_day(same.content)
            return Outcome(uuid=same.uuid, status=Status.CONFLICT, current=standing)
        return Outcome(uuid=same.uuid, status=Status.DUPLICATE, revision=same, current=current)

    def _fits(
        self,
        submission: Submission,
        content: dict[str, Any],
        current: Revision | None,
        standing: Revision | None,
    ) -> bool:
        if current is None:
            return standing is None and submission.base_revision == 0
        return (
            submission.base_revision == current.number
            and not current.retracted  # what was taken back stays so: log it anew
            and current.kind == submission.kind
            and current.content.get("date") == content.get("date")
        )

    def _note(
        self,
        submission: Submission,
        content: dict[str, Any],
        standing: Revision | None,
        *,
        is_accepted: bool,
    ) -> Outcome:
        number = submission.base_revision + 1 if is_accepted else None
        revision = Revision(
            clinic_id=self.patient.clinic_id,
            patient=self.patient,
            uuid=submission.uuid,
            kind=submission.kind,
            number=number,
            base_number=submission.base_revision,
            content=content,
            note=submission.note,
            retracted=submission.record is None,
            submitted_at=min(submission.submitted_at, self.at),
            received_at=self.at,
            author=self.author,
            reason=submission.reason,
            diary_import=self.diary_import,
        )
        self.versions[submission.uuid].append(revision)
        self.fresh.append(revision)
        if not is_accepted:
            return Outcome(uuid=submission.uuid, status=Status.CONFLICT, current=standing)
        if submission.kind == RecordKind.DIARY_ENTRY:
            self._claim_day(revision)
        return Outcome(uuid=submission.uuid, status=Status.STORED, revision=revision)

    def _claim_day(self, revision: Revision) -> None:
        day = date.fromisoformat(revision.content["date"])
        if revision.retracted:
            self.days.pop(day, None)
        else:
            self.days[day] = revision.uuid


def _said(content: dict[str, Any]) -> dict[str, Any]:
    """The content without the time of saying it, which a retry may set anew."""
    return {name: value for name, value in content.items() if name != "submitted_at"}
