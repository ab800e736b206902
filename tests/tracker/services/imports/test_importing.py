from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from notifications.models import Delivery, Notification
from tests.fixtures import NEW_YORK, TwoClinics, make_care_team, make_clinic
from tracker.models import (
    Advice,
    AuditEvent,
    DiaryEntry,
    DiaryImport,
    Episode,
    Escalation,
    Evaluation,
    Flag,
    Patient,
    Reminder,
    Revision,
)
from tracker.services.context import OPERATOR, Context
from tracker.services.evaluation import evaluate
from tracker.services.imports.diary_file import Options
from tracker.services.imports.importing import Imported, LinesRejected, import_diary
from tracker.services.imports.people import record_uuid
from tracker.services.imports.problems import Code
from tracker.services.imports.target import Target, found

pytestmark = pytest.mark.django_db

#: Saturday, noon in New York.
AT = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)

FILE = """patient,date,pain,note
v1,2026-01-05,6.75,
v1,2026-01-06,0,slept well
v2,2026-01-07,4,
"""


@pytest.fixture
def target() -> Target:
    clinic = make_clinic()
    return Target(clinic=clinic, care_team=make_care_team(clinic), time_zone=NEW_YORK)


def take(target: Target, text: str = FILE, *, at: datetime = AT, **options: object) -> Imported:
    switches = {name: options.pop(name) for name in ("is_strict", "is_dry_run") if name in options}
    return import_diary(
        Context(OPERATOR, at),
        content=text.encode(),
        file_name="diary.csv",
        target=target,
        options=Options(**{"rounding": "half-up", "columns": {"note": "note"}, **options}),
        **switches,
    )


def stored() -> dict[str, list[dict[str, object]]]:
    """Return every row of every table."""
    return {
        model._meta.label: sorted(model.objects.values(), key=repr) for model in apps.get_models()
    }


def table(*rows: str) -> str:
    return "\n".join(("patient,date,pain,note", *rows, ""))


def entry(reference: str, day: date) -> DiaryEntry:
    return DiaryEntry.objects.get(patient__external_ref=reference, local_date=day)


# What is stored


def test_stores_an_entry_for_each_person_and_day(target):
    result = take(target)

    assert (result.patients_created, result.created, result.problems) == (2, 3, [])
    assert list(
        DiaryEntry.objects.order_by("patient__external_ref", "local_date").values_list(
            "patient__external_ref", "local_date", "pain_average", "note", "time_zone"
        )
    ) == [
        ("v1", date(2026, 1, 5), 7, "", NEW_YORK),
        ("v1", date(2026, 1, 6), 0, "slept well", NEW_YORK),
        ("v2", date(2026, 1, 7), 4, "", NEW_YORK),
    ]


def test_the_ledger_names_file_and_line_and_keeps_what_was_rounded(target):
    result = take(target)

    first, second = Revision.objects.filter(patient__external_ref="v1")
    assert first.content == {
        "kind": "diary_entry",
        "date": "2026-01-05",
        "submitted_at": "2026-01-06T04:59:59+00:00",
        "pain_average": 7,
    }
    assert (first.imported_line, first.imported_original) == (2, {"pain_average": "6.75"})
    assert (second.imported_line, second.imported_original) == (3, None)
    assert (first.number, first.author, first.diary_import_id) == (1, None, result.import_id)
    assert first.uuid == record_uuid(target.clinic.pk, "v1", date(2026, 1, 5))
    assert list(Revision.objects.filter(imported_original__pain_average="6.75")) == [first]


def test_the_import_is_stored_with_its_options(target):
    result = take(target, FILE + "v3,2026-01-05,11,\n")

    provenance = DiaryImport.objects.get()
    assert provenance.pk == result.import_id
    assert len(provenance.sha256) == 64
    assert (provenance.file_name, provenance.imported_at) == ("diary.csv", AT)
    assert (provenance.rows, provenance.rejected) == (4, 1)
    assert (provenance.created, provenance.revised) == (3, 0)
    assert provenance.options["rounding"] == "half-up"
    assert provenance.options["time_zone"] == NEW_YORK


