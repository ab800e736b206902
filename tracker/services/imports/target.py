"""The target of an import: the clinic, the care team and the time zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from tracker.models import CareTeam, Clinic
from tracker.rules.history.calendar import zone_names
from tracker.services.imports.problems import UnusableOption

Named = TypeVar("Named", Clinic, CareTeam)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    clinic: Clinic
    care_team: CareTeam  #: of people not known yet
    time_zone: str  #: in which their days are counted


def found(*, clinic: str = "", care_team: str = "", time_zone: str = "") -> Target:
    """Find the target by its options; an option is not needed where there is only one choice."""
    where = _one(Clinic.objects.order_by("name", "id"), clinic, "clinic")
    team = _one(CareTeam.objects.filter(clinic=where), care_team, "care-team")
    zone = time_zone or where.time_zone
    if zone not in zone_names():
        raise UnusableOption(f"--time-zone {zone}: not on the IANA list, as Europe/Berlin is.")
    return Target(clinic=where, care_team=team, time_zone=zone)


def _one(rows: Iterable[Named], wanted: str, option: str) -> Named:
    known = list(rows)
    fitting = [row for row in known if not wanted or wanted in (row.name, str(row.pk))]
    if len(fitting) == 1:
        return fitting[0]
    if not known:
        raise UnusableOption(f"There is no {option.replace('-', ' ')} yet: create one first.")
    choice = ", ".join(f"{row.name} ({row.pk})" for row in known[:20])
    problem = f"--{option} {wanted}: not one of" if wanted else f"Say which with --{option}:"
    raise UnusableOption(f"{problem} {choice}.")
