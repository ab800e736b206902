from __future__ import annotations

from datetime import date, timedelta

from tracker.console.charts import ChartEvent, pain_chart

FIRST = date(2026, 3, 2)


def chart(*scores: int | None, **fields):
    pain = {FIRST + timedelta(n): score for n, score in enumerate(scores) if score is not None}
    return pain_chart(
        pain_by_day=pain, first=FIRST, last=FIRST + timedelta(len(scores) - 1), **fields
    )


def test_zero_is_at_the_bottom_and_ten_at_the_top():
    drawn = chart(0, 10)

    assert [point.y for point in drawn.points] == [drawn.bottom, drawn.top]
    assert [point.x for point in drawn.points] == [drawn.left, drawn.right]


def test_a_day_that_was_not_logged_breaks_the_line():
    drawn = chart(5, 6, None, 7, 8, None, 9)

    assert len(drawn.lines) == 2
    assert len(drawn.points) == 5
    assert [point.day.day for point in drawn.missing] == [4, 7]


def test_the_summary_names_the_baseline_or_its_absence():
    assert "not established" in chart(5).summary
    assert "The baseline is 6.5." in chart(5, baseline=6.5).summary


def test_the_summary_reports_that_nothing_was_logged():
    assert chart(None, None).summary == "No pain was logged in these 2 days."


def test_two_flags_of_a_day_stand_above_each_other():
    events = [ChartEvent(day=FIRST, kind="flag", label=name) for name in ("a", "b")]

    first, second = chart(5, 6, events=events).marks

    assert first.x == second.x
    assert second.y < first.y


def test_events_outside_the_chart_are_left_out():
    before = ChartEvent(day=FIRST - timedelta(1), kind="surgery", label="Operation")

    assert chart(5, events=[before]).marks == []


def test_a_long_episode_has_at_most_twelve_dates_below_it():
    for days in (1, 12, 13, 90, 365, 3650):
        assert len(chart(*[5] * days).day_ticks) <= 12, days
