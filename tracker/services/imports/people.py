"""Match the file's people with stored patients, and find what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from uuid import UUID, uuid4, uuid5

from tracker.models import CareTeam, Clinic, DiaryEntry, Patient, Revision
from tracker.models.record_kinds.diary_entry import DIARY_ENTRY
from tracker.rules.history.calendar import LocalCalendar
from tracker.services.imports.columns import SCORES
from tracker.services.imports.line_parser import Line
from tracker.services.imports.problems import Code, Problem

AT_ONCE = 1000  # people looked up in one query


@dataclass(frozen=True, slots=True)
class Change:
    """A version that the file adds to the ledger."""

    line: Line
    uuid: UUID
    number: int
    submitted_at: datetime


@dataclass(slots=True)
class Person:
    patient: Patient
    is_new: bool
    calendar: LocalCalendar
    lines: list[Line]
    #: the current version of each diary entry
    current: dict[UUID, int] = field(default_factory=dict)
    #: the record that holds the diary entry of a date
    holders: dict[date, UUID] = field(default_factory=dict)
    #: the newest version of each entry that came from a file
    imported: dict[UUID, Revision] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def decide(self, *, sites: Set[str], at: datetime) -> Iterator[Problem]:
        """Collect what is new or different; yield a problem for each day that is refused."""
        today = self.calendar.day_of(at)
        for line in self.lines:
            assert line.date is not None
            day = line.date.toordinal()
            if day > today:
                yield line.problem(Code.FUTURE_DATE, "This day has not come yet.")
            elif not self.calendar.exists(day):
                message = f"The clocks of {self.calendar.zone(day)} jumped over this day."
                yield line.problem(Code.NO_SUCH_DAY, message)
            else:
                yield from self._compare(line, line.date, sites=sites, at=at)

    def _compare(
        self, line: Line, day: date, *, sites: Set[str], at: datetime
    ) -> Iterator[Problem]:
        assert self.patient.external_ref is not None
        uuid = record_uuid(self.patient.clinic_id, self.patient.external_ref, day)
        before = self.imported.get(uuid)
        if before is None:
            if day in self.holders:
                message = "The patient has logged this day; that entry stands."
                yield line.problem(Code.LOGGED_BY_PATIENT, message)
            else:
                self.changes.append(Change(line, uuid, 1, self._end_of(day, at)))
        elif _is_of_another_site(before, sites):
            message = "This day was imported for another site; that entry stands."
            yield line.problem(Code.OTHER_SITE, message)
        elif _logged_values(before) == (line.scores, line.originals, line.note):
            return
        elif before.number != self.current[uuid]:
            message = "Somebody has corrected this entry since; their version stands."
            yield line.problem(Code.CORRECTED_SINCE, message)
        else:
            # The time of the correction in the other system is unknown: use the present.
            self.changes.append(Change(line, uuid, before.number + 1, at))

    def _end_of(self, day: date, at: datetime) -> datetime:
        """Assume that a day was logged at its end: the export does not tell."""
        return min(self.calendar.start(day.toordinal() + 1) - timedelta(seconds=1), at)


def record_uuid(clinic_id: UUID, external_ref: str, day: date) -> UUID:
    """Return the same id for the same person and day, in every import."""
    return uuid5(clinic_id, f"diary_entry/{external_ref}/{day.isoformat()}")


def people_of(
    lines: Iterable[Line], *, clinic: Clinic, care_team: CareTeam, time_zone: str
) -> Iterator[Person]:
    """Yield each person in the file, with what is stored of patients who are known.

    Needs a transaction: known patients are locked, so that no phone stores a record meanwhile.
    """
    grouped = ((ref, list(days)) for ref, days in groupby(lines, key=lambda line: line.patient))
    fresh_calendar = LocalCalendar([(date.min.toordinal(), time_zone)])
    while batch := dict(islice(grouped, AT_ONCE)):
        known = _known(batch, clinic)
        for reference, days in batch.items():
            person = known.get(reference)
            if person is None:
                newcomer = _newcomer(reference, clinic, care_team, time_zone)
                person = Person(newcomer, is_new=True, calendar=fresh_calendar, lines=days)
            person.lines = days
            yield person


def _newcomer(reference: str, clinic: Clinic, care_team: CareTeam, time_zone: str) -> Patient:
    return Patient(
        id=uuid4(),
        clinic=clinic,
        care_team=care_team,
        full_name=reference,
        external_ref=reference,
        time_zone=time_zone,
    )


def _known(references: Iterable[str], clinic: Clinic) -> dict[str, Person]:
    patients = (
        Patient.objects.select_for_update(no_key=True)
        .filter(clinic=clinic, external_ref__in=list(references))
        .order_by("pk")
        .prefetch_related("time_zones")
    )
    people = {
        patient.pk: Person(patient, is_new=False, calendar=_calendar(patient), lines=[])
        for patient in patients
    }
    _load_entries(people)
    _load_imported(people)
    return {str(person.patient.external_ref): person for person in people.values()}


def _calendar(patient: Patient) -> LocalCalendar:
    changes = [(zone.from_date.toordinal(), zone.time_zone) for zone in patient.time_zones.all()]
    return LocalCalendar([(date.min.toordinal(), patient.time_zone), *sorted(changes)])


def _load_entries(people: dict[UUID, Person]) -> None:
    entries = DiaryEntry.objects.filter(patient_id__in=people.keys()).values_list(
        "patient_id", "uuid", "local_date", "revision", "retracted_at"
    )
    for patient_id, uuid, day, number, retracted_at in entries.iterator():
        people[patient_id].current[uuid] = number
        if retracted_at is None:
            people[patient_id].holders[day] = uuid


def _load_imported(people: dict[UUID, Person]) -> None:
    newest = (
        Revision.objects.accepted()
        .filter(
            patient_id__in=people.keys(),
            kind=DIARY_ENTRY.code,
            diary_import__isnull=False,
        )
        .select_related("diary_import")
        .order_by("patient_id", "uuid", "-number")
        .distinct("patient_id", "uuid")
    )
    for revision in newest.iterator():
        people[revision.patient_id].imported[revision.uuid] = revision


def _logged_values(revision: Revision) -> tuple[dict[str, int], dict[str, str], str]:
    content = revision.content
    scores = {name: content[name] for name in SCORES.values() if name in content}
    return scores, revision.imported_original or {}, revision.note


def _is_of_another_site(revision: Revision, sites: Set[str]) -> bool:
    """Whether it was imported for other sites: a knee's entry does not correct a back's."""
    assert revision.diary_import is not None
    former = set(revision.diary_import.options["sites"])
    return bool(former and sites) and former.isdisjoint(sites)