def test_an_entry_counts_as_logged_at_the_end_of_its_local_day(target):
    text = table("p,2026-03-08,3,", "p,2026-11-01,3,", "p,2026-11-21,3,")  # 23 h, 25 h, today

    take(target, text)

    assert list(Revision.objects.values_list("submitted_at", "received_at")) == [
        (datetime(2026, 3, 9, 3, 59, 59, tzinfo=UTC), AT),
        (datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC), AT),
        (AT, AT),
    ]


def test_a_new_person_has_an_episode_from_the_first_day_and_nothing_due(target):
    take(target, table("p,2026-01-09,3,", "p,2026-01-05,3,"))

    patient = Patient.objects.get()
    episode = Episode.objects.get()
    assert (patient.clinic, patient.care_team) == (target.clinic, target.care_team)
    assert (patient.user, patient.enrolled_at, patient.reminder_time) == (None, None, None)
    assert episode.next_close_at is None
    assert episode.index_date == date(2026, 1, 5)


def test_each_person_whose_data_came_in_has_one_audit_row_without_values(target):
    result = take(target)

    assert sorted(AuditEvent.objects.values_list("action", "patient_id", "subject_id")) == sorted(
        ("diary.import", patient_id, str(result.import_id))
        for patient_id in Patient.objects.values_list("pk", flat=True)
    )


def test_the_ledger_refuses_an_imported_version_without_its_line(target):
    take(target)

    with pytest.raises(IntegrityError, match="revision_imported_from_a_line"), transaction.atomic():
        Revision.objects.update(imported_line=None)


# Again


def test_the_same_file_again_changes_nothing(target):
    take(target)
    before = stored()

    again = take(target, at=AT + timedelta(days=30))

    assert stored() == before
    assert (again.unchanged, again.created, again.revised, again.import_id) == (3, 0, 0, None)


@pytest.mark.parametrize(
    "options",
    [
        {"same_day": "max"},
        {"sites": ()},
        {"missing": ("NA",)},
        {"encoding": "latin-1"},
        {"rounding": None},
    ],
    ids=lambda options: next(iter(options)),
)
def test_the_same_days_in_another_format_change_nothing(target, options):
    take(target)
    before = stored()

    take(target, at=AT + timedelta(days=30), **options)

    assert stored() == before


def test_another_time_zone_does_not_move_known_people(target):
    take(target)
    before = stored()

    take(Target(clinic=target.clinic, care_team=target.care_team, time_zone="Asia/Tokyo"))

    assert stored() == before


def test_a_day_that_was_imported_before_it_was_over_stays_as_it_is(target):
    text = table("p,2026-11-21,3,")
    take(target, text)
    before = stored()

    take(target, text, at=AT + timedelta(days=2))

    assert stored() == before


def test_a_corrected_export_adds_a_version_and_keeps_the_former(target):
    take(target)
    later = AT + timedelta(days=1)

    result = take(target, FILE.replace("2026-01-06,0,", "2026-01-06,5,"), at=later)

    assert (result.created, result.revised, result.unchanged) == (0, 1, 2)
    corrected = entry("v1", date(2026, 1, 6))
    versions = Revision.objects.filter(uuid=corrected.uuid).order_by("number")
    assert [each.content["pain_average"] for each in versions] == [0, 5]
    assert [(each.number, each.base_number) for each in versions] == [(1, 0), (2, 1)]
    assert versions[1].submitted_at == later
    assert (corrected.pain_average, corrected.revision) == (5, 2)


