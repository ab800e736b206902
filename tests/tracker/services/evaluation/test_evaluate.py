from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.models import Notification
from tests.fixtures import TwoClinics, checklist, diary, say
from tracker.models import Advice, Escalation, Evaluation, Flag, Patient, Review
from tracker.services.context import SYSTEM, Context
from tracker.services.escalations import timers
from tracker.services.evaluation.evaluate import evaluate_episode
from tracker.services.reviews import reviews

FIRST = date(2026, 3, 2)
EVENING = datetime(2026, 3, 3, 2, tzinfo=UTC)  # of the first day
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def evaluate(clinics: TwoClinics, at: datetime):
    return evaluate_episode(episode_id=clinics.episode.id, at=at)


def say_red_flag(
    clinics: TwoClinics, at: datetime = EVENING, *, received_at=None, **answers: str
) -> UUID:
    uuid = uuid4()
    content = checklist(at, **(answers or {"saddle_numbness": "yes"}))
    say(clinics.alice, content, uuid=uuid, received_at=received_at)
    return uuid


def say_bad_walk(clinics: TwoClinics, day: date = FIRST) -> UUID:
    """An entry that opens FUNC-UNABLE (P2)."""
    uuid = uuid4()
    say(clinics.alice, diary(day, 5, walking=5), uuid=uuid)
    return uuid


def states() -> dict[str, str]:
    return dict(Flag.objects.values_list("rule", "state"))


class TestOpening:
    def test_a_red_flag_opens_a_flag_and_its_escalation_and_answers_the_patient(self, clinics):
        say_red_flag(clinics)

        result = evaluate(clinics, EVENING)

        (flag,) = result.opened
        assert (flag.rule, flag.priority, flag.state) == ("RF-CES", "P0", "open")
        assert flag.escalations.get().state == "active"
        assert any(advice.urgency == "emergency" for advice in result.advice)

    def test_the_flag_can_be_checked_by_whoever_reads_it(self, clinics):
        say_bad_walk(clinics)
        (flag,) = evaluate(clinics, EVENING).opened

        assert all((flag.ruleset, flag.explanation, flag.clears_when, flag.sources))
        assert flag.evidence

    def test_the_same_again_opens_nothing(self, clinics):
        say_red_flag(clinics)
        evaluate(clinics, EVENING)

        again = evaluate(clinics, EVENING + HOUR)

        assert not again.opened
        assert Flag.objects.count() == Escalation.objects.count() == 1

    def test_a_flag_that_nothing_changes_is_not_written(
        self, clinics, django_assert_max_num_queries
    ):
        say_red_flag(clinics)
        say_bad_walk(clinics)
        evaluate(clinics, EVENING)

        with django_assert_max_num_queries(14) as statements:
            evaluate(clinics, EVENING + HOUR)

        written = [each["sql"] for each in statements if each["sql"].startswith("UPDATE")]
        assert not [sql for sql in written if "tracker_flag" in sql]

    def test_a_p4_has_no_escalation(self, clinics):
        for offset in range(2):
            say(clinics.alice, diary(FIRST + offset * DAY, 3))
        evaluate(clinics, EVENING + 12 * DAY)

        assert states() == {"DATA-GAP": "open"}
        assert not Escalation.objects.exists()

    def test_another_patient_is_not_touched(self, clinics):
        say_red_flag(clinics)
        evaluate(clinics, EVENING)

        assert not Flag.objects.exclude(patient=clinics.alice).exists()

    def test_each_run_is_logged_with_a_digest_of_its_inputs(self, clinics):
        evaluate(clinics, EVENING)
        say_red_flag(clinics)
        evaluate(clinics, EVENING)

        after, before = Evaluation.objects.all()
        assert (before.records, after.records, after.opened) == (0, 1, 1)
        assert before.inputs_sha256 != after.inputs_sha256


