"""Whatever is outside its domain is refused, with the path of the field."""

from __future__ import annotations

import copy
import json
import math
import re
from datetime import date as Date
from datetime import timedelta

import pytest

from tests.tracker.rules.diaries import (
    at,
    checklist,
    compress,
    date,
    document,
    entry,
    intake,
    medicine,
    peg,
    session,
)
from tracker.rules import THRESHOLDS, InvalidHistory, json_schemas, parse_history, parse_record

VALID = document(
    [
        {**entry(1, 5, standing=2, sleep=1), "id": "e1"},
        {**entry(1, 4), "id": "e2", "replaces": "e1"},
        compress(1),
        intake(1, 8, "ibuprofen", 200.5),
        session(1, minutes=30),
        checklist(1, leg_weakness="no", temperature_c=36.6),
        peg(7, 5, 5, 5),
    ],
    plan=[
        {"measure": "home_exercise", "sessions_per_week": 3},
        medicine("naproxen", doses_per_day=2, most=1000),
        {"measure": "brace", "minutes_per_day": 60},
    ],
    closures=[{"rule": "SEV-SUST", "at": at(3)}],
    thresholds={"severe_days": 6},
)
VALID["patient"]["time_zones"] = [{"from": "2026-02-01", "time_zone": "Asia/Tokyo"}]
VALID["episode"]["excused"] = [{"from": "2026-01-08", "until": "2026-01-09", "reason": "travel"}]


def changed(path: str, value: object) -> dict:
    """VALID with one field set (or, with `...`, left out)."""
    result = copy.deepcopy(VALID)
    names = path.replace("]", "").replace("[", ".").split(".")
    *parents, last = (int(name) if name.isdigit() else name for name in names)
    place = result
    for parent in parents:
        place = place[parent]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return result


