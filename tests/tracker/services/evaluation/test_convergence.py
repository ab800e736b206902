"""Whatever arrives in whatever order, the stored flags are those of a replay from scratch.

A phone logs, corrects, takes back, sends late and twice; days close; the clinic changes what
the rules are told; all against the real database. After each step the stored flags and advice
are compared with the rules' answer to the exported history, and with those of a twin: a
patient of whom all the same is stored, but never a checkpoint.

CONVERGENCE_EXAMPLES sets how many such stories are made up; then they are longer, others each
time, and one that fails is made shorter.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.fixtures import TwoClinics, make_patient
from tests.tracker.services.evaluation.whole_replay import check_as_whole_replay
from tracker.models import RECORD_KINDS, Advice, Episode, Flag, Patient, Review, Revision
from tracker.rules import parse_record
from tracker.services.context import SYSTEM, Context
from tracker.services.episodes import care_plans, episodes
from tracker.services.episodes.care_plans import Ingredient, Line
from tracker.services.evaluation import day_closes
from tracker.services.evaluation.evaluate import evaluate_episode
from tracker.services.local_time.calendars import Calendar, calendar_of
from tracker.services.people import profile
from tracker.services.records import store
from tracker.services.records.ledger import Status, Submission
from tracker.services.reviews import reviews
from tracker.services.rulesets import thresholds

FIRST = date(2026, 3, 2)  # the clocks go forward on March 8
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

scores = st.none() | st.integers(0, 10)
levels = st.none() | st.integers(0, 5)
answers = st.sampled_from(["yes", "no", "unsure"])
#: made by the phone; records of one instant are read in their order
names = st.uuids()
diaries = st.fixed_dictionaries(
    {"pain_average": st.sampled_from([None, 2, 7, 8, 9, 10]), "standing": levels, "walking": levels}
)
pegs = st.integers(0, 10).map(lambda score: dict.fromkeys(["pain", "enjoyment", "activity"], score))
doses = st.builds(
    lambda name, mg: {"ingredients": [{"name": name, "mg": mg}]},
    st.sampled_from(["ibuprofen", "naproxen", "oxycodone", "diazepam"]),
    st.sampled_from([200, 800, 1500]),
)
patches = st.just(
    {"ingredients": [{"name": "fentanyl", "mcg_per_hour": 25}], "route": "patch"},
)
checklists = st.builds(
    lambda leg, both: {"answers": {"leg_weakness": leg, "both_legs_symptoms": both}},
    answers,
    answers,
)
compresses = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["hot", "cold"]),
        "minutes": st.sampled_from([None, 15, 90]),
        "skin_reaction": st.booleans(),
    }
)
sessions = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["home_exercise", "physical_therapy", "injection"]),
        "minutes": st.sampled_from([None, 30]),
    }
)
#: New values of a record, whatever its kind.
VALUES = {
    "diary_entry": diaries,
    "peg": pegs,
    "medication_intake": doses,
    "red_flag_checklist": checklists,
    "compress_use": compresses,
    "therapy_session": sessions,
}
OF_MOMENTS = ["medication_intake", "red_flag_checklist", "compress_use", "therapy_session"]
moments = st.one_of(
    patches.map(lambda values: {"kind": "medication_intake", **values}),
    *(VALUES[kind].map(lambda values, kind=kind: {"kind": kind, **values}) for kind in OF_MOMENTS),
)
lines = st.sampled_from(
    [
        Line(measure="home_exercise", sessions_per_week=3),
        Line(measure="hot_compress"),
        Line(measure="physical_therapy", waived="unavailable"),
        Line(
            measure="medication",
            ingredients=(Ingredient(name="naproxen", mg=500, max_mg_per_day=1000),),
            route="oral",
            doses_per_day=2,
        ),
    ]
)
numbers = st.sampled_from(
    [
        ("conservative_min_days", 14),
        ("silent_days", 3),
        ("silent_days", 14),
        ("mme_caution", 20),
        ("otc_days", 5),
        ("response_percent", 50),
    ]
)
zones = st.sampled_from(["America/New_York", "Asia/Tokyo", "Pacific/Honolulu", "Europe/Berlin"])
#: Of what the clinic changes: as from so many days ago, or ahead.
offsets = st.integers(-20, 3)
which = st.integers(0, 100)


@dataclass(frozen=True, slots=True)
class Kept:
    """One of the twins, and what is stored of them."""

    patient: Patient

    @property
    def episode(self) -> Episode:
        return Episode.objects.current().get(patient=self.patient)

    def submit(self, context_at: datetime, submissions: list[Submission]) -> list[Any]:
        return store.submit(
            Context(self.patient, context_at),
            patient=self.patient,
            submissions=submissions,
            action="records.sync",
        ).outcomes

    def stored(self) -> dict[str, list[Any]]:
        flags = Flag.objects.filter(patient=self.patient)
        advice = Advice.objects.filter(patient=self.patient)
        return {
            "flags": sorted(map(_told, flags.prefetch_related("escalations"))),
            "advice": sorted(
                advice.values_list("code", "given_at", "text", "withdrawn_at"), key=repr
            ),
            "evaluation": list(
                self.episode.evaluations.order_by("-id").values(
                    "at", "ruleset", "records", "opened", "raised", "cleared", "withdrawn"
                )[:1]
            ),
            "next_close": [self.episode.next_close_at],
        }


def _told(flag: Flag) -> tuple[str, ...]:
    """All that is stored of a flag, but for names and keys."""
    left_out = {"_state", "_prefetched_objects_cache", "id", "patient_id", "episode_id"}
    values = {name: value for name, value in vars(flag).items() if name not in left_out}
    values["review_id"] = values["review_id"] is not None
    values["escalations"] = sorted(
        (each.state, each.priority, each.run_number) for each in flag.escalations.all()
    )
    return (flag.rule, str(flag.opened_at), *(f"{name}={values[name]!r}" for name in values))


class Phone(RuleBasedStateMachine):
    """Alice's and her twin's. What it has sent, and the time at the server."""

    clinics: TwoClinics
    sent = Bundle("sent")

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.alice = Kept(self.clinics.alice)
        self.twin = Kept(make_patient(self.clinics.team, "Tina Avery"))
        self.now = datetime.combine(FIRST, time(9), ZoneInfo("America/New_York"))
        self.numbers: dict[UUID, int] = {}
        self.kept: list[Submission] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    # What a phone does

    @rule(
        target=sent,
        uuid=names,
        values=diaries,
        days_ago=st.integers(0, 6),
        saved=st.integers(0, 140),
    )
    def log_a_day(self, uuid, values, days_ago, saved):
        """Saved so many hours ago, at the earliest on that day: the phone was offline."""
        return self._log_day(uuid, "diary_entry", values, days_ago, saved)

    @rule(
        target=sent,
        uuid=names,
        values=pegs,
        days_ago=st.integers(0, 6),
        saved=st.integers(0, 140),
    )
    def answer_the_peg(self, uuid, values, days_ago, saved):
        """Also twice on one date."""
        return self._log_day(uuid, "peg", values, days_ago, saved)

    @rule(
        target=sent,
        uuid=names,
        values=moments,
        hours_ago=st.integers(0, 140),
        saved=st.integers(0, 140),
    )
    def log_a_moment(self, uuid, values, hours_ago, saved):
        """Saved then, or so many hours ago."""
        at = max(self._begin_of(FIRST), self.now - hours_ago * HOUR)
        submitted = max(at, self.now - saved * HOUR)
        return self._log(uuid, {"at": at.isoformat(), **values}, submitted)

    @rule(values=diaries, days=st.integers(2, 8), names_=st.lists(names, min_size=8, max_size=8))
    def keep_a_diary(self, values, days, names_):
        """Every evening; each day is closed at noon."""
        for uuid in names_[:days]:
            self._log_day(uuid, "diary_entry", values, 0, 0)
            self.now += DAY
            self._close_days()

    @rule(uuid=sent, data=st.data(), saved=st.integers(0, 30))
    def correct(self, uuid, data, saved):
        before = self._content(uuid)
        values = data.draw(VALUES[before["kind"]])
        first = Revision.objects.filter(uuid=uuid).earliest("submitted_at")
        submitted = max(first.submitted_at, self.now - saved * HOUR)
        self._send(uuid, {**before, **values}, submitted)

    @rule(uuid=consumes(sent))
    def take_back(self, uuid):
        self._submit(
            Submission(
                uuid=uuid,
                kind=RECORD_KINDS[self._content(uuid)["kind"]],
                base_revision=self.numbers[uuid],
                record=None,
                submitted_at=self.now,
            )
        )

    @rule(which=which)
    def send_again(self, which):
        """The phone got no answer."""
        if self.kept:
            again = self.kept[which % len(self.kept)]
            for outcome in self._outcomes([again]):
                assert outcome.status in {Status.DUPLICATE, Status.CONFLICT}

    @rule(zone=zones)
    def move_to_another_zone(self, zone):
        for who in self._each():
            profile.change(Context(who.patient, self.now), patient=who.patient, time_zone=zone)
            self._evaluate(who)

    @rule()
    def read_the_advice(self):
        for who in self._each():
            Advice.objects.filter(patient=who.patient, read_at=None).update(read_at=self.now)

    # What the clinic does

    @rule(line=lines, offset=offsets)
    def plan(self, line, offset):
        for who in self._each():
            care_plans.add(
                self._clinic, episode=who.episode, line=line, from_date=self._date(offset)
            )

    @rule(which=which, line=lines, offset=offsets)
    def change_the_plan(self, which, line, offset):
        for who in self._each():
            planned = who.episode.planned_measures.filter(until_date=None).order_by("id")
            if found := _one_of(planned, which):
                care_plans.change(
                    self._clinic, planned=found, line=line, from_date=self._date(offset)
                )

    @rule(which=which, offset=offsets)
    def end_a_measure(self, which, offset):
        for who in self._each():
            planned = who.episode.planned_measures.filter(until_date=None).order_by("id")
            if found := _one_of(planned, which):
                care_plans.end(self._clinic, planned=found, until_date=self._date(offset))

    @rule(offset=offsets, days=st.integers(0, 9))
    def excuse(self, offset, days):
        begins = self._date(offset)
        for who in self._each():
            episodes.excuse(
                self._clinic,
                episode=who.episode,
                from_date=begins,
                until_date=begins + days * DAY,
                reason="Travel.",
            )

    @rule(which=which)
    def stop_excusing(self, which):
        for who in self._each():
            if period := _one_of(who.episode.excused_periods.order_by("id"), which):
                episodes.stop_excusing(self._clinic, period=period)

    @rule(number=numbers, ahead=st.integers(1, 4))
    def set_a_threshold(self, number, ahead):
        for who in self._each():
            thresholds.change(
                self._clinic,
                clinic=self.clinics.clinic,
                patient=who.patient,
                name=number[0],
                value=Decimal(number[1]),
                from_date=self._date(ahead),
                reason="Agreed.",
            )

    @rule(floor=st.integers(0, 5), conditions=st.sampled_from([(), ("heart_failure",)]))
    def describe(self, floor, conditions):
        for who in self._each():
            episodes.describe_patient(
                self._clinic,
                patient=who.patient,
                conditions=conditions,
                function_floor=floor,
                mme_acknowledged=None,
            )

    @rule(offset=st.none() | st.integers(-10, 10))
    def operate(self, offset):
        """On that day; None: there was no operation."""
        for who in self._each():
            surgery = None if offset is None else self._date(offset)
            index = who.episode.index_date
            dates = episodes.Dates(index_date=index, surgery_date=surgery)
            episodes.change(self._clinic, episode=who.episode, dates=dates)

    @rule(which=which)
    def review(self, which):
        for who in self._each():
            if flag := _one_of(
                Flag.objects.open()
                .filter(patient=who.patient, episode=who.episode)
                .order_by("rule"),
                which,
            ):
                reviews.review(
                    self._clinic,
                    patient=who.patient,
                    flag_ids=[flag.pk],
                    decision=Review.Decision.CONTINUE_CARE,
                )
                self._evaluate(who)

    # What time does

    @rule(hours=st.sampled_from([1, 5, 13, 24]))
    def wait(self, hours):
        self.now += hours * HOUR

    @rule(hours=st.sampled_from([13, 24, 36]))
    def close_a_day(self, hours):
        self.now += hours * HOUR
        self._close_days()

    @rule(days=st.integers(2, 9))
    def close_days(self, days):
        self.now += days * DAY
        self._close_days()

    # What must hold

    @invariant()
    def what_is_stored_is_that_of_a_replay(self):
        check_as_whole_replay(self.alice.episode)

    @invariant()
    def what_is_stored_is_that_of_the_twin(self):
        assert self.alice.stored() == self.twin.stored()

    # How it is done

    @property
    def _clinic(self) -> Context[Any]:
        return Context(self.clinics.nora, self.now)

    @property
    def _calendar(self) -> Calendar:
        return calendar_of(Patient.objects.get(pk=self.alice.patient.pk))

    def _each(self) -> Iterator[Kept]:
        """Alice and then her twin, who keeps no checkpoint."""
        for who in (self.alice, self.twin):
            who.patient.refresh_from_db()
            yield who
        self.twin.episode.checkpoints.all().delete()

    def _evaluate(self, who: Kept) -> None:
        evaluate_episode(episode_id=who.episode.pk, at=self.now)

    def _close_days(self) -> None:
        for who in self._each():
            day_closes.run(Context(SYSTEM, self.now), episode_id=who.episode.pk)

    def _date(self, offset: int) -> date:
        """So many days from today, and not before the episode."""
        return max(FIRST, self._calendar.today(self.now) + offset * DAY)

    def _begin_of(self, day: date) -> datetime:
        zone = ZoneInfo(self._calendar.zone_of(day))
        return datetime.combine(day, time(0), zone)

    def _log_day(self, uuid, kind, values, days_ago, saved):
        day = self._date(-days_ago)
        submitted = max(self._begin_of(day), self.now - saved * HOUR)
        return self._log(uuid, {"kind": kind, "date": day.isoformat(), **values}, submitted)

    def _log(self, uuid, content, submitted):
        if uuid in self.numbers:
            return multiple()
        return uuid if self._send(uuid, content, submitted) else multiple()

    def _send(self, uuid, content, submitted) -> bool:
        record = parse_record({**content, "submitted_at": submitted.isoformat()})
        return self._submit(
            Submission(
                uuid=uuid,
                kind=RECORD_KINDS[content["kind"]],
                base_revision=self.numbers.get(uuid, 0),
                record=record,
                submitted_at=submitted,
            )
        )

    def _submit(self, submission) -> bool:
        outcome, _ = self._outcomes([submission])
        assert outcome.status != Status.INVALID, outcome.refusal
        if outcome.status == Status.STORED:
            self.numbers[submission.uuid] = outcome.revision.number
            self.kept.append(submission)
        return outcome.status == Status.STORED

    def _outcomes(self, submissions):
        """Alice's, then her twin's."""
        return [outcome for who in self._each() for outcome in who.submit(self.now, submissions)]

    def _content(self, uuid):
        newest = Revision.objects.accepted().filter(uuid=uuid).order_by("-number")
        content = newest.values_list("content", flat=True)[0]
        return {name: value for name, value in content.items() if name != "submitted_at"}


def _one_of(rows, which):
    found = list(rows)
    return found[which % len(found)] if found else None


EXAMPLES = int(os.environ.get("CONVERGENCE_EXAMPLES", "0"))


@pytest.mark.django_db
def test_what_is_stored_is_that_of_a_replay_from_scratch(clinics):
    machine = type("AlicesPhone", (Phone,), {"clinics": clinics})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES or 10,
            stateful_step_count=50 if EXAMPLES else 20,
            deadline=None,
            derandomize=not EXAMPLES,
            # To shrink a story takes minutes.
            phases=tuple(Phase) if EXAMPLES else (Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
