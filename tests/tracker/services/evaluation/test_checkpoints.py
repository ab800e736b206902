"""An evaluation resumes from a checkpoint, and comes to what the whole history says (I14, I15)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fixtures import NEW_YORK, TwoClinics, diary, say
from tests.tracker.services.evaluation.whole_replay import check_as_whole_replay
from tracker import rules
from tracker.models import (
    RECORD_KINDS,
    Advice,
    EvaluationCheckpoint,
    Flag,
    Patient,
    Review,
    Revision,
)
from tracker.services.context import OPERATOR, SYSTEM, Context
from tracker.services.episodes import care_plans, episodes
from tracker.services.evaluation import checkpoints, day_closes, evaluate
from tracker.services.evaluation.checkpoints import surplus_of
from tracker.services.evaluation.evaluate import evaluate_episode
from tracker.services.imports.diary_file import Options
from tracker.services.imports.importing import Imported, import_diary
from tracker.services.imports.target import Target
from tracker.services.people import profile
from tracker.services.records import store
from tracker.services.records.ledger import Status, Submission
from tracker.services.reviews import reviews
from tracker.services.rulesets import thresholds

FIRST = date(2026, 3, 2)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def on(day: int, hour: float, clinics: TwoClinics) -> datetime:
    """A local hour of a day of the episode, which begins with day 1."""
    begins = datetime.combine(FIRST + (day - 1) * DAY, time(0), clinics.alice.zone)
    return begins + hour * HOUR


def close(clinics: TwoClinics, day: int) -> datetime:
    """Close a day, at noon of the next one."""
    noon = on(day + 1, 12, clinics)
    assert day_closes.run(Context(SYSTEM, noon), episode_id=clinics.episode.pk)
    return noon


def entry(day: int, pain: int = 2, **scores: int) -> dict[str, Any]:
    return {"kind": "diary_entry", "date": _date(day), "pain_average": pain, **scores}


def peg(day: int, score: int = 4) -> dict[str, Any]:
    scores = dict.fromkeys(["pain", "enjoyment", "activity"], score)
    return {"kind": "peg", "date": _date(day), **scores}


def _date(day: int) -> str:
    return (FIRST + (day - 1) * DAY).isoformat()


def submit(
    clinics: TwoClinics,
    content: dict[str, Any],
    saved_at: datetime,
    *,
    received_at: datetime | None = None,
    uuid: UUID | None = None,
    base: int = 0,
    is_retraction: bool = False,
) -> UUID:
    """As a phone sends it; return the record's id."""
    record = rules.parse_record({**content, "submitted_at": saved_at.isoformat()})
    submission = Submission(
        uuid=uuid or uuid4(),
        kind=RECORD_KINDS[content["kind"]],
        base_revision=base,
        record=None if is_retraction else record,
        submitted_at=saved_at,
    )
    context = Context(clinics.alice, received_at or saved_at)
    sent = store.submit(
        context, patient=clinics.alice, submissions=[submission], action="records.sync"
    )
    assert sent.outcomes[0].status in {Status.STORED, Status.CONFLICT}
    return submission.uuid


def take_over(clinics: TwoClinics, *, day: int, at: datetime) -> Imported:
    """Import an entry that was made elsewhere."""
    return import_diary(
        Context(OPERATOR, at),
        content=f"patient,date,pain\nv1,{_date(day)},6\n".encode(),
        file_name="diary.csv",
        target=Target(clinic=clinics.clinic, care_team=clinics.team, time_zone=NEW_YORK),
        options=Options(rounding="half-up"),
    )


def stored(clinics: TwoClinics) -> dict[int, EvaluationCheckpoint]:
    """The checkpoints by the day that had closed."""
    return {(row.at.date() - FIRST).days: row for row in clinics.episode.checkpoints.all()}


@pytest.fixture
def loaded(monkeypatch) -> list[int]:
    """How many versions of records each evaluation has loaded."""
    counts = []
    versions_of = evaluate.versions_of

    def counting(*args, **options):
        versions = versions_of(*args, **options)
        counts.append(len(versions))
        return versions

    monkeypatch.setattr(evaluate, "versions_of", counting)
    return counts


