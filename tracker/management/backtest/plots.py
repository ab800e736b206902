"""Bars of flags, live beside tried: where each is drawn. The template writes them as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracker.rules.backtesting.backtest import Backtest, Row

LABEL, PLOT, VALUE = 130, 560, 70  # widths of the columns
BAR, GAP, ROW = 12, 2, 36
WEEKS_WIDTH, WEEKS_HEIGHT, LEFT, BOTTOM = 760, 220, 40, 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    side: str
    x: float
    y: float
    width: float
    height: float
    value: str

    @property
    def end(self) -> float:
        return self.x + self.width + 6

    @property
    def center(self) -> float:
        return self.x + self.width / 2

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The bars of one rule or one week, with its name."""

    key: str
    x: float
    y: float
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    title: str
    summary: str
    width: int
    height: int
    groups: Sequence[Group]
    #: of the axis: its position and what it says
    ticks: Sequence[tuple[float, str]] = ()


def by_rule(test: Backtest) -> Plot:
    """Lying bars: flags per 100 patient-weeks."""
    rows = test.by_rule()
    most = max((max(row.live, row.tried) for row in rows), default=1) or 1
    return Plot(
        title="Flags per 100 patient-weeks by rule",
        summary=_summary(rows),
        width=LABEL + PLOT + VALUE,
        height=max(len(rows), 1) * ROW,
        groups=[_lying(test, row, n, most) for n, row in enumerate(rows)],
    )


def by_week(test: Backtest) -> Plot:
    """Standing bars: flags that opened in each week of care."""
    rows = {int(row.key): row for row in test.by_week()}
    weeks = range(min(1, *rows), max(rows) + 1) if rows else range(1, 2)
    most = max((max(row.live, row.tried) for row in rows.values()), default=1) or 1
    width = (WEEKS_WIDTH - LEFT) / len(weeks)
    groups = [
        _standing(rows.get(week, Row(str(week))), LEFT + n * width, width, most)
        for n, week in enumerate(weeks)
    ]
    step = max(1, len(weeks) // 20)
    return Plot(
        title="Flags by week of care",
        summary=_summary(rows.values()),
        width=WEEKS_WIDTH,
        height=WEEKS_HEIGHT,
        groups=groups,
        ticks=[(round(g.x + width / 2, 1), g.key) for g in groups[::step]],
    )


def _lying(test: Backtest, row: Row, position: int, most: int) -> Group:
    top = position * ROW + (ROW - 2 * BAR - GAP) / 2
    bars = []
    for n, (side, count) in enumerate((("live", row.live), ("tried", row.tried))):
        rate = test.per_100_weeks(count) or 0
        width = round(PLOT * count / most, 1)
        y = top + n * (BAR + GAP)
        bars.append(Bar(side=side, x=LABEL, y=y, width=width, height=BAR, value=f"{rate:.2f}"))
    return Group(key=row.key, x=LABEL - 8, y=position * ROW + ROW / 2, bars=bars)


def _standing(row: Row, x: float, width: float, most: int) -> Group:
    room = WEEKS_HEIGHT - BOTTOM - 16
    bars = []
    for n, (side, count) in enumerate((("live", row.live), ("tried", row.tried))):
        height = round(room * count / most, 1)
        bars.append(
            Bar(
                side=side,
                x=round(x + width * (0.1 + 0.4 * n), 1),
                y=round(WEEKS_HEIGHT - BOTTOM - height, 1),
                width=round(width * 0.38, 1),
                height=height,
                value=str(count),
            )
        )
    return Group(key=row.key, x=round(x, 1), y=WEEKS_HEIGHT - 8, bars=bars)


def _summary(rows: Iterable[Row]) -> str:
    """What the picture shows, for who does not see it."""
    known = list(rows)
    if not known:
        return "No flag on either side."
    most = max(known, key=lambda row: max(row.live, row.tried))
    live, tried = sum(row.live for row in known), sum(row.tried for row in known)
    return (
        f"{live} flags live and {tried} tried. The longest bars are those of"
        f" {most.key}: {most.live} live, {most.tried} tried. The table holds every number."
    )
