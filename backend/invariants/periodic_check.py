"""Check the invariants once a minute, over what is new, and store the result."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError, transaction

from backend.invariants import reevaluation, sql_invariants
from backend.invariants.base import Invariant, Violation
from backend.models import InvariantCheckRun

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
#: A newest run older than this means that the check fails or that no dispatcher runs.
STALE_AFTER = timedelta(minutes=3)
#: How many of each table's newest rows are checked; `manage.py check_invariants` checks all.
NEWEST = 1000
#: After this long a run starts no further check, and stores which ones it left out.
RUN_SECONDS = 20.0
REEVALUATION_SECONDS = 2.0
KEEP = timedelta(days=7)

Check = Callable[[], Violation | None]


def run(*, at: datetime) -> InvariantCheckRun | None:
    """Check and store the result; None if another dispatcher has done so this minute."""
    if InvariantCheckRun.objects.filter(at__gt=at - EVERY * 0.75, at__lte=at).exists():
        return None
    started = time.monotonic()
    done = InvariantCheckRun(at=at)
    for invariant, check in _checks(at):
        if time.monotonic() - started > RUN_SECONDS:
            done.unchecked.append(invariant.name)
        else:
            _check(done, invariant, check)
    done.milliseconds = round(1000 * (time.monotonic() - started))
    done.save()
    InvariantCheckRun.objects.filter(at__lt=at - KEEP).delete()
    return done


def newest(*, at: datetime) -> InvariantCheckRun | None:
    """Return the newest run, unless it is too old to tell anything about the present."""
    return InvariantCheckRun.objects.filter(at__gt=at - STALE_AFTER, at__lte=at).first()


def _checks(at: datetime) -> Iterator[tuple[Invariant, Check]]:
    for invariant in sql_invariants():
        yield invariant, partial(invariant.violation, at=at, newest=NEWEST)
    yield (
        reevaluation.INVARIANT,
        partial(reevaluation.find, at=at, is_sample=True, seconds=REEVALUATION_SECONDS),
    )


def _check(done: InvariantCheckRun, invariant: Invariant, check: Check) -> None:
    try:
        with transaction.atomic():
            violation = check()
    except DatabaseError as error:
        done.unchecked.append(invariant.name)
        extra = {"invariant": invariant.name, "outcome": type(error).__name__}
        logger.exception("invariant_unchecked", extra=extra)
        return
    if violation:
        done.broken[invariant.name] = {"count": violation.count, "ids": violation.ids}
        found = {"invariant": invariant.name, "count": violation.count}
        logger.error("invariant_broken", extra=found)
