from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from demo.cohort import Person, cohort
from demo.stories import CORRECTS, OFFLINE, RECOVERS, STORIES
from tracker.rules import Outcome, evaluate, parse_history

SEED = 7
TODAY = date(2026, 11, 22)
#: a Sunday, a summer, both changes of the clocks within the eight weeks
DAYS = (TODAY, date(2027, 7, 14), date(2027, 4, 6), date(2028, 2, 29))


def evaluated(person: Person, today: date) -> Outcome:
    return evaluate(
        parse_history(person.history()),
        until=datetime.combine(today, time(22), UTC),
    )


def people_of(title: str) -> list[Person]:
    return [person for person in cohort(seed=SEED, today=TODAY) if person.title == title]


def test_same_seed_and_day_invent_the_same_people_and_diaries():
    assert cohort(seed=SEED, today=TODAY) == cohort(seed=SEED, today=TODAY)


def test_another_seed_invents_other_people():
    names = {person.name for person in cohort(seed=SEED, today=TODAY)}

    assert names != {person.name for person in cohort(seed=SEED + 1, today=TODAY)}


def test_the_story_is_told_relative_to_today():
    later = timedelta(days=100)

    now, then = cohort(seed=SEED, today=TODAY), cohort(seed=SEED, today=TODAY + later)

    assert [each.index_date + later for each in now] == [each.index_date for each in then]


def test_there_are_24_adults_with_addresses_that_lead_nowhere():
    people = cohort(seed=SEED, today=TODAY)

    assert len({person.email for person in people}) == 24
    assert all(person.email.endswith("@example.org") for person in people)
    assert all(person.birth_date < date(2008, 1, 1) for person in people)


@pytest.mark.parametrize("today", DAYS, ids=str)
@pytest.mark.parametrize("seed", [SEED, 8, 9])
def test_every_kind_of_patient_trips_its_rules(seed, today):
    for person in cohort(seed=seed, today=today):
        found = {flag.rule for flag in evaluated(person, today).flags}

        assert found >= person.story.expects, person.title


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_whoever_recovers_is_not_flagged(today):
    for person in cohort(seed=SEED, today=today, stories=[RECOVERS] * 7):
        assert evaluated(person, today).flags == ()


def test_two_brands_of_ibuprofen_first_exceed_the_package_then_the_ceiling():
    (person,) = people_of("mixes two brands of ibuprofen")

    doses = [flag for flag in evaluated(person, TODAY).flags if flag.rule == "MED-DOSE"]

    assert [flag.priority for flag in doses] == ["P2", "P1"]


def test_an_entry_made_by_mistake_leaves_a_withdrawn_flag():
    (person,) = people_of(CORRECTS)

    (flag,) = evaluated(person, TODAY).flags

    assert (flag.rule, flag.withdrawn_at is None) == ("SEV-DEBIL", False)


def test_what_was_written_offline_was_saved_on_time_and_sent_at_once():
    (person,) = people_of(OFFLINE)

    late = [log for log in person.diary if log.sent_at - log.submitted_at > timedelta(days=1)]

    assert len({log.record["date"] for log in late if "date" in log.record}) >= 10
    assert len({log.sent_at for log in late}) == 1


def test_nothing_is_saved_before_it_happened_or_sent_before_it_was_saved():
    for person in cohort(seed=SEED, today=TODAY):
        for log in person.diary:
            happened = log.record.get("at", log.record["submitted_at"])
            assert datetime.fromisoformat(happened) <= log.submitted_at <= log.sent_at


def test_most_people_recover():
    titles = [story.title for story in STORIES]

    assert max(set(titles), key=titles.count) == RECOVERS.title
