"""What is known of each day, as records arrive and are corrected."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from tests.performance.long_diary import long_diary
from tests.tracker.rules.diaries import (
    Document,
    at,
    compress,
    date,
    document,
    entry,
    peg,
    session,
)
from tracker.rules import parse_history
from tracker.rules.state.episode_state import CarriedState, Day, EpisodeState


def state_of(records: list[Document], **parts) -> EpisodeState:
    """Every version of every record, as they came."""
    history = parse_history(document(records, **parts))
    state = EpisodeState(history)
    for arrivals in history.arrivals.values():
        for each, version in arrivals:
            state.put(each, version)
    return state


def on(state: EpisodeState, day: int) -> Day:
    return state.day(date(day).toordinal())


def moved(record: Document, name: str) -> Document:
    """The record, said later to be what another one should have been."""
    return {**record, "submitted_at": at(4, 8), "replaces": name}


@pytest.mark.parametrize(
    ("floor", "levels", "fn"),
    [
        pytest.param(None, {}, None, id="did not try"),
        pytest.param(None, {"standing": 0}, 0, id="no limit"),
        pytest.param(None, {"standing": 0, "walking": 1}, 1, id="a little"),
        pytest.param(0, {"walking": 1}, 1, id="a floor of 0"),
        pytest.param(2, {"walking": 2}, 0, id="at the floor"),
        pytest.param(2, {"walking": 2, "standing": 1}, 0, id="both up to the floor"),
        pytest.param(2, {"walking": 3, "standing": 1}, 3, id="one above the floor"),
    ],
)
def test_the_worse_of_standing_and_walking_counts_from_the_floor_on(floor, levels, fn):
    state = state_of([entry(1, 2, **levels)], patient={"function_floor": floor})

    assert on(state, 1).function == fn


def thermal_uses(state: EpisodeState, day: int) -> int:
    return on(state, day).thermal_uses


def sessions(state: EpisodeState, day: int) -> int:
    return on(state, day).sessions["home_exercise"]


def hours_braced(state: EpisodeState, day: int) -> float:
    return on(state, day).brace_minutes / 60


def injections(state: EpisodeState, day: int) -> int:
    return on(state, day).sessions["injection"]


@pytest.mark.parametrize(
    ("make", "number"),
    [
        pytest.param(compress, thermal_uses, id="compress"),
        pytest.param(session, sessions, id="exercise"),
        pytest.param(lambda day: session(day, "brace", minutes=60), hours_braced, id="brace"),
        pytest.param(lambda day: session(day, "injection"), injections, id="injection"),
    ],
)
def test_of_two_treatments_on_a_day_one_can_turn_out_to_be_of_another_day(
    make: Callable[[int], Document], number: Callable[[EpisodeState, int], float]
):
    both = [{**make(1), "id": "wrong"}, make(1)]

    before, after = state_of(both), state_of([*both, moved(make(3), "wrong")])

    assert [number(before, day) for day in (1, 3)] == [2, 0]
    assert [number(after, day) for day in (1, 3)] == [1, 1]
    assert [on(after, day).treatments for day in (1, 3)] == [1, 1]


def test_a_brace_worn_nobody_knows_how_long_adds_no_minute():
    worn = [session(1, "brace", minutes=60), session(1, "brace")]

    assert on(state_of(worn), 1).brace_minutes == 60


def test_a_day_is_unknown_again_when_its_only_treatment_was_of_another_day():
    state = state_of([{**compress(1), "id": "wrong"}, moved(compress(3), "wrong")])

    assert [on(state, day).is_known for day in (1, 3)] == [False, True]


@pytest.mark.parametrize("day", [0, 2, 4])
def test_the_latest_on_time_day_is_the_one_before_when_its_entry_was_of_another_day(day):
    diary = [entry(1, 2), entry(2, 2), {**entry(3, 2), "id": "wrong"}]

    state = state_of([*diary, {**entry(day, 2), **moved({}, "wrong")}])

    assert state_of(diary).latest_on_time == date(3).toordinal()
    assert state.latest_on_time == date(2).toordinal()


def test_a_peg_that_was_of_another_day_leaves_its_first_one():
    wrong = {**peg(3, 5, 5, 5), "id": "wrong"}

    state = state_of([peg(1, 4, 4, 4), wrong, moved(peg(2, 5, 5, 5), "wrong")])

    assert sorted(state.pegs) == [date(1).toordinal(), date(2).toordinal()]


def test_days_are_excused_from_the_first_to_the_last_and_no_longer():
    away = {"from": date(8).isoformat(), "until": date(10).isoformat()}

    state = state_of([session(day) for day in range(7, 13)], episode={"excused": [away]})

    assert [day for day in range(1, 20) if on(state, day).is_excused] == [8, 9, 10]


def test_a_day_is_the_same_when_it_is_carried():
    state = state_of(long_diary(30)["records"], episode={"excused": [EXCUSED]})
    packed = msgspec.msgpack.encode(state.carried(date(29).toordinal(), 28, ()))

    carried = EpisodeState(state.history, msgspec.msgpack.decode(packed, type=CarriedState))

    for day in range(2, 31):
        assert told(on(carried, day)) == told(on(state, day))


def told(day: Day) -> dict[str, object]:
    doses = [(dose.at, dose.day, dose.product, dose.ingredients) for dose in day.doses]
    return {name: getattr(day, name) for name in Day.__slots__} | {"doses": doses}


EXCUSED = {"from": date(8).isoformat(), "until": date(10).isoformat()}