def test_a_score_that_the_correction_leaves_out_is_removed(target):
    text = "patient,date,pain,sleep,note\np,2026-01-05,3,4,\n"
    columns = {"sleep": "sleep", "note": "note"}
    take(target, text, columns=columns)

    take(target, text.replace(",4,", ",,"), columns=columns)

    assert (entry("p", date(2026, 1, 5)).sleep, entry("p", date(2026, 1, 5)).revision) == (None, 2)


def test_a_corrected_export_twice_is_one_correction(target):
    take(target)
    corrected = FILE.replace("6.75", "6.9")
    take(target, corrected)
    before = stored()

    take(target, corrected)

    assert stored() == before
    assert entry("v1", date(2026, 1, 5)).revision == 2


def test_a_longer_export_adds_its_days_to_the_same_people(target):
    take(target)

    result = take(target, FILE + "v2,2026-01-08,5,\nv3,2026-01-08,5,\n")

    assert (result.patients_created, result.created, result.unchanged) == (1, 2, 3)
    assert Patient.objects.count() == Episode.objects.count() == 3


def test_an_export_that_begins_earlier_moves_day_one(target):
    take(target, table("p,2026-01-09,3,"))

    take(target, table("p,2026-01-05,3,", "p,2026-01-09,3,"))

    assert Episode.objects.get().index_date == date(2026, 1, 5)


def test_a_day_one_that_the_clinic_chose_stays(target):
    take(target, table("p,2026-01-09,3,"))
    Episode.objects.update(index_date=date(2026, 1, 7))

    take(target, table("p,2026-01-05,3,", "p,2026-01-09,3,"))

    assert Episode.objects.get().index_date == date(2026, 1, 7)


def test_the_same_reference_in_another_clinic_is_another_person(target):
    take(target)
    other = make_clinic("Hillside Clinic")

    result = take(Target(clinic=other, care_team=make_care_team(other), time_zone=NEW_YORK))

    assert result.created == 3
    assert Patient.objects.filter(external_ref="v1").count() == 2


# BackgroundJob what people log


@pytest.fixture
def enrolled(clinics: TwoClinics) -> tuple[Target, Patient]:
    """Alice, who is known elsewhere as A1."""
    Patient.objects.filter(pk=clinics.alice.pk).update(external_ref="A1")
    clinics.alice.refresh_from_db()
    return Target(clinic=clinics.clinic, care_team=clinics.team, time_zone=NEW_YORK), clinics.alice


def log(patient: Patient, uuid: UUID, number: int, pain: int, day: date) -> None:
    """Log a version as the patient."""
    version = Revision.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        uuid=uuid,
        kind="diary_entry",
        number=number,
        base_number=number - 1,
        content={
            "kind": "diary_entry",
            "date": day.isoformat(),
            "submitted_at": AT.isoformat(),
            "pain_average": pain,
        },
        submitted_at=AT,
        received_at=AT,
        author=patient.user,
    )
    DiaryEntry.objects.update_or_create(
        patient=patient,
        uuid=uuid,
        defaults={
            "clinic_id": patient.clinic_id,
            "revision": number,
            "local_date": day,
            "time_zone": NEW_YORK,
            "submitted_at": version.submitted_at,
            "received_at": AT,
            "pain_average": pain,
        },
    )


def test_a_day_that_the_patient_logged_stands(enrolled):
    target, alice = enrolled
    log(alice, UUID(int=1), 1, 2, date(2026, 3, 3))

    result = take(target, table("A1,2026-03-03,9,", "A1,2026-03-04,3,"))

    assert [(each.line, each.code) for each in result.problems] == [(2, Code.LOGGED_BY_PATIENT)]
    assert entry("A1", date(2026, 3, 3)).pain_average == 2
    assert entry("A1", date(2026, 3, 4)).pain_average == 3


