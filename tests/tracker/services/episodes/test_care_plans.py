from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.fixtures import MONDAY_EVENING as NOW
from tests.fixtures import diary, say
from tests.tracker.console import clinic_data
from tracker.models import AuditEvent, Evaluation, Flag, Patient, PlannedMeasure
from tracker.services.context import Context
from tracker.services.episodes import care_plans, episodes
from tracker.services.episodes.care_plans import Ingredient, Line
from tracker.services.queries import worklist
from tracker.services.queries.worklist import RowState

FIRST = date(2026, 3, 2)
NAPROXEN = Line(
    measure="medication",
    product="Naprosyn",
    ingredients=(Ingredient(name="naproxen", mg=500, max_mg_per_day=1000),),
    route="oral",
    prescribed=True,
    doses_per_day=2,
)
THERAPY = Line(measure="physical_therapy", sessions_per_week=3)


def add(clinics, line=THERAPY, from_date=FIRST) -> PlannedMeasure:
    return care_plans.add(
        Context(clinics.nora, NOW), episode=clinics.episode, line=line, from_date=from_date
    )


def lines(clinics):
    return [
        (line.sessions_per_week, line.from_date, line.until_date, line.waived)
        for line in clinics.episode.planned_measures.order_by("from_date")
    ]


def test_a_changed_line_ends_and_a_new_one_begins(clinics):
    planned = add(clinics)
    fewer = Line(measure="physical_therapy", sessions_per_week=2)

    care_plans.change(
        Context(clinics.nora, NOW), planned=planned, line=fewer, from_date=FIRST + timedelta(7)
    )

    assert lines(clinics) == [
        (3, FIRST, FIRST + timedelta(6), ""),
        (2, FIRST + timedelta(7), None, ""),
    ]


def test_a_line_replaced_on_its_first_day_was_never_planned(clinics):
    planned = add(clinics)

    care_plans.waive(
        Context(clinics.nora, NOW), planned=planned, reason="unavailable", from_date=FIRST
    )

    assert lines(clinics) == [(3, FIRST, None, "unavailable")]


def test_an_ended_line_is_not_changed_again(clinics):
    planned = add(clinics)
    care_plans.end(Context(clinics.nora, NOW), planned=planned, until_date=FIRST)

    with pytest.raises(care_plans.LineEnded):
        care_plans.end(Context(clinics.nora, NOW), planned=planned, until_date=FIRST)


def test_a_medicine_is_kept_as_the_rules_read_it(clinics):
    planned = add(clinics, NAPROXEN)

    assert planned.ingredients == [{"name": "naproxen", "mg": 500, "max_mg_per_day": 1000}]
    assert care_plans.line_of(planned) == NAPROXEN


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (Line(measure="medication", route="oral"), care_plans.MedicineIncomplete),
        (
            Line(measure="medication", ingredients=NAPROXEN.ingredients),
            care_plans.MedicineIncomplete,
        ),
        (Line(measure="massage", route="oral"), care_plans.NotAMedicine),
        (Line(measure="massage", doses_per_day=2), care_plans.NotAMedicine),
    ],
)
def test_a_line_that_could_never_be_counted_is_refused(clinics, line, error):
    with pytest.raises(error):
        add(clinics, line)


def test_a_changed_plan_is_evaluated_at_once_and_audited(clinics):
    add(clinics)

    assert Evaluation.objects.filter(episode=clinics.episode).count() == 1
    event = AuditEvent.objects.get()
    assert (event.action, event.patient_id) == ("care_plan.add", clinics.alice.id)


def test_raising_the_usual_difficulty_withdraws_a_flag(clinics):
    for offset in range(7):
        day = FIRST + timedelta(offset)
        say(clinics.alice, diary(day, 5, standing=3, walking=3))
    later = NOW + timedelta(days=8)
    describe(clinics, at=later)
    assert Flag.objects.filter(patient=clinics.alice, rule="FUNC-LIMIT", state="open").exists()

    describe(clinics, function_floor=3, at=later)

    assert not Flag.objects.filter(rule="FUNC-LIMIT", state="open").exists()


def describe(clinics, *, at=NOW, **fields) -> Patient:
    return episodes.describe_patient(
        Context(clinics.nora, at),
        **{
            "patient": clinics.alice,
            "conditions": [],
            "function_floor": 0,
            "mme_acknowledged": None,
            **fields,
        },
    )


def test_only_conditions_that_a_rule_reads_are_accepted(clinics):
    patient = describe(
        clinics, conditions=["osteoporosis", "dialysis"], mme_acknowledged=Decimal("30.5")
    )
    assert patient.conditions == ["osteoporosis", "dialysis"]

    with pytest.raises(episodes.ConditionUnknown):
        describe(clinics, conditions=["tired"])


