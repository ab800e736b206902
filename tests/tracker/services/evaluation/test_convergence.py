"""Whatever arrives in whatever order, the standing flags are those of a replay from scratch.

A phone logs, corrects, takes back, sends late and twice, and days close in between, against
the real database. After each step the stored flags are compared with the rules' answer to
the exported history.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
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

from tests.fixtures import TwoClinics
from tracker.models import Flag, RecordKind, Revision
from tracker.rules import evaluate, parse_history, parse_record
from tracker.services.context import OPERATOR, Context
from tracker.services.evaluation import day_closes, histories
from tracker.services.records import store
from tracker.services.records.ledger import Status, Submission

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
doses = st.builds(
    lambda name, mg: {"ingredients": [{"name": name, "mg": mg}]},
    st.sampled_from(["ibuprofen", "naproxen", "oxycodone", "diazepam"]),
    st.sampled_from([200, 800, 1500]),
)
checklists = st.builds(
    lambda leg, both: {"answers": {"leg_weakness": leg, "both_legs_symptoms": both}},
    answers,
    answers,
)


class Phone(RuleBasedStateMachine):
    """Alice's. What it has sent, and the time at the server."""

    clinics: TwoClinics
    sent = Bundle("sent")

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.alice = self.clinics.alice
        self.episode = self.clinics.episode
        self.now = datetime.combine(FIRST, time(9), self.alice.zone)
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
        days_ago=st.integers(0, 3),
        saved=st.integers(0, 40),
    )
    def log_a_day(self, uuid, values, days_ago, saved):
        """Saved so many hours ago, at the earliest on that day: the phone was offline."""
        day = max(FIRST, self.now.date() - days_ago * DAY)
        begins = datetime.combine(day, time(0), self.alice.zone)
        submitted = max(begins, self.now - saved * HOUR)
        content = {"kind": "diary_entry", "date": day.isoformat(), **values}
        return self._log(uuid, content, submitted)

    @rule(target=sent, uuid=names, values=doses, hours_ago=st.integers(0, 60))
    def take_a_dose(self, uuid, values, hours_ago):
        return self._log_moment(uuid, "medication_intake", values, hours_ago)

    @rule(target=sent, uuid=names, values=checklists, hours_ago=st.integers(0, 30))
    def answer_the_checklist(self, uuid, values, hours_ago):
        return self._log_moment(uuid, "red_flag_checklist", values, hours_ago)

    @rule(uuid=sent, values=diaries)
    def correct(self, uuid, values):
        before = self._content(uuid)
        if before["kind"] == "diary_entry":
            self._send(uuid, {**before, **values}, self.now)

    @rule(uuid=consumes(sent))
    def take_back(self, uuid):
        self._submit(
            Submission(
                uuid=uuid,
                kind=RecordKind(self._content(uuid)["kind"]),
                base_revision=self.numbers[uuid],
                record=None,
                submitted_at=self.now,
            )
        )

    @rule(which=st.integers(0, 100))
    def send_again(self, which):
        """The phone got no answer."""
        if self.kept:
            again = self.kept[which % len(self.kept)]
            (outcome,) = self._outcomes([again])
            assert outcome.status in {Status.DUPLICATE, Status.CONFLICT}

    # What time does

    @rule(hours=st.sampled_from([1, 5, 13, 24]))
    def wait(self, hours):
        self.now += hours * HOUR

    @rule(days=st.integers(1, 9))
    def close_days(self, days):
        self.now += days * DAY
        day_closes.run(episode_id=self.episode.pk, at=self.now)

    # What must hold

    @invariant()
    def the_flags_are_those_of_a_replay(self):
        judged = self.episode.evaluations.order_by("-id").first()
        if judged is None:
            return
        exported = histories.export(Context(OPERATOR, self.now), episode=self.episode)
        parsed = parse_history(json.dumps(exported.document))
        lives = evaluate(parsed, until=judged.at).flags
        found = {
            life.rule: (str(life.priority), life.day, life.date, life.finding.explanation)
            for life in lives
            if life.is_live and life.retracted_at is None
        }
        stored = self._standing()
        assert {rule: told[1:] for rule, told in stored.items()} == {
            rule: told[1:] for rule, told in found.items()
        }
        for flagged, (priority, *_) in stored.items():
            # Where a clinician was told of something worse, it stays so until they close it.
            assert priority == found[flagged][0] or priority < min(found[flagged][0], "P2")

    def _standing(self) -> dict[str, tuple]:
        """All but those whose evidence is gone, and that wait for a clinician to close them."""
        flags = Flag.objects.open().filter(episode=self.episode, retracted_at=None)
        return {
            flagged: tuple(told)
            for flagged, *told in flags.values_list(
                "rule", "priority", "day", "local_date", "explanation"
            )
        }

    # How it is done

    def _log_moment(self, uuid, kind, values, hours_ago):
        at = max(datetime.combine(FIRST, time(0), self.alice.zone), self.now - hours_ago * HOUR)
        return self._log(uuid, {"kind": kind, "at": at.isoformat(), **values}, self.now)

    def _log(self, uuid, content, submitted):
        if uuid in self.numbers:
            return multiple()
        return uuid if self._send(uuid, content, submitted) else multiple()

    def _send(self, uuid, content, submitted) -> bool:
        record = parse_record({**content, "submitted_at": submitted.isoformat()})
        return self._submit(
            Submission(
                uuid=uuid,
                kind=RecordKind(content["kind"]),
                base_revision=self.numbers.get(uuid, 0),
                record=record,
                submitted_at=submitted,
            )
        )

    def _submit(self, submission) -> bool:
        (outcome,) = self._outcomes([submission])
        assert outcome.status != Status.INVALID, outcome.refusal
        if outcome.status == Status.STORED:
            self.numbers[submission.uuid] = outcome.revision.number
            self.kept.append(submission)
        return outcome.status == Status.STORED

    def _outcomes(self, submissions):
        return store.submit(
            Context(self.alice, self.now),
            patient=self.alice,
            submissions=submissions,
            action="records.sync",
        ).outcomes

    def _content(self, uuid):
        newest = Revision.objects.accepted().filter(uuid=uuid).order_by("-number")
        content = newest.values_list("content", flat=True)[0]
        return {name: value for name, value in content.items() if name != "submitted_at"}


@pytest.mark.django_db
def test_stored_flags_are_those_of_a_replay_from_scratch(clinics):
    machine = type("AlicesPhone", (Phone,), {"clinics": clinics})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=6,
            stateful_step_count=14,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
