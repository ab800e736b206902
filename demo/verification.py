"""Compare the loaded database with what the stories expect; for `--check`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Q

from demo.cohort import Person
from demo.stories import CORRECTS, HARDLY_WALKS, OFFLINE, RECOVERS, TRIED
from tracker.models import DiaryEntry, Escalation, Flag, Message, Patient

State = Escalation.State

#: Flags that a patient who recovers must not have.
ALARMING = Q(rule__startswith="CC-FAIL") | Q(rule__startswith="SEV-") | Q(rule="SURG-CONSIDER")


def missing(people: Sequence[Person], *, at: datetime) -> list[str]:
    """Return what the stories expect and the database does not hold, as sentences."""
    return [*_of_people(people, at), *_of_worklist(people, at)]


def _of_people(people: Sequence[Person], at: datetime) -> Iterator[str]:
    for person in people:
        patient = Patient.objects.filter(user__email=person.email).first()
        if patient is None:
            yield f"{person.name} is not enrolled"
            continue
        due = {
            log.record["date"]
            for log in person.diary
            if log.record["kind"] == "diary_entry" and log.sent_at < at
        }
        stored = DiaryEntry.objects.filter(patient=patient).count()
        if stored != len(due):
            yield f"{person.name} wrote {len(due)} days, {stored} are stored"
        flags = Flag.objects.filter(patient=patient)
        for rule in person.story.expects - set(flags.values_list("rule", flat=True)):
            yield f"{person.name} ({person.title}) has no {rule}"
        if person.story is RECOVERS and flags.filter(ALARMING).exists():
            yield f"{person.name} recovers, but was flagged"


def _of_worklist(people: Sequence[Person], at: datetime) -> Iterator[str]:
    titles = {person.title for person in people}
    live = Escalation.objects.live()
    overdue = live.filter(state__in=(State.ACTIVE, State.EXHAUSTED), acknowledge_by__lt=at)
    for title, rows, words in (
        (OFFLINE, Flag.objects.filter(retrospective=True), "no flag was found in retrospect"),
        (CORRECTS, Flag.objects.filter(state="withdrawn"), "no flag was withdrawn"),
        (HARDLY_WALKS, overdue, "nothing on the worklist is overdue"),
        (TRIED, live.filter(acknowledgements__isnull=False), "nobody has taken anything on"),
        (TRIED, Message.objects.all(), "no patient has a message"),
    ):
        if title in titles and not rows.exists():
            yield words