def start(clinics, **dates):
    return episodes.start(
        Context(clinics.nora, NOW),
        patient=clinics.alice,
        dates=episodes.Dates(**{"index_date": FIRST, **dates}),
    )


def test_a_patient_has_one_current_episode(clinics):
    with pytest.raises(episodes.EpisodeRunning):
        start(clinics)

    episodes.end(Context(clinics.nora, NOW), episode=clinics.episode, ended_date=FIRST)
    started = start(clinics)
    assert list(clinics.alice.episodes.current()) == [started]


@pytest.mark.parametrize(
    "dates",
    [
        {"onset_date": FIRST + timedelta(1)},
        {"conservative_min_days": 13},
        {"conservative_min_days": 366},
    ],
)
def test_impossible_dates_are_refused(clinics, dates):
    with pytest.raises(episodes.EpisodeDatesInvalid):
        episodes.change(
            Context(clinics.nora, NOW),
            episode=clinics.episode,
            dates=episodes.Dates(**{"index_date": FIRST, **dates}),
        )


def test_an_ended_episode_is_not_changed(clinics):
    ended = episodes.end(Context(clinics.nora, NOW), episode=clinics.episode, ended_date=FIRST)

    assert ended.next_close_at is None
    with pytest.raises(episodes.EpisodeEnded):
        add(clinics)
    with pytest.raises(episodes.EpisodeEnded):
        episodes.end(Context(clinics.nora, NOW), episode=ended, ended_date=FIRST)


def test_an_episode_does_not_end_before_it_began(clinics):
    with pytest.raises(episodes.EpisodeDatesInvalid):
        episodes.end(
            Context(clinics.nora, NOW), episode=clinics.episode, ended_date=FIRST - timedelta(1)
        )


def test_days_are_excused_and_counted_again(clinics):
    period = episodes.excuse(
        Context(clinics.nora, NOW),
        episode=clinics.episode,
        from_date=FIRST,
        until_date=FIRST,
        reason="Hospital",
    )
    episodes.stop_excusing(Context(clinics.nora, NOW), period=period)

    assert not clinics.episode.excused_periods.exists()
    with pytest.raises(episodes.ExcusedPeriodInvalid):
        episodes.excuse(
            Context(clinics.nora, NOW),
            episode=clinics.episode,
            from_date=FIRST,
            until_date=FIRST - timedelta(1),
            reason="Hospital",
        )


def test_days_without_entries_before_enrolment_open_no_flag(clinics):
    Patient.objects.filter(id=clinics.alice.id).update(user=None, enrolled_at=None)

    episodes.change(
        Context(clinics.nora, NOW + timedelta(days=30)),
        episode=clinics.episode,
        dates=episodes.Dates(index_date=FIRST),
    )

    assert not Flag.objects.exists()


def row_of(clinics):
    (row,) = worklist.rows(clinician=clinics.nora, patient=clinics.alice)
    return row


def test_a_row_stands_for_the_flag_that_needs_somebody_most(clinics):
    clinic_data.raise_flag(clinics.alice, at=NOW, rule="FUNC-LIMIT", priority="P3")
    urgent = clinic_data.raise_flag(clinics.alice, at=NOW, rule="RF-CES", priority="P0")

    row = row_of(clinics)

    assert (row.flag, row.priority, row.state) == (urgent, "P0", RowState.WAITING)
    assert row.deadline == NOW + timedelta(minutes=15)
    assert row.is_overdue(NOW + timedelta(minutes=15))
    assert not row.is_overdue(NOW + timedelta(minutes=14))


def test_a_row_without_an_escalation_stands_below_and_has_no_deadline(clinics):
    clinic_data.raise_flag(clinics.alice, at=NOW, rule="DATA-GAP", priority="P4")
    clinic_data.raise_flag(clinics.bob, at=NOW, rule="CC-FAIL", priority="P3")

    rows = worklist.rows(clinician=clinics.nora)

    assert [row.patient for row in rows] == [clinics.bob, clinics.alice]
    assert (rows[1].state, rows[1].deadline) == (RowState.LISTED, None)


def test_a_retrospective_emergency_is_listed_and_pages_nobody(clinics):
    clinic_data.raise_flag(clinics.alice, at=NOW, rule="RF-CES", priority="P0", retrospective=True)

    assert row_of(clinics).state == RowState.LISTED


def test_no_row_is_shown_to_who_only_administers_or_works_elsewhere(clinics):
    clinic_data.raise_flag(clinics.alice, at=NOW)

    assert worklist.rows(clinician=clinics.ada) == []
    assert worklist.rows(clinician=clinics.mallory) == []