@pytest.fixture
def six_days(clinics) -> TwoClinics:
    """Six days with an entry each, all closed; on the second one nearly nothing went."""
    for day in range(1, 7):
        say(clinics.alice, diary(FIRST + (day - 1) * DAY, 5, walking=5 if day == 2 else 1))
        close(clinics, day)
    assert Flag.objects.filter(rule="FUNC-UNABLE", state="open").exists()
    return clinics


class TestTheCostOfAWrite:
    def test_it_does_not_grow_with_the_history(self, clinics, loaded):
        costs = [self.cost_after(days, clinics, loaded) for days in (10, 60)]

        assert costs[0] == costs[1]
        assert costs[1][1:] == [1]

    def cost_after(self, days: int, clinics: TwoClinics, loaded: list[int]) -> list[int]:
        """The statements, and the versions of records loaded, of an entry after so many days."""
        known = Revision.objects.count()
        for day in range(known + 1, days + 1):
            say(clinics.alice, diary(FIRST + (day - 1) * DAY, 2))
        close(clinics, days)
        loaded.clear()
        with CaptureQueriesContext(connection) as statements:
            submit(clinics, entry(days + 1), on(days + 1, 21, clinics))
        check_as_whole_replay(clinics.episode)
        return [len(statements), *loaded]

    def test_a_close_loads_what_came_since_the_one_before(self, six_days, loaded):
        say(six_days.alice, diary(FIRST + 6 * DAY, 5))

        close(six_days, 7)

        assert loaded == [1]
        check_as_whole_replay(six_days.episode)


