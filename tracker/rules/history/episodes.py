"""Which episode a day belongs to, and which days an operation mutes."""

from __future__ import annotations

from dataclasses import dataclass

#: Days after an operation on which trend rules are mute; then a new episode begins.
RECOVERY_DAYS = 42


@dataclass(frozen=True, slots=True)
class Episode:
    number: int
    first_day: int

    def day_number(self, day: int) -> int:
        """1 on the index date."""
        return day - self.first_day + 1


class Episodes:
    def __init__(self, index_day: int, surgery_day: int | None) -> None:
        self.first = Episode(1, index_day)
        self._second: Episode | None = None
        self._surgery_day = surgery_day
        if surgery_day is not None and surgery_day + RECOVERY_DAYS > index_day:
            self._second = Episode(2, surgery_day + RECOVERY_DAYS)

    @property
    def all(self) -> tuple[Episode, ...]:
        return (self.first,) if self._second is None else (self.first, self._second)

    def of(self, day: int) -> Episode:
        if self._second is not None and day >= self._second.first_day:
            return self._second
        return self.first

    def numbered(self, number: int) -> Episode:
        return self.all[number - 1]

    def is_muted(self, day: int) -> bool:
        """From the day of the operation for six weeks."""
        start = self._surgery_day
        return start is not None and start <= day < start + RECOVERY_DAYS

    def ends_with_surgery(self, day: int) -> bool:
        """Whether this is the last day before the operation."""
        return self._surgery_day == day + 1
