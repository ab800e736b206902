from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from django.db import connection
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number, or one for each combination of its labels, asked of the database.

    `sql` returns the labels' values and then the number. It may use `%(at)s`, the present.
    Labels are words of ours (`states`): an id or a name among them would be somebody's.
    """

    name: str
    says: str
    #: each label with all the values it can have
    labels: dict[str, tuple[str, ...]]
    sql: str
    #: what is said where there is no row; None = nothing
    otherwise: float | None = 0

    def family(self, *, at: datetime) -> GaugeMetricFamily:
        family = GaugeMetricFamily(f"lumbar_{self.name}", self.says, labels=list(self.labels))
        for labels, value in self.values(at=at).items():
            family.add_metric(labels, value)
        return family

    def values(self, *, at: datetime) -> dict[tuple[str, ...], float]:
        known = product(*self.labels.values())
        values = {} if self.otherwise is None else dict.fromkeys(known, self.otherwise)
        with connection.cursor() as cursor:
            cursor.execute(self.sql, {"at": at})
            for *labels, value in cursor.fetchall():
                if value is not None:
                    values[tuple(map(str, labels))] = float(value)
        return values


class FromDatabase(Collector):
    """Asks anew at each scrape, so that every process tells the same."""

    def __init__(self, measures: Iterable[Measure], *, at: datetime) -> None:
        self._measures = measures
        self._at = at

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for measure in self._measures:
            yield measure.family(at=self._at)

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: the registry would ask the database to learn the names."""
        return []
