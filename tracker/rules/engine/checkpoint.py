"""Checkpoints: the evaluation as it stood at the close of a day, packed and unpacked.

Whoever stores them keeps two promises: no record submitted up to a checkpoint is unknown to
it, and none is corrected after it (`history.clean_cuts`). All else is checked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from datetime import date as Date
from hashlib import blake2b

import msgspec
from msgspec import Struct, structs

from tracker.rules.engine.carried_flags import CarriedFlags
from tracker.rules.engine.flag_tracker import FlagTracker
from tracker.rules.history.calendar import LocalCalendar
from tracker.rules.history.clean_cuts import Cut, is_in_order
from tracker.rules.history.history import History
from tracker.rules.history.records import CompressUse, Treatment
from tracker.rules.history.versions import Version, VersionedRecord
from tracker.rules.results import Checkpoint
from tracker.rules.ruleset import RulesetsInForce
from tracker.rules.state.episode_state import (
    WEEKS_AFTER,
    CarriedState,
    EpisodeState,
    is_analyzed,
)
from tracker.rules.state.weekly_means import WINDOW, Response

#: Raise it with every change of what rules find or of what is carried: a checkpoint of
#: another version is not read.
VERSION = "1"

#: Days that are carried at least: those of the weeks that are. A longer trial needs more.
_LEAST_DAYS = WEEKS_AFTER + WINDOW
#: A record for a day ahead is evaluated by the setup of that day, in whatever zone it will be.
_ZONES_APART = 2
_DIGEST_BYTES = 16
#: A date that the clocks jump over, entries that come late, and some to spare.
_SPARE_DAYS = 14
#: Days from a hot compress back to a patch that is still worn.
_PATCH_DAYS = 4


class CheckpointUnusable(Exception):
    """Evaluate the whole history instead."""


class Carried(Struct, frozen=True, array_like=True):
    """The evaluation as plain data."""

    closed_day: int
    #: The last day whose setup was read, and a digest of the setup up to it.
    setup_until: int
    setup: bytes
    kept_days: int
    responses: list[tuple[str, int]]
    state: CarriedState
    flags: CarriedFlags
    #: Of days that have not closed: where a medication or thermal rule was found true.
    true_days: dict[str, list[int]]


_decoder = msgspec.msgpack.Decoder(Carried)


def pack(
    cut: Cut,
    rulesets: RulesetsInForce,
    state: EpisodeState,
    flags: FlagTracker,
    true_days: Mapping[str, Iterable[int]],
) -> Checkpoint:
    """The evaluation as it stands, after everything up to a clean cut."""
    day = cut.closed_day
    setup_until = day + 1
    if state.latest_day > setup_until:
        setup_until = state.latest_day + _ZONES_APART
    open_days = {
        rule: sorted(each for each in days if each > day) for rule, days in true_days.items()
    }
    responses = _responses(rulesets)
    carried = Carried(
        closed_day=day,
        setup_until=setup_until,
        setup=_digest(state.history, rulesets, cut.at, setup_until),
        kept_days=_kept_days(rulesets),
        responses=[(str(percent), first) for percent, first in responses],
        state=state.carried(day, _kept_days(rulesets), responses),
        flags=CarriedFlags.of(flags),
        true_days={rule: days for rule, days in open_days.items() if days},
    )
    body = msgspec.msgpack.encode(carried)
    return Checkpoint(at=cut.at, version=VERSION, packed=_checksum(body) + body)


def unpack(
    checkpoint: Checkpoint, history: History, rulesets: RulesetsInForce, until: datetime | None
) -> Carried:
    """What the checkpoint carries, if these records can be evaluated from there to `until`.

    Raises CheckpointUnusable.
    """
    if until is None or until < checkpoint.at:
        raise CheckpointUnusable("It does not lie before an instant up to which to evaluate")
    if checkpoint.version != VERSION:
        raise CheckpointUnusable("Another version packed it")
    checksum, body = checkpoint.packed[:_DIGEST_BYTES], checkpoint.packed[_DIGEST_BYTES:]
    if _checksum(body) != checksum:
        raise CheckpointUnusable("It is damaged")
    try:
        carried = _decoder.decode(body)
    except msgspec.DecodeError:
        raise CheckpointUnusable("It is of another form") from None
    at = checkpoint.at.astimezone(UTC)
    if not is_in_order(history, Cut(at, carried.closed_day)):
        raise CheckpointUnusable("Days close at other times now")
    if _digest(history, rulesets, at, carried.setup_until) != carried.setup:
        raise CheckpointUnusable("The setup differs")
    _check_rulesets(carried, rulesets)
    _check_records(carried, history, at)
    return carried


def _check_rulesets(carried: Carried, rulesets: RulesetsInForce) -> None:
    """A ruleset that is in force later may look back further."""
    if _kept_days(rulesets) > carried.kept_days:
        raise CheckpointUnusable("A longer trial needs more days")
    known = set(carried.responses)
    if any((str(percent), first) not in known for percent, first in _responses(rulesets)):
        raise CheckpointUnusable("Another response needs all weeks")


def _check_records(carried: Carried, history: History, at: datetime) -> None:
    for entry in history.entries:
        if entry.first.submitted_at <= at:
            raise CheckpointUnusable("A record was submitted before it")
        for version in entry.versions:
            if _needs_older_days(entry, version, carried.state, history.calendar):
                raise CheckpointUnusable("A record speaks of days that are no longer carried")


def _needs_older_days(
    entry: VersionedRecord, version: Version, state: CarriedState, calendar: LocalCalendar
) -> bool:
    """Whether a treatment turned out to be of long ago, or may have been beside a patch."""
    record = version.record
    if isinstance(record, CompressUse) and record.type == "hot":
        first_patch = state.first_patch_day
        is_old = version.day < state.intakes_from + _PATCH_DAYS
        if is_old and first_patch is not None and first_patch <= version.day:
            return True
    is_old = isinstance(record, Treatment) and version.day < state.days.kept_from
    return is_old and is_analyzed(entry, calendar)


def _kept_days(rulesets: RulesetsInForce) -> int:
    longest = max(each.thresholds.conservative_min_days for each in rulesets.all)
    return max(longest, _LEAST_DAYS) + _SPARE_DAYS


def _responses(rulesets: RulesetsInForce) -> list[Response]:
    """What RELAPSE takes for a response, under each of the rulesets."""
    thresholds = [each.thresholds for each in rulesets.all]
    return sorted({(each.response_percent, each.relapse_first_day) for each in thresholds})


def _digest(history: History, rulesets: RulesetsInForce, at: datetime, last_day: int) -> bytes:
    """A digest of what is read retroactively, as far as it concerns days up to `last_day`.

    What a clinician sets today for tomorrow is not in it.
    """
    document = history.document
    patient, episode = document.patient, document.episode

    def has_begun(from_date: Date | None) -> bool:
        return from_date is None or from_date.toordinal() <= last_day

    def ended(until_date: Date | None) -> Date | None:
        return until_date if until_date and until_date.toordinal() <= last_day else None

    setup = (
        structs.replace(
            patient,
            conditions=tuple(sorted(patient.conditions)),
            time_zones=(),
        ),
        sorted((z.from_date, z.time_zone) for z in patient.time_zones if has_begun(z.from_date)),
        structs.replace(episode, excused=()),
        sorted(
            (each.from_date, ended(each.until_date) or Date.max)
            for each in episode.excused
            if has_begun(each.from_date)
        ),
        [
            structs.replace(each, until_date=ended(each.until_date))
            for each in document.plan
            if has_begun(each.from_date)
        ],
        [(on, each.version, each.thresholds) for on, each in rulesets.up_to(last_day)],
        sorted({(c.at.astimezone(UTC), c.rule) for c in document.closures if c.at <= at}),
    )
    encoded = msgspec.msgpack.encode(setup, enc_hook=str)
    return blake2b(encoded, digest_size=_DIGEST_BYTES).digest()


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_DIGEST_BYTES).digest()
