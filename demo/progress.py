"""Show the progress of loading."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


class Days:
    """A progress bar by day; without a terminal, a line per week."""

    def __init__(self, console: Console, *, start: datetime, end: datetime, zone: ZoneInfo) -> None:
        self.console = console
        self.start, self.zone = start, zone
        self.total = (end - start).total_seconds()
        self._weeks_printed = 0
        self._bar = Progress(
            TextColumn("{task.fields[date]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[counts]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=self.total, date=self._date(start), counts="")

    def __enter__(self) -> Days:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, at: datetime, entries: int, flags: int, mails: int) -> None:
        counts = f"{entries} entries  {flags} flags  {mails} mails"
        passed = (at - self.start).total_seconds()
        self._bar.update(self._task, completed=passed, date=self._date(at), counts=counts)
        week = int(passed // (7 * 24 * 3600))
        if not self.console.is_terminal and week > self._weeks_printed:
            self._weeks_printed = week
            self.console.print(f"  {self._date(at)}  week {week}: {counts}")

    def _date(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%a %d %b}"