def test_a_full_history_is_accepted():
    history = parse_history(VALID)

    assert len(history.entries) == 6
    assert parse_history(json.dumps(VALID)).entries[0].first == history.entries[0].first


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("patient.ref", ...),
        ("patient.ref", ""),
        ("patient.time_zone", ...),
        ("patient.time_zone", "Mars/Olympus"),
        ("patient.time_zone", "../../etc/passwd"),
        ("patient.time_zone", "america/new_york"),
        ("patient.time_zone", "localtime"),
        ("patient.time_zone", "EST5EDT "),
        ("patient.time_zones[0].time_zone", "nowhere"),
        ("patient.time_zones[0].from", "1900-01-01"),
        ("patient.birth_date", "1066-10-14"),
        ("patient.birth_date", "1976-13-01"),
        ("patient.sex", "yes"),
        ("patient.conditions[0]", "gout"),
        ("patient.function_floor", 6),
        ("patient.function_floor", -1),
        ("patient.mme_acknowledged", -1),
        ("patient.nickname", "Al"),
        ("episode.index_date", ...),
        ("episode.index_date", "1900-01-01"),
        ("episode.index_date", "2026-02-30"),
        ("episode.index_date", "2026-01-05T00:00:00Z"),
        ("episode.onset_date", "0001-01-01"),
        ("episode.surgery_date", "9999-12-31"),
        ("episode.conservative_min_days", 0),
        ("episode.conservative_min_days", 42.0),
        ("episode.excused[0].until", "2026-01-07"),
        ("episode.excused[0].from", "1900-01-01"),
        ("episode.excused[0].until", "2200-01-01"),
        ("plan[0].from", "1900-01-01"),
        ("plan[0].until", "2200-01-01"),
        ("plan[0].measure", "prayer"),
        ("plan[0].sessions_per_week", 0),
        ("plan[0].sessions_per_week", 71),
        ("plan[0].doses_per_day", 2),
        ("plan[0].minutes_per_day", 20),
        ("plan[0].waived", "bored"),
        ("plan[0].ingredients", [{"name": "ibuprofen", "mg": 200}]),
        ("plan[1].ingredients", []),
        ("plan[1].sessions_per_week", 3),
        ("plan[1].ingredients[0].max_mg_per_day", 0),
        ("plan[1].doses_per_day", 0),
        ("records", ...),
        ("records[0].kind", "diary"),
        ("records[0].kind", ...),
        ("records[0].date", ...),
        ("records[0].date", "1899-12-31"),
        ("records[0].submitted_at", ...),
        ("records[0].submitted_at", "2026-01-05T21:00:00"),
        ("records[0].submitted_at", "yesterday"),
        ("records[0].submitted_at", 1767664800),
        ("records[0].submitted_at", "1970-01-01T00:00:00Z"),
        ("records[0].pain_average", 11),
        ("records[0].pain_average", -1),
        ("records[0].pain_average", 7.0),
        ("records[0].pain_average", 7.5),
        ("records[0].pain_average", True),
        ("records[0].pain_average", "7"),
        ("records[0].pain_worst", 11),
        ("records[0].standing", 6),
        ("records[0].walking", -1),
        ("records[0].sleep", 5),
        ("records[0].activity", 5),
        ("records[0].mood", 3),
        ("records[0].id", ""),
        ("records[1].replaces", "e9"),
        ("records[2].type", "warm"),
        ("records[2].minutes", 1441),
        ("records[2].minutes", -1),
        ("records[2].at", "0001-01-01T00:00:00Z"),
        ("records[2].submitted_at", "2300-01-01T00:00:00Z"),
        ("records[2].skin_reaction", 1),
        ("records[3].ingredients", []),
        ("records[3].ingredients[0].name", "Ibuprofen"),
        ("records[3].ingredients[0].name", "ibuprofen\n"),
        ("plan[1].ingredients[0].name", "naproxen\n"),
        ("records[3].ingredients[0].name", ...),
        ("records[3].ingredients[0].mg", 0),
        ("records[3].ingredients[0].mg", -5),
        ("records[3].ingredients[0].mg", 100_001),
        ("records[3].ingredients[0].mg", math.nan),
        ("records[3].ingredients[0].mg", math.inf),
        ("records[3].ingredients[0].mg", ...),
        ("records[3].ingredients[0].mcg_per_hour", 0),
        ("records[3].route", "Oral"),
        ("records[3].route", ""),
        ("records[3].prescribed", "yes"),
        ("records[3].product", ""),
        ("records[4].type", "hot_compress"),
        ("records[5].answers", ...),
        ("records[5].answers.leg_weakness", "maybe"),
        ("records[5].answers.headache", "yes"),
        ("records[5].answers.temperature_c", 24.9),
        ("records[5].answers.temperature_c", 45.1),
        ("records[6].pain", None),
        ("records[6].activity", ...),
        ("closures[0].at", "2026-01-05"),
        ("closures[0].at", "1900-01-01T00:00:00Z"),
        ("thresholds.severe_days", 8),
        ("thresholds.severe_days", "6"),
        ("thresholds.severe_days", True),
        ("thresholds.severe_days", 6.5),
        ("thresholds.severe_weeks", 2),
        ("thresholds.response_points", 0.9),
        ("shoe_size", 42),
    ],
)
def test_a_field_outside_its_domain_is_refused_by_its_path(path, value):
    if path == "patient.conditions[0]":
        history = changed("patient.conditions", [value])
    else:
        history = changed(path, value)

    with pytest.raises(InvalidHistory) as refusal:
        parse_history(history)

    assert refusal.value.path == path
    assert refusal.value.message


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("patient.time_zone", "Mars/Olympus", "Expected the name of an IANA time zone"),
        ("episode.excused[0].until", "2026-01-07", "Expected a date not before `from`"),
        ("plan[0].ingredients", [{"name": "aspirin"}], "Only a medication has ingredients"),
        ("plan[0].doses_per_day", 2, "Only a medication has doses"),
        ("plan[0].minutes_per_day", 20, "Only a brace has minutes"),
        ("plan[1].ingredients", [], "A medication has ingredients"),
        ("plan[1].sessions_per_week", 3, "A medication is planned in doses"),
        ("records[3].ingredients[0].mg", ..., "Expected mg, or mcg_per_hour for a patch"),
        ("records[1].replaces", "e9", "No record has this id"),
        ("thresholds.severe_days", True, "Expected a number"),
    ],
)
def test_a_refusal_says_what_is_expected(path, value, message):
    with pytest.raises(InvalidHistory) as refusal:
        parse_history(changed(path, value))

    assert (refusal.value.path, refusal.value.message) == (path, message)
    assert str(refusal.value) == f"{path}: {message}"