def test_a_correction_by_hand_stands_and_the_old_file_changes_nothing(enrolled):
    target, alice = enrolled
    text = table("A1,2026-03-03,9,")
    take(target, text)
    imported = entry("A1", date(2026, 3, 3))
    log(alice, imported.uuid, 2, 4, date(2026, 3, 3))
    before = stored()

    same = take(target, text)
    other = take(target, text.replace(",9,", ",8,"))

    assert stored() == before
    assert (same.problems, same.unchanged) == ([], 1)
    assert [each.code for each in other.problems] == [Code.CORRECTED_SINCE]


def test_another_site_of_the_same_person_corrects_nothing(target):
    text = "patient,date,pain,site\np,2026-01-05,3,Low back\np,2026-01-05,8,Knee\n"
    text += "p,2026-01-06,4,Low back\np,2026-01-06,4,Knee\n"  # no less another site
    take(target, text, sites=("Low back",), columns={})
    before = stored()

    knee = take(target, text, sites=("Knee",), columns={})
    back = take(target, text.replace(",3,", ",5,"), sites=("low BACK",), columns={})

    assert [(each.line, each.code) for each in knee.problems] == [
        (3, Code.OTHER_SITE),
        (5, Code.OTHER_SITE),
    ]
    assert (knee.created, knee.revised, knee.unchanged) == (0, 0, 0)
    assert (back.problems, back.revised) == ([], 1)
    assert before["tracker.DiaryImport"][0]["options"]["sites"] == ["low back"]


# Days that cannot be


@pytest.mark.parametrize(
    ("zone", "day", "code"),
    [
        pytest.param(NEW_YORK, "2026-11-22", Code.FUTURE_DATE, id="tomorrow"),
        pytest.param("Pacific/Kiritimati", "2026-11-23", Code.FUTURE_DATE, id="tomorrow, far east"),
        pytest.param("Pacific/Apia", "2011-12-30", Code.NO_SUCH_DAY, id="across the date line"),
    ],
)
def test_rejects_dates_that_have_not_come_or_do_not_exist_in_the_time_zone(target, zone, day, code):
    place = Target(clinic=target.clinic, care_team=target.care_team, time_zone=zone)

    result = take(place, table(f"p,{day},3,"))

    assert [(each.line, each.code) for each in result.problems] == [(2, code)]
    assert not Patient.objects.exists()


def test_today_is_a_date_in_the_time_zone_of_the_import(target):
    """At this instant it is the 22nd already where the day begins first."""
    place = Target(clinic=target.clinic, care_team=target.care_team, time_zone="Pacific/Kiritimati")

    assert take(place, table("p,2026-11-22,3,")).problems == []


# All or nothing


def test_a_dry_run_finds_the_same_and_writes_nothing(target):
    before = stored()

    dry = take(target, FILE + "v3,2026-01-05,11,\n", is_dry_run=True)

    assert stored() == before
    real = take(target, FILE + "v3,2026-01-05,11,\n")
    assert (dry.created, dry.patients_created, dry.flags, dry.problems) == (
        real.created,
        real.patients_created,
        real.flags,
        real.problems,
    )


def test_a_strict_import_keeps_nothing_when_a_line_is_rejected(target):
    before = stored()

    with pytest.raises(LinesRejected) as refusal:
        take(target, FILE + "v3,2026-01-05,11,\n", is_strict=True)

    assert stored() == before
    assert [each.line for each in refusal.value.imported.problems] == [5]


def test_a_strict_import_accepts_a_line_without_values(target):
    result = take(target, FILE + "v3,2026-01-05,,\n", is_strict=True)

    assert (result.created, result.rejected_lines) == (3, 0)


def test_a_file_of_which_every_line_is_rejected_leaves_no_trace(target):
    before = stored()

    assert take(target, table("p,2026-01-05,11,")).rejected_lines == 1
    assert stored() == before


# Nobody is paged


def seven_weeks(reference: str, pain: int, first: date) -> list[str]:
    return [f"{reference},{first + timedelta(days=n)},{pain}," for n in range(49)]


def assert_nobody_was_told() -> None:
    for model in (Escalation, Notification, Delivery, Reminder, Advice):
        assert not model.objects.exists(), model