class TestWhatArrivesLate:
    @pytest.mark.parametrize(
        ("lag", "retrospective"),
        [
            pytest.param(timedelta(hours=72), False, id="at 72 hours somebody is paged"),
            pytest.param(timedelta(hours=72, seconds=1), True, id="after 72 hours nobody is"),
        ],
    )
    def test_old_records_open_flags_that_page_nobody(self, clinics, lag, retrospective):
        say_red_flag(clinics, received_at=EVENING + lag)
        evaluate(clinics, EVENING + lag)

        flag = Flag.objects.get(rule="RF-CES")
        assert flag.retrospective is retrospective
        assert flag.escalations.exists() is not retrospective

    def test_closes_missed_by_a_server_that_was_down_still_page(self, clinics):
        """The records had arrived in time; the silence was ours."""
        for offset in range(7):
            say(clinics.alice, diary(FIRST + offset * DAY, 8, walking=3))
        evaluate(clinics, EVENING + 30 * DAY)

        flag = Flag.objects.get(rule="FUNC-LIMIT")
        assert flag.retrospective is False
        assert flag.escalations.exists()

    def test_a_record_saved_before_a_close_and_received_after_it_counts_as_online(self, clinics):
        for offset in range(8):
            say(clinics.alice, diary(FIRST + offset * DAY, 3))
        online = closes_of(clinics)

        assert online == closes_of(clinics)


def closes_of(clinics: TwoClinics) -> list[tuple[str, date]]:
    evaluate(clinics, EVENING + 20 * DAY)
    return list(Flag.objects.order_by("rule").values_list("rule", "local_date"))


class TestCorrections:
    def test_corrected_away_is_withdrawn_and_whoever_was_told_is_told(self, clinics):
        uuid = say_bad_walk(clinics)
        evaluate(clinics, EVENING)
        morning = datetime(2026, 3, 3, 14, tzinfo=UTC)
        timers.fire_due(Context(SYSTEM, morning), limit=9)

        say(
            clinics.alice,
            diary(FIRST, 5, walking=1),
            uuid=uuid,
            number=2,
            submitted_at=morning,
        )
        evaluate(clinics, morning)

        flag = Flag.objects.get(rule="FUNC-UNABLE")
        assert (flag.state, bool(flag.ended_reason)) == ("withdrawn", True)
        assert flag.escalations.get().state == "withdrawn"
        assert Notification.objects.filter(kind="escalation_withdrawn").count() == 1

    def test_a_retracted_red_flag_stays_until_a_clinician_closes_it(self, clinics):
        uuid = say_red_flag(clinics)
        evaluate(clinics, EVENING)

        say(
            clinics.alice,
            checklist(EVENING, saddle_numbness="no"),
            uuid=uuid,
            number=2,
            submitted_at=EVENING + HOUR,
        )
        evaluate(clinics, EVENING + HOUR)

        flag = Flag.objects.get(rule="RF-CES")
        assert flag.state == "open"
        assert flag.retracted_at is not None
        assert flag.escalations.get().state == "active"

    def test_a_record_taken_back_as_a_whole_is_as_if_it_never_was(self, clinics):
        uuid = say_bad_walk(clinics)
        evaluate(clinics, EVENING)

        say(
            clinics.alice,
            diary(FIRST, None),
            uuid=uuid,
            number=2,
            submitted_at=EVENING + HOUR,
            retracted=True,
        )
        evaluate(clinics, EVENING + HOUR)

        assert states() == {"FUNC-UNABLE": "withdrawn"}

    def test_a_change_by_the_clinic_is_an_input_like_a_record(self, clinics):
        say_bad_walk(clinics)
        evaluate(clinics, EVENING)
        Patient.objects.filter(pk=clinics.alice.pk).update(function_floor=5)

        evaluate(clinics, EVENING + HOUR)

        assert states() == {"FUNC-UNABLE": "withdrawn"}

    def test_a_raise_restarts_the_escalation(self, clinics):
        say_red_flag(clinics, leg_weakness="yes")
        evaluate(clinics, EVENING)
        say_red_flag(clinics, EVENING + HOUR, leg_weakness="yes", weakness_worsening_fast="yes")

        (raised,) = evaluate(clinics, EVENING + HOUR).raised

        assert (raised.rule, raised.raised_from, raised.priority) == ("RF-MOTOR", "P1", "P0")
        escalation = raised.escalations.get()
        assert (escalation.priority, escalation.run_number) == ("P0", 2)