@pytest.mark.parametrize("path", ["plan[0]", "episode.excused[0]"])
def test_a_period_may_be_one_day_and_no_less(path):
    def period(first, until):
        return parse_history(
            changed(path, {**fields, "from": date(first).isoformat(), "until": until})
        )

    fields = {"reason": "travel"} if "excused" in path else VALID["plan"][0]

    assert period(4, date(4).isoformat())
    with pytest.raises(InvalidHistory) as refusal:
        period(5, date(4).isoformat())
    assert refusal.value.path == f"{path}.until"


@pytest.mark.parametrize(
    ("path", "earliest"),
    [
        ("episode.index_date", "1990-01-01"),
        ("records[0].date", "1990-01-01"),
        ("plan[0].from", "1990-01-01"),
        ("episode.onset_date", "1890-01-01"),
        ("patient.birth_date", "1890-01-01"),
    ],
)
def test_a_date_lies_between_two_days_and_may_be_either(path, earliest):
    first, last = Date.fromisoformat(earliest), Date(2199, 12, 31)

    for day in (first, last):
        assert parse_history(changed(path, day.isoformat()))
    for day in (first - timedelta(days=1), last + timedelta(days=1)):
        with pytest.raises(InvalidHistory) as refusal:
            parse_history(changed(path, day.isoformat()))
        assert refusal.value.path == path


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"patient": {"ref": "\\ud800"}}', b'{"a": NaN}'],
)
def test_what_is_no_history_is_refused(text):
    with pytest.raises(InvalidHistory):
        parse_history(text)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff"])
def test_what_cannot_be_read_has_no_path_and_says_why(text):
    with pytest.raises(InvalidHistory) as refusal:
        parse_history(text)

    assert refusal.value.path == ""
    assert str(refusal.value) == refusal.value.message != "None"


def test_a_correction_has_the_kind_of_what_it_corrects():
    with pytest.raises(InvalidHistory) as refusal:
        parse_history(changed("records[2].replaces", "e1"))

    assert refusal.value.path == "records[2].kind"
    assert refusal.value.message == "A correction has the kind of what it corrects"


def test_corrections_that_name_each_other_are_one_record():
    first = {**entry(1, 5), "id": "a", "replaces": "b"}
    second = {**entry(1, 6, hour=22), "id": "b", "replaces": "a"}

    assert len(parse_history(document([first, second])).entries) == 1


def test_corrections_that_name_each_other_have_the_kind_of_the_first():
    first = {**entry(1, 5), "id": "a", "replaces": "b"}
    second = {**session(1), "id": "b", "replaces": "a", "submitted_at": at(2, 8)}

    with pytest.raises(InvalidHistory) as refusal:
        parse_history(document([second, first]))

    assert refusal.value.path == "records[0].kind"


def test_only_the_least_is_required():
    history = parse_history(
        {
            "patient": {"ref": "p", "time_zone": "UTC"},
            "episode": {"index_date": "2026-01-05"},
            "records": [],
        }
    )

    assert history.last_day is None


def test_one_record_by_itself():
    assert parse_record(entry(1, 0)).pain_average == 0
    assert parse_record(entry(1)).pain_average is None
    with pytest.raises(InvalidHistory) as refusal:
        parse_record(entry(1, 7.0))
    assert refusal.value.path == "pain_average"
    with pytest.raises(InvalidHistory) as refusal:
        parse_record({**entry(1), "date": "1980-01-01"})
    assert refusal.value.path == "date"


@pytest.mark.parametrize("value", [5, 7])
def test_thresholds_may_be_moved_within_their_bounds(value):
    assert THRESHOLDS.with_changes({"severe_days": value}).severe_days == value


def test_the_schemas_name_every_record():
    schemas = json_schemas()

    assert {"DiaryEntry", "MedicationIntake", "RedFlagChecklist", "PegScore"} <= schemas.keys()
    assert schemas["DiaryEntry"]["additionalProperties"] is False


@pytest.mark.parametrize("given", [{}, {"ref_template": "#/$defs/{name}"}], ids=["usual", "other"])
def test_a_schema_refers_to_another_where_its_reader_looks_for_it(given):
    place = given.get("ref_template", "#/components/schemas/{name}")

    schemas = json.dumps(json_schemas(**given))

    refers_to = re.findall(r'"\$ref": "([^"]+)"', schemas)
    assert place.format(name="Dose") in refers_to
    assert {each.rpartition("/")[0] for each in refers_to} == {place.rpartition("/")[0]}