def test_flags_of_an_import_are_retrospective_and_page_nobody(clinics):
    target = Target(clinic=clinics.clinic, care_team=clinics.team, time_zone=NEW_YORK)

    result = take(target, table(*seven_weeks("p", 8, date(2026, 1, 5))))

    flags = Flag.objects.filter(patient__external_ref="p")
    assert ("SEV-SUST", "P2", "open") in result.flags
    assert result.flags.total() == flags.count() > 0
    assert all(flag.retrospective for flag in flags)
    assert_nobody_was_told()
    assert Episode.objects.get(patient__external_ref="p").next_close_at is None


def test_days_after_the_last_imported_day_are_not_evaluated(clinics):
    target = Target(clinic=clinics.clinic, care_team=clinics.team, time_zone=NEW_YORK)

    result = take(target, table(*seven_weeks("p", 2, date(2026, 1, 5))))

    assert "DATA-GAP" not in {rule for rule, _, _ in result.flags}


def test_fresh_days_of_an_imported_person_page_nobody_either(clinics):
    target = Target(clinic=clinics.clinic, care_team=clinics.team, time_zone=NEW_YORK)

    result = take(target, table(*seven_weeks("p", 9, date(2026, 10, 4))))

    assert result.flags.total() > 0
    assert_nobody_was_told()


def test_what_was_due_of_an_enrolled_patient_before_is_still_escalated(enrolled):
    """An import must not swallow the page for a close that had not run yet."""
    target, alice = enrolled
    evening = datetime(2026, 3, 3, 2, tzinfo=UTC)
    for n in range(6):
        day, uuid = date(2026, 3, 2) + timedelta(days=n), UUID(int=n + 1)
        log(alice, uuid, 1, 8, day)
        submitted = evening + timedelta(days=n)
        Revision.objects.filter(uuid=uuid).update(submitted_at=submitted, received_at=submitted)
        for revision in Revision.objects.filter(uuid=uuid):
            revision.content["submitted_at"] = submitted.isoformat()
            revision.save(update_fields=["content"])
    at = evening + timedelta(days=6)

    take(target, table("A1,2026-02-20,3,"), at=at)

    flag = Flag.objects.get(patient=alice, rule="SEV-SUST")
    assert not flag.retrospective
    assert Escalation.objects.filter(flag=flag).exists()


def test_an_evaluation_is_logged_for_each_person(target):
    take(target)

    assert Evaluation.objects.count() == 2
    assert evaluate.rules.LIVE.version == Evaluation.objects.first().ruleset


# Where it goes


def test_needs_no_option_where_there_is_one_choice(target):
    assert found() == Target(
        clinic=target.clinic, care_team=target.care_team, time_zone=target.clinic.time_zone
    )


def test_finds_clinic_and_team_by_name_or_id(clinics):
    by_name = found(clinic="Harbor Clinic", care_team="Spine team", time_zone="Asia/Tokyo")

    assert (by_name.clinic, by_name.care_team) == (clinics.clinic, clinics.team)
    assert found(clinic=str(clinics.clinic.pk), time_zone="Asia/Tokyo") == by_name


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({}, "Say which with --clinic: Harbor Clinic .*, Hillside Clinic"),
        ({"clinic": "Harbour"}, "--clinic Harbour: not one of"),
        ({"clinic": "Harbor Clinic", "care_team": "Knees"}, "--care-team Knees: not one of"),
        ({"clinic": "Harbor Clinic", "time_zone": "Mars/Base"}, "--time-zone Mars/Base"),
    ],
    ids=["several clinics", "no such clinic", "no such team", "no such zone"],
)
def test_lists_the_choices(clinics, words, message):
    with pytest.raises(Exception, match=message):
        found(**words)


def test_requires_a_clinic_first():
    with pytest.raises(Exception, match="no clinic yet"):
        found()