class TestEnding:
    def test_a_flag_that_clears_leaves_its_escalation_running(self, clinics):
        say_bad_walk(clinics)
        for offset in range(1, 9):
            say(clinics.alice, diary(FIRST + offset * DAY, 2, walking=0, standing=0))
        evaluate(clinics, EVENING)
        evaluate(clinics, EVENING + 10 * DAY)

        flag = Flag.objects.get(rule="FUNC-UNABLE")
        assert flag.state == "cleared"
        assert flag.escalations.get().state == "active"

    def test_what_was_once_urgent_does_not_clear_as_something_less_urgent(self, clinics):
        say_bad_walk(clinics)
        (flag,) = evaluate(clinics, EVENING).opened
        Flag.objects.filter(pk=flag.pk).update(priority="P1")
        for offset in range(1, 9):
            say(clinics.alice, diary(FIRST + offset * DAY, 2, walking=0, standing=0))

        evaluate(clinics, EVENING + 10 * DAY)

        flag.refresh_from_db()
        assert (flag.state, flag.priority) == ("open", "P1")
        assert flag.retracted_at == EVENING + 10 * DAY

    def test_what_waits_for_a_clinician_is_found_again_as_the_same_flag(self, clinics):
        say_bad_walk(clinics)
        (flag,) = evaluate(clinics, EVENING).opened
        Flag.objects.filter(pk=flag.pk).update(priority="P1")
        for offset in range(1, 9):
            say(clinics.alice, diary(FIRST + offset * DAY, 2, walking=0, standing=0))
        evaluate(clinics, EVENING + 10 * DAY)

        say_bad_walk(clinics, FIRST + 11 * DAY)
        clinics.episode.checkpoints.all().delete()
        evaluate(clinics, EVENING + 11 * DAY)

        flag.refresh_from_db()
        assert (flag.state, flag.priority, flag.retracted_at) == ("open", "P1", None)
        assert flag.local_date == FIRST + 11 * DAY

    def test_what_a_clinician_closed_is_not_opened_by_the_same_records(self, clinics):
        say_red_flag(clinics)
        (flag,) = evaluate(clinics, EVENING).opened
        reviews.review(
            Context(clinics.nora, EVENING + HOUR),
            patient=clinics.alice,
            flag_ids=[flag.id],
            decision=Review.Decision.SEND_TO_EMERGENCY,
        )

        evaluate(clinics, EVENING + 2 * HOUR)
        evaluate(clinics, EVENING + 3 * DAY)

        assert list(Flag.objects.filter(rule="RF-CES").values_list("state", flat=True)) == [
            "closed"
        ]

    def test_a_new_answer_after_the_review_opens_a_new_flag(self, clinics):
        say_red_flag(clinics)
        (flag,) = evaluate(clinics, EVENING).opened
        reviews.review(
            Context(clinics.nora, EVENING + HOUR),
            patient=clinics.alice,
            flag_ids=[flag.id],
            decision=Review.Decision.SEND_TO_EMERGENCY,
        )
        say_red_flag(clinics, EVENING + 2 * HOUR)

        (second,) = evaluate(clinics, EVENING + 2 * HOUR).opened

        assert second.rule == "RF-CES"
        assert second.escalations.get().state == "active"


class TestAdvice:
    def test_it_is_given_once(self, clinics):
        say_red_flag(clinics)
        evaluate(clinics, EVENING)
        count = Advice.objects.count()

        evaluate(clinics, EVENING + HOUR)

        assert Advice.objects.count() == count > 0

    def test_what_is_old_is_not_given_any_more(self, clinics):
        say_red_flag(clinics, received_at=EVENING + 4 * DAY)
        evaluate(clinics, EVENING + 4 * DAY)

        assert not Advice.objects.exists()


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(10)), batch=st.integers(1, 5))
def test_any_order_of_arrival_ends_in_the_same_standing_flags(clinics, order, batch):
    """I10: phones that sync in any order and batches come to what one replay would say."""
    contents = [
        diary(FIRST + offset * DAY, pain, walking=walking)
        for offset, (pain, walking) in enumerate(
            [(8, 4), (8, 4), (7, 5), (8, 3), (7, 4), (9, 5), (8, 4), (2, 0)]
        )
    ]
    contents.append(checklist(EVENING + DAY, leg_weakness="yes"))
    contents.append(checklist(EVENING + 2 * DAY, both_legs_symptoms="yes", leg_weakness="yes"))
    clinics.alice.revisions.all().delete()
    Flag.objects.filter(patient=clinics.alice).delete()
    end = EVENING + 12 * DAY

    for start in range(0, len(order), batch):
        for number in order[start : start + batch]:
            say(clinics.alice, contents[number], received_at=end)
        evaluate(clinics, end)
    incremental = standing(clinics.alice)
    Flag.objects.filter(patient=clinics.alice).delete()
    evaluate(clinics, end)

    assert incremental == standing(clinics.alice)


def standing(patient: Patient) -> set[tuple[str, str, date]]:
    return set(
        Flag.objects.filter(patient=patient)
        .exclude(state=Flag.State.WITHDRAWN)
        .values_list("rule", "priority", "local_date")
    )
