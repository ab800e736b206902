"""The auditor's round of each minute: what is new, within bounds, kept as a row."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError, transaction

from backend.auditor import CHECKS, refold
from backend.auditor.check import Law, Violation, find_one
from backend.models import AuditorRun

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
#: After so long a round has failed, or nobody makes any.
SILENT_AFTER = timedelta(minutes=3)
#: So much of each ledger's end is looked at; `manage.py check_invariants` looks at all.
NEWEST = 1000
#: After this a round begins nothing more, and says what it left.
ROUND_SECONDS = 20.0
FOLD_SECONDS = 2.0
KEEP = timedelta(days=7)

Look = Callable[[], Violation | None]


def run(*, at: datetime) -> AuditorRun | None:
    """Make a round and keep its result; None if somebody else has made this minute's."""
    if AuditorRun.objects.filter(at__gt=at - EVERY * 0.75, at__lte=at).exists():
        return None
    started = time.monotonic()
    done = AuditorRun(at=at)
    for law, look in _looks(at):
        if time.monotonic() - started > ROUND_SECONDS:
            done.unchecked.append(law.name)
        else:
            _note(done, law, look)
    done.milliseconds = round(1000 * (time.monotonic() - started))
    done.save()
    AuditorRun.objects.filter(at__lt=at - KEEP).delete()
    return done


def newest(*, at: datetime) -> AuditorRun | None:
    """The last round, if it is not too long ago to say anything about now."""
    return AuditorRun.objects.filter(at__gt=at - SILENT_AFTER, at__lte=at).first()


def _looks(at: datetime) -> Iterator[tuple[Law, Look]]:
    for check in CHECKS:
        yield check, partial(find_one, check, at=at, newest=NEWEST)
    yield refold.LAW, partial(refold.find, at=at, is_sample=True, seconds=FOLD_SECONDS)


def _note(done: AuditorRun, law: Law, look: Look) -> None:
    try:
        with transaction.atomic():
            violation = look()
    except DatabaseError as error:
        done.unchecked.append(law.name)
        extra = {"law": law.name, "outcome": type(error).__name__}
        logger.exception("invariant_unchecked", extra=extra)
        return
    if violation:
        done.broken[law.name] = {"count": violation.count, "ids": violation.ids}
        logger.error("invariant_broken", extra={"law": law.name, "count": violation.count})
