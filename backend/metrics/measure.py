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
    """A metric read from the database: one number for each combination of its labels.

    `sql` returns the labels' values and then the number. It may use `%(at)s`, the present.
    Labels have fixed values. An id or a name among them would be personal data.
    """

    name: str
    description: str
    #: each label with all its possible values
    labels: dict[str, tuple[str, ...]]
    sql: str
    #: the value where there is no row; None = no value
    default: float | None = 0

    def family(self, *, at: datetime) -> GaugeMetricFamily:
        family = GaugeMetricFamily(
            f"lumbar_{self.name}", self.description, labels=list(self.labels)
        )
        for labels, value in self.values(at=at).items():
            family.add_metric(labels, value)
        return family

    def values(self, *, at: datetime) -> dict[tuple[str, ...], float]:
        known = product(*self.labels.values())
        values = {} if self.default is None else dict.fromkeys(known, self.default)
        with connection.cursor() as cursor:
            cursor.execute(self.sql, {"at": at})
            for *labels, value in cursor.fetchall():
                if value is not None:
                    values[tuple(map(str, labels))] = float(value)
        return values


class FromDatabase(Collector):
    """Reads the database at each scrape, so that every process reports the same."""

    def __init__(self, measures: Iterable[Measure], *, at: datetime) -> None:
        self._measures = measures
        self._at = at

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for measure in self._measures:
            yield measure.family(at=self._at)

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: the registry would query the database to learn the names."""
        return []
