"""What types cannot say of a history, and a record: each refusal names its field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Date

from tracker.rules.history.calendar import zone_names
from tracker.rules.history.documents import HistoryDocument, PlannedMeasure
from tracker.rules.history.records import DiaryEntry, MedicationIntake, PegScore, Record
from tracker.rules.measures import MEDICATION, Unit, names_planned_in
from tracker.rules.thresholds import THRESHOLDS, InvalidThreshold
from tracker.validation_errors import Code

_EARLIEST, _LATEST = Date(1990, 1, 1), Date(2200, 1, 1)
_EARLIEST_BIRTH = Date(1890, 1, 1)


class InvalidHistory(ValueError):
    """A field is outside its domain; `path` names it, as `records[3].minutes`."""

    def __init__(self, path: str, message: str, *, code: Code = "invalid") -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message
        self.code = code


def check_history(document: HistoryDocument) -> None:
    """Raises InvalidHistory."""
    _check_zone(document.patient.time_zone, "patient.time_zone")
    for i, change in enumerate(document.patient.time_zones):
        _check_zone(change.time_zone, f"patient.time_zones[{i}].time_zone")
        _check_date(change.from_date, f"patient.time_zones[{i}].from")
    _check_episode(document)
    for i, measure in enumerate(document.plan):
        _check_measure(measure, f"plan[{i}]")
    for i, record in enumerate(document.records):
        check_record(record, f"records[{i}]")
    for i, closure in enumerate(document.closures):
        _check_date(closure.at.date(), f"closures[{i}].at")
    _check_thresholds(document.thresholds, "thresholds")
    for i, period in enumerate(document.rulesets):
        _check_date(period.from_date, f"rulesets[{i}].from")
        _check_thresholds(period.thresholds, f"rulesets[{i}].thresholds")


def _check_thresholds(changes: Mapping[str, int | float], path: str) -> None:
    try:
        THRESHOLDS.with_changes(changes)
    except InvalidThreshold as error:
        raise InvalidHistory(f"{path}.{error.name}", error.message) from None


def _check_episode(document: HistoryDocument) -> None:
    birth_date, episode = document.patient.birth_date, document.episode
    if birth_date is not None:
        _check_date(birth_date, "patient.birth_date", earliest=_EARLIEST_BIRTH)
    _check_date(episode.index_date, "episode.index_date")
    if episode.surgery_date is not None:
        _check_date(episode.surgery_date, "episode.surgery_date")
    if episode.onset_date is not None:
        _check_date(episode.onset_date, "episode.onset_date", earliest=_EARLIEST_BIRTH)
    for i, excused in enumerate(episode.excused):
        _check_period(excused.from_date, excused.until_date, f"episode.excused[{i}]")


def _check_measure(measure: PlannedMeasure, path: str) -> None:
    _check_period(measure.from_date, measure.until_date, path)
    is_medicine = measure.measure == MEDICATION.name
    if is_medicine and not measure.ingredients:
        raise InvalidHistory(f"{path}.ingredients", "A medication has ingredients")
    if not is_medicine and measure.ingredients:
        raise InvalidHistory(f"{path}.ingredients", "Only a medication has ingredients")
    if not is_medicine and measure.doses_per_day is not None:
        raise InvalidHistory(f"{path}.doses_per_day", "Only a medication has doses")
    if is_medicine and measure.sessions_per_week is not None:
        message = "A medication is planned in doses"
        raise InvalidHistory(f"{path}.sessions_per_week", message)
    worn = names_planned_in(Unit.MINUTES)
    if measure.minutes_per_day is not None and measure.measure not in worn:
        raise InvalidHistory(f"{path}.minutes_per_day", "Only a brace has minutes")


def check_record(record: Record, path: str) -> None:
    """Raises InvalidHistory, with its field under `path`."""
    try:
        if isinstance(record, (DiaryEntry, PegScore)):
            _check_date(record.date, "date")
        else:
            _check_date(record.at.date(), "at")
        if record.submitted_at is not None:
            _check_date(record.submitted_at.date(), "submitted_at")
        if isinstance(record, MedicationIntake):
            _check_doses(record)
    except InvalidHistory as error:
        raise InvalidHistory(f"{path}.{error.path}".lstrip("."), error.message) from None


def _check_doses(intake: MedicationIntake) -> None:
    for i, dose in enumerate(intake.ingredients):
        if dose.mg is None and dose.mcg_per_hour is None:
            message = "Expected mg, or mcg_per_hour for a patch"
            raise InvalidHistory(f"ingredients[{i}].mg", message)


def _check_zone(name: str, path: str) -> None:
    if name not in zone_names():
        raise InvalidHistory(path, "Expected the name of an IANA time zone")


def _check_period(first: Date | None, last: Date | None, path: str) -> None:
    if first is not None:
        _check_date(first, f"{path}.from")
    if last is not None:
        _check_date(last, f"{path}.until")
    if first is not None and last is not None and last < first:
        raise InvalidHistory(f"{path}.until", "Expected a date not before `from`")


def _check_date(date: Date, path: str, *, earliest: Date = _EARLIEST) -> None:
    if not earliest <= date < _LATEST:
        raise InvalidHistory(path, f"Expected a date from {earliest} to {_LATEST}")
