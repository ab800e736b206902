"""Coordinates of the pain chart. The template writes them as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 960, 320
LEFT, RIGHT, TOP, BOTTOM = 44, 96, 46, 44  # right: the baseline's label
TOP_PAIN, SEVERE_PAIN = 10, 7
ROW, ROWS = 16, 2  # of marks above the plot


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    x: float
    y: float
    day: date
    pain: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """Something that happened on a day: an operation, an injection, a flag."""

    x: float
    day: date
    kind: str
    label: str
    row: int = 0  #: marks of one day stand above each other

    @property
    def y(self) -> float:
        return TOP - 4 - ROW * self.row

    @property
    def box_x(self) -> float:
        return round(self.x - 6, 1)

    @property
    def box_y(self) -> float:
        return self.y - 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartEvent:
    day: date
    kind: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """The days that a chart covers, and the page's coordinates of them."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(n) for n in range((self.last - self.first).days + 1)]

    def x(self, day: date) -> float:
        span = max((self.last - self.first).days, 1)
        return round(LEFT + (day - self.first).days / span * (WIDTH - LEFT - RIGHT), 1)

    def y(self, pain: float) -> float:
        return round(TOP + (TOP_PAIN - pain) / TOP_PAIN * (HEIGHT - TOP - BOTTOM), 1)

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, kw_only=True, slots=True)
class PainChart:
    frame: Frame
    pain_by_day: Mapping[date, int]
    points: Sequence[Point]
    lines: Sequence[str]  #: runs of consecutive days, as SVG points
    missing: Sequence[Point]
    marks: Sequence[Mark]
    day_ticks: Sequence[Tick]
    pain_ticks: Sequence[Tick]
    baseline: float | None
    baseline_y: float | None
    summary: str

    width, height = WIDTH, HEIGHT
    left, right = LEFT, WIDTH - RIGHT
    top, bottom = TOP, HEIGHT - BOTTOM
    plot_width = WIDTH - LEFT - RIGHT

    @property
    def severe_height(self) -> float:
        return round(self.frame.y(SEVERE_PAIN) - TOP, 1)


def pain_chart(
    *,
    pain_by_day: Mapping[date, int],
    first: date,
    last: date,
    baseline: float | None = None,
    events: Iterable[ChartEvent] = (),
) -> PainChart:
    frame = Frame(first=first, last=max(last, first))
    points = [
        Point(x=frame.x(day), y=frame.y(pain_by_day[day]), day=day, pain=pain_by_day[day])
        for day in frame.days
        if day in pain_by_day
    ]
    return PainChart(
        frame=frame,
        pain_by_day=pain_by_day,
        points=points,
        lines=_lines(points),
        missing=[
            Point(x=frame.x(day), y=frame.y(0), day=day, pain=0)
            for day in frame.days
            if day not in pain_by_day
        ],
        marks=_marks(frame, events),
        day_ticks=_day_ticks(frame),
        pain_ticks=[Tick(at=frame.y(pain), label=str(pain)) for pain in range(0, 11, 2)],
        baseline=baseline,
        baseline_y=None if baseline is None else frame.y(baseline),
        summary=_summary(frame, points, baseline),
    )


def _lines(points: Sequence[Point]) -> list[str]:
    """Join neighboring days only: a line over a gap would show values that were not logged."""
    runs: list[list[Point]] = []
    for point in points:
        if runs and point.day - runs[-1][-1].day == timedelta(days=1):
            runs[-1].append(point)
        else:
            runs.append([point])
    return [" ".join(f"{p.x},{p.y}" for p in run) for run in runs if len(run) > 1]


def _marks(frame: Frame, events: Iterable[ChartEvent]) -> list[Mark]:
    rows: dict[date, int] = {}
    marks = []
    for each in sorted(events, key=lambda each: each.day):
        if not frame.holds(each.day):
            continue
        row = rows.get(each.day, 0)
        rows[each.day] = (row + 1) % ROWS
        marks.append(
            Mark(x=frame.x(each.day), day=each.day, kind=each.kind, label=each.label, row=row)
        )
    return marks


def _day_ticks(frame: Frame) -> list[Tick]:
    step = next(n for n in (1, 2, 7, 14, 28, 84, 365) if len(frame.days) / n <= 12 or n == 365)
    return [Tick(at=frame.x(day), label=f"{day:%b} {day.day}") for day in frame.days[::step]]


def _summary(frame: Frame, points: Sequence[Point], baseline: float | None) -> str:
    """Describe the chart in words, for screen readers."""
    days = len(frame.days)
    if not points:
        return f"No pain was logged in these {days} days."
    scores = [point.pain for point in points]
    newest = points[-1].day
    known = (
        "The baseline is not established."
        if baseline is None
        else f"The baseline is {baseline:.1f}."
    )
    return (
        f"Pain was logged on {len(points)} of {days} days, from {min(scores)} to {max(scores)};"
        f" the newest score is {scores[-1]} on {newest:%B} {newest.day}. {known}"
    )
