"""At every instant one person is on duty."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker.services.local_time.wall_time import instant_of
from tracker.services.on_call.duty import Override, Roster, on_duty, shifts

NORA, PHIL, TARA = (UUID(int=number) for number in (1, 2, 3))
NEW_YORK = ZoneInfo("America/New_York")
#: clocks that change by night, at midnight, by half an hour, twice in Ramadan, or not at all
ZONES = [
    "America/New_York",
    "Europe/Berlin",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kathmandu",
]
HOUR = timedelta(hours=1)


def daily(*members: UUID, hands_over: time = time(8), **known: object) -> Roster:
    """Turns of one day in New York; the first member's begins on Sunday, 2026-03-01."""
    return Roster(
        **{
            "zone": NEW_YORK,
            "members": members,
            "turn_days": 1,
            "hand_over_time": hands_over,
            "first_date": date(2026, 3, 1),
            **known,
        }
    )


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


def taking(person: UUID, start: str, end: str) -> Override:
    return Override(clinician=person, starts_at=local(start), ends_at=local(end))


#: Without a deadline: on a busy machine an example takes long for other reasons.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
instants = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
TWO_WEEKS = timedelta(days=14)
MINUTES = st.integers(0, 14 * 24 * 60 - 1)
rosters = st.builds(
    Roster,
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    members=st.lists(st.sampled_from([NORA, PHIL, TARA]), min_size=1, max_size=5).map(tuple),
    turn_days=st.sampled_from([1, 7]),
    hand_over_time=st.times().map(lambda wall: wall.replace(second=0, microsecond=0)),
    first_date=st.dates(date(2025, 1, 1), date(2028, 1, 1)),
)
spans = st.builds(
    lambda person, start, hours: Override(
        clinician=person, starts_at=start, ends_at=start + hours * HOUR
    ),
    st.sampled_from([NORA, PHIL, TARA]),
    instants,
    st.integers(1, 900),
)


@pytest.mark.parametrize(
    ("at", "person"),
    [
        pytest.param("2026-03-01T07:59", TARA, id="before the first turn it is the last one's"),
        pytest.param("2026-03-01T08:00", NORA, id="the first turn begins on the minute"),
        pytest.param("2026-03-02T07:59", NORA, id="and lasts through the night"),
        pytest.param("2026-03-02T08:00", PHIL, id="until the next hands over"),
        pytest.param("2026-03-04T09:00", NORA, id="round and round"),
        pytest.param("2026-02-27T09:00", PHIL, id="also backwards"),
    ],
)
def test_people_take_turns_in_order(at, person):
    assert on_duty(daily(NORA, PHIL, TARA), [], local(at)) == person


def test_a_week_is_handed_over_on_the_weekday_of_its_first_date():
    weekly = daily(NORA, PHIL, turn_days=7)

    changes = shifts(weekly, [], start=local("2026-03-01T08:00"), end=local("2026-03-22T08:00"))

    assert [each.clinician for each in changes] == [NORA, PHIL, NORA]
    assert {each.starts_at.astimezone(NEW_YORK).strftime("%a %H:%M") for each in changes} == {
        "Sun 08:00"
    }


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 7), 23), (date(2026, 10, 31), 25), (date(2026, 6, 1), 24)],
)
def test_a_turn_is_as_long_as_its_local_day(day, hours):
    start = instant_of(day, time(8), NEW_YORK)

    (turn, _) = shifts(daily(NORA, PHIL), [], start=start, end=start + 26 * HOUR)

    assert turn.ends_at - turn.starts_at == hours * HOUR


def test_a_hand_over_at_a_time_that_a_clock_change_skips_comes_right_after_it():
    roster = daily(NORA, PHIL, hands_over=time(2, 30), first_date=date(2026, 3, 8))

    assert on_duty(roster, [], local("2026-03-08T01:59")) == PHIL
    assert on_duty(roster, [], local("2026-03-08T03:00")) == NORA


def test_a_hand_over_at_a_time_that_occurs_twice_happens_once():
    roster = daily(NORA, PHIL, hands_over=time(1, 30), first_date=date(2026, 11, 1))
    first_half_past_one = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)

    after = {on_duty(roster, [], first_half_past_one + n * HOUR / 4) for n in range(12)}

    assert on_duty(roster, [], first_half_past_one - HOUR / 60) == PHIL
    assert after == {NORA}


def test_an_override_holds_for_its_span_only():
    span = taking(TARA, "2026-03-01T20:00", "2026-03-02T10:00")
    changes = shifts(
        daily(NORA, PHIL), [span], start=local("2026-03-01T08:00"), end=local("2026-03-03T08:00")
    )

    assert [(each.clinician, each.is_override) for each in changes] == [
        (NORA, False),
        (TARA, True),
        (PHIL, False),
    ]
    assert changes[1].starts_at == span.starts_at
    assert changes[1].ends_at == span.ends_at


def test_of_two_overrides_for_one_span_the_later_entered_holds():
    whole = taking(TARA, "2026-03-01T08:00", "2026-03-02T08:00")
    part = taking(PHIL, "2026-03-01T12:00", "2026-03-01T13:00")
    noon = local("2026-03-01T12:00")

    assert on_duty(daily(NORA), [whole, part], noon) == PHIL
    assert on_duty(daily(NORA), [part, whole], noon) == TARA


def test_without_members_nobody_is_on_duty():
    assert on_duty(daily(), [], local("2026-03-01T09:00")) is None


@UNHURRIED
@given(roster=rosters, at=instants, offset=st.integers(-30, 30))
def test_the_one_on_duty_is_whose_turn_last_began(roster, at, offset):
    """Turns by local dates agree with a comparison of instants."""
    turn = roster.turn_at(at)
    assert roster.start_of(turn) <= at < roster.start_of(turn + 1)

    person = on_duty(roster, [], roster.start_of(turn + offset))
    assert person == roster.members[(turn + offset) % len(roster.members)]


@UNHURRIED
@given(roster=rosters, overrides=st.lists(spans, max_size=4), start=instants, minute=MINUTES)
def test_at_every_instant_exactly_one_is_on_duty(roster, overrides, start, minute):
    end = start + TWO_WEEKS
    changes = shifts(roster, overrides, start=start, end=end)
    instant = start + timedelta(minutes=minute)

    assert (changes[0].starts_at, changes[-1].ends_at) == (start, end)
    assert all(one.ends_at == following.starts_at for one, following in pairwise(changes))
    (now,) = [each for each in changes if each.starts_at <= instant < each.ends_at]
    assert now.clinician == on_duty(roster, overrides, instant)
    assert now.clinician in {NORA, PHIL, TARA}