class TestKeeping:
    def test_one_is_kept_when_a_day_closes(self, clinics):
        say(clinics.alice, diary(FIRST, 5))

        noon = close(clinics, 1)

        (kept,) = clinics.episode.checkpoints.all()
        assert (kept.at, kept.version, kept.records) == (noon, rules.CHECKPOINT_VERSION, 1)

    def test_none_is_kept_while_no_day_has_closed(self, clinics):
        submit(clinics, entry(1), on(1, 21, clinics))

        assert not clinics.episode.checkpoints.exists()

    def test_none_is_kept_where_silence_is_not_judged(self, clinics):
        say(clinics.alice, diary(FIRST, 5))

        evaluate_episode(episode_id=clinics.episode.pk, at=on(9, 12, clinics), judge_silence=False)

        assert not clinics.episode.checkpoints.exists()

    def test_those_of_another_version_are_deleted(self, six_days):
        six_days.episode.checkpoints.update(version="0")

        close(six_days, 7)

        (kept,) = six_days.episode.checkpoints.all()
        assert (kept.at, kept.version) == (on(8, 12, six_days), rules.CHECKPOINT_VERSION)

    def test_the_newest_stays_after_a_day_of_23_hours(self):
        newest = datetime(2026, 3, 8, 16, tzinfo=UTC)

        assert surplus_of([newest - 23 * HOUR, newest], newest_at=newest) == []
        assert surplus_of([newest - 9 * HOUR, newest], newest_at=newest) == []

    @settings(max_examples=20, deadline=None)
    @given(st.sets(st.integers(0, 999)))
    @example(set())
    def test_there_is_one_of_about_each_age(self, days_without):
        kept: list[datetime] = []
        began = datetime(2026, 3, 2, 12)
        for day in range(1001):
            if day in days_without:
                continue
            now = began + day * DAY
            surplus = surplus_of([*kept, now], newest_at=now)
            kept = [each for each in [*kept, now] if each not in surplus]
            ages = [(now - each).days for each in kept]
            assert len(kept) <= day.bit_length() + 1
            assert ages[-1] == 0
            if not days_without:
                assert all(
                    any(age <= each <= 3 * age for each in ages) for age in range((day + 1) // 3)
                )


class TestDeletion:
    """Of what is written: all since the record began that is changed, and no others."""

    #: The days that have closed with a checkpoint.
    ALL = (1, 2, 3, 6, 7, 8, 9)

    @pytest.fixture
    def ten_days(self, clinics, monkeypatch) -> TwoClinics:
        """The close of each of nine days has left a checkpoint."""
        monkeypatch.setattr(checkpoints, "surplus_of", lambda stored, newest_at: [])
        self.entries = {}
        self.pegs = {}
        for day in range(1, 10):
            self.entries[day] = submit(clinics, entry(day, 5), on(day, 21, clinics))
            if day in {4, 6}:
                self.pegs[day] = submit(clinics, peg(4), on(day, 22, clinics))
            close(clinics, day)
        return clinics

    def test_between_two_peg_scores_of_a_date_nothing_is_certain(self, ten_days):
        assert sorted(stored(ten_days)) == list(self.ALL)

    def correct_an_entry(self, clinics: TwoClinics, now: datetime) -> None:
        submit(clinics, entry(7, 9), now, uuid=self.entries[7], base=1)

    def retract_an_entry(self, clinics: TwoClinics, now: datetime) -> None:
        submit(clinics, entry(7), now, uuid=self.entries[7], base=1, is_retraction=True)

    def send_a_session_late(self, clinics: TwoClinics, now: datetime) -> None:
        content = {"kind": "therapy_session", "at": on(7, 9, clinics).isoformat()}
        content["type"] = "home_exercise"
        submit(clinics, content, on(7, 14, clinics), received_at=now)

    def send_a_second_peg(self, clinics: TwoClinics, now: datetime) -> None:
        submit(clinics, peg(4, 9), now)

    def correct_the_second_peg(self, clinics: TwoClinics, now: datetime) -> None:
        submit(clinics, peg(4, 9), now, uuid=self.pegs[6], base=1)

    def send_a_conflicting_entry(self, clinics: TwoClinics, now: datetime) -> None:
        submit(clinics, entry(2, 9), now)

    def log_today(self, clinics: TwoClinics, now: datetime) -> None:
        submit(clinics, entry(10, 5), now)

    @pytest.mark.parametrize(
        ("change", "left"),
        [
            pytest.param(correct_an_entry, [1, 2, 3, 6], id="a correction"),
            pytest.param(retract_an_entry, [1, 2, 3, 6], id="a retraction"),
            pytest.param(send_a_session_late, [1, 2, 3, 6], id="a late record"),
            pytest.param(send_a_second_peg, [1, 2, 3], id="another PEG score of a date"),
            pytest.param(correct_the_second_peg, [1, 2, 3], id="a correction of the second"),
            pytest.param(send_a_conflicting_entry, ALL, id="a conflict: nothing"),
            pytest.param(log_today, ALL, id="an entry of today: nothing"),
        ],
    )
    def test_what_a_record_changes_is_deleted(self, ten_days, change, left):
        before = {row.pk: day for day, row in stored(ten_days).items()}

        change(self, ten_days, on(10, 21, ten_days))

        remaining = ten_days.episode.checkpoints.values_list("pk", flat=True)
        assert sorted(before[pk] for pk in remaining if pk in before) == list(left)
        check_as_whole_replay(ten_days.episode)

    def test_an_older_record_that_is_corrected_changes_what_was_found(self, ten_days):
        """I14: whoever resumed from a later checkpoint would not see it."""
        uuid = submit(ten_days, entry(10, 5, walking=5), on(10, 21, ten_days))
        close(ten_days, 10)

        submit(ten_days, entry(10, 5), on(11, 21, ten_days), uuid=uuid, base=1)

        assert Flag.objects.get(rule="FUNC-UNABLE").state == Flag.State.WITHDRAWN
        check_as_whole_replay(ten_days.episode)

    def test_an_import_deletes_all(self, ten_days):
        Patient.objects.filter(pk=ten_days.alice.pk).update(external_ref="v1")
        before = set(ten_days.episode.checkpoints.values_list("pk", flat=True))

        imported = take_over(ten_days, day=10, at=on(10, 21, ten_days))

        assert (imported.created, imported.patients_created) == (1, 0)
        assert not ten_days.episode.checkpoints.filter(pk__in=before).exists()
        check_as_whole_replay(ten_days.episode)


class TestWhatIsUnusable:
    """It is deleted, and the whole history is evaluated."""

    def another_version(self, clinics: TwoClinics) -> None:
        clinics.episode.checkpoints.update(version="0")

    def damaged(self, clinics: TwoClinics) -> None:
        for row in clinics.episode.checkpoints.all():
            row.packed = bytes([*row.packed[:-1], row.packed[-1] ^ 1])
            row.save()

    def cut_short(self, clinics: TwoClinics) -> None:
        clinics.episode.checkpoints.update(packed=b"")

    def plan_changed(self, clinics: TwoClinics) -> None:
        clinics.episode.planned_measures.create(
            clinic=clinics.clinic, measure="home_exercise", sessions_per_week=3, from_date=FIRST
        )

    def function_floor(self, clinics: TwoClinics) -> None:
        Patient.objects.filter(pk=clinics.alice.pk).update(function_floor=5)

    def excused(self, clinics: TwoClinics) -> None:
        clinics.episode.excused_periods.create(
            clinic=clinics.clinic, from_date=FIRST, until_date=FIRST + DAY, reason="Travel."
        )

    def zone_changed(self, clinics: TwoClinics) -> None:
        clinics.alice.time_zones.create(
            clinic=clinics.clinic, from_date=FIRST + DAY, time_zone="Asia/Tokyo"
        )

    def moved(self, clinics: TwoClinics) -> None:
        """Days before the first zone are counted in the newest one."""
        context = Context(clinics.alice, on(7, 13, clinics))
        profile.change(context, patient=clinics.alice, time_zone="Asia/Tokyo")

    @pytest.mark.parametrize(
        "change",
        [
            another_version,
            damaged,
            cut_short,
            plan_changed,
            function_floor,
            excused,
            zone_changed,
            moved,
        ],
        ids=lambda change: change.__name__,
    )
    def test_it_is_deleted_and_everything_evaluated(self, six_days, loaded, change):
        change(self, six_days)
        unusable = {(row.version, bytes(row.packed)) for row in stored(six_days).values()}

        evaluate_episode(episode_id=six_days.episode.pk, at=on(7, 13, six_days))

        assert loaded[-1] == 6
        (kept,) = six_days.episode.checkpoints.all()
        assert (kept.version, bytes(kept.packed)) not in unusable
        check_as_whole_replay(six_days.episode)

    def test_a_flag_that_the_change_takes_away_is_withdrawn(self, six_days):
        self.function_floor(six_days)

        evaluate_episode(episode_id=six_days.episode.pk, at=on(7, 13, six_days))

        assert Flag.objects.get(rule="FUNC-UNABLE").state == Flag.State.WITHDRAWN


class TestWhatIsSetFromTomorrowOn:
    def excuse(self, clinics: TwoClinics, context: Context[Any], tomorrow: date) -> None:
        episodes.excuse(
            context,
            episode=clinics.episode,
            from_date=tomorrow,
            until_date=tomorrow + DAY,
            reason="Travel.",
        )

    def plan(self, clinics: TwoClinics, context: Context[Any], tomorrow: date) -> None:
        line = care_plans.Line(measure="home_exercise", sessions_per_week=3)
        care_plans.add(context, episode=clinics.episode, line=line, from_date=tomorrow)

    def threshold(self, clinics: TwoClinics, context: Context[Any], tomorrow: date) -> None:
        thresholds.change(
            context,
            clinic=clinics.clinic,
            patient=clinics.alice,
            name="early_first_day",
            value=Decimal(20),
            from_date=tomorrow,
            reason="Back at work.",
        )

    @pytest.mark.parametrize(
        "change", [excuse, plan, threshold], ids=lambda change: change.__name__
    )
    def test_it_leaves_them_usable(self, six_days, loaded, change):
        now = on(7, 13, six_days)
        before = set(six_days.episode.checkpoints.values_list("pk", flat=True))
        change(self, six_days, Context(six_days.nora, now), FIRST + 7 * DAY)

        evaluate_episode(episode_id=six_days.episode.pk, at=now)

        assert set(loaded) == {0}
        assert set(six_days.episode.checkpoints.values_list("pk", flat=True)) == before
        check_as_whole_replay(six_days.episode)


class TestWhatEndedBefore:
    def test_a_reviewed_flag_is_left_as_it_is(self, six_days):
        flag = Flag.objects.get(rule="FUNC-UNABLE")
        reviews.review(
            Context(six_days.nora, on(7, 13, six_days)),
            patient=six_days.alice,
            flag_ids=[flag.id],
            decision=Review.Decision.CONTINUE_CARE,
        )
        close(six_days, 7)
        before = Flag.objects.filter(pk=flag.pk).values().get()

        submit(six_days, entry(8, 5), on(8, 21, six_days))

        assert Flag.objects.filter(pk=flag.pk).values().get() == before
        check_as_whole_replay(six_days.episode)

    @pytest.mark.parametrize("state", [Flag.State.CLEARED, Flag.State.WITHDRAWN])
    def test_a_flag_is_left_as_it_is(self, six_days, state):
        """Also if nothing is found that it was for: only what came since is evaluated."""
        ended = self.flag(six_days, state, ended_at=on(5, 12, six_days))
        before = Flag.objects.filter(pk=ended.pk).values().get()

        submit(six_days, entry(7, 5), on(7, 21, six_days))

        assert Flag.objects.filter(pk=ended.pk).values().get() == before

    def test_a_flag_that_ended_since_is_compared(self, six_days):
        ended = self.flag(six_days, Flag.State.CLEARED, ended_at=on(7, 13, six_days))

        submit(six_days, entry(7, 5), on(7, 21, six_days))

        ended.refresh_from_db()
        assert ended.state == Flag.State.WITHDRAWN

    def flag(self, clinics: TwoClinics, state: str, *, ended_at: datetime) -> Flag:
        flag = Flag.objects.get(rule="FUNC-UNABLE")
        flag.pk, flag._state.adding = uuid4(), True
        flag.rule, flag.state, flag.ended_at = "FUNC-LIMIT", state, ended_at
        flag.save()
        return flag

    def test_advice_is_left_as_it_is_and_later_advice_without_a_reason_withdrawn(self, six_days):
        before = self.advice(six_days, on(6, 21, six_days))
        later = self.advice(six_days, on(7, 13, six_days))

        submit(six_days, entry(7, 5), on(7, 21, six_days))

        for each in (before, later):
            each.refresh_from_db()
        assert before.withdrawn_at is None
        assert later.withdrawn_at == on(7, 21, six_days)

    def advice(self, clinics: TwoClinics, given_at: datetime) -> Advice:
        return Advice.objects.create(
            clinic=clinics.clinic,
            patient=clinics.alice,
            episode=clinics.episode,
            code="call",
            urgency=Advice.Urgency.TODAY,
            given_at=given_at,
            text="Call the clinic.",
        )


class TestTwoAtOnce:
    """On connections of their own."""

    @pytest.fixture
    def clinics(self, transactional_db) -> TwoClinics:
        return TwoClinics()

    def test_two_writers_leave_one_of_an_instant(self, six_days):
        start = Barrier(2)
        now = on(7, 21, six_days)
        six_days.episode.checkpoints.all().delete()

        def write(kind: str) -> None:
            try:
                start.wait(timeout=10)
                submit(six_days, {"entry": entry(7, 5), "peg": peg(7)}[kind], now)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(write, ["entry", "peg"]))

        (kept,) = six_days.episode.checkpoints.all()
        assert kept.at == on(7, 12, six_days)
        check_as_whole_replay(six_days.episode)

    def test_what_a_close_under_way_has_not_seen_is_not_lost(self, six_days):
        """The phone saved it before noon; while it is written, the close keeps a checkpoint."""
        noon = on(8, 12, six_days)

        def write() -> None:
            bad_walk, late = entry(8, 5, walking=5), noon + timedelta(minutes=1)
            submit(six_days, bad_walk, noon - HOUR, received_at=late)

        self.while_a_day_closes(write, six_days)

        close(six_days, 8)
        check_as_whole_replay(six_days.episode)

    def test_an_import_that_a_close_under_way_has_not_seen_is_not_lost(self, six_days):
        six_days.alice.external_ref = "v1"
        six_days.alice.save()

        self.while_a_day_closes(
            lambda: take_over(six_days, day=7, at=on(8, 11, six_days)), six_days
        )

        close(six_days, 8)
        check_as_whole_replay(six_days.episode)

    def while_a_day_closes(self, write: Callable[[], object], clinics: TwoClinics) -> None:
        """Write on another connection, which waits for a close to commit."""

        def write_and_leave() -> None:
            try:
                write()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                close(clinics, 7)
                writing = pool.submit(write_and_leave)
                while not _holds_somebody_up():
                    assert not writing.done(), writing.result()
            writing.result(timeout=10)


def _holds_somebody_up() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted"
            " AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])
