"""Choose the entry of a day for which a person has several lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum

from tracker.services.imports.line_parser import Line
from tracker.services.imports.problems import Code, Problem


class SameDay(StrEnum):
    REJECT = "reject"
    MAX = "max"  # the line with the most pain, as a whole; the first of equals
    LAST = "last"  # the last line in the file


def chosen(lines: Iterable[Line], policy: SameDay, problems: list[Problem]) -> Iterator[Line]:
    """Return one line for each person and day; add a problem for each other line."""
    days: dict[tuple[str, date | None], list[Line]] = defaultdict(list)
    for line in lines:
        if line.patient and line.date:
            days[line.patient, line.date].append(line)
    for day in days.values():
        sound = [line for line in day if not line.problems]
        if policy is SameDay.REJECT and len(day) > 1:
            problems.extend(_ambiguous(line, day) for line in sound)
        elif sound:
            best = _best(sound, policy)
            problems.extend(_superseded(line, best) for line in sound if line is not best)
            yield best


def _best(day: list[Line], policy: SameDay) -> Line:
    if policy is SameDay.MAX:
        return max(day, key=lambda line: -1 if line.pain is None else line.pain)
    return day[-1]


def _ambiguous(line: Line, day: list[Line]) -> Problem:
    numbers = ", ".join(str(each.number) for each in day)
    message = f"Lines {numbers} speak of the same day; --same-day max or last chooses one."
    return line.problem(Code.SAME_DAY, message)


def _superseded(line: Line, best: Line) -> Problem:
    return line.problem(Code.SUPERSEDED, f"Line {best.number} stands for this day.")
