"""The batch runner of every timer: due rows, one transaction each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Model)


def run_each(
    due: QuerySet[Row],
    act: Callable[[Row], None],
    *,
    limit: int,
    failure: str,
    of: Sequence[str] = ("self",),
    no_key: bool = False,
) -> int:
    """Act on the first `limit` due rows; return how many were acted on.

    Each row has its own transaction and is read again under its lock: one that fails is logged
    as `failure` and does not stop the others, one that another process holds is skipped.
    """
    acted = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        try:
            with transaction.atomic():
                still_due = due.filter(pk=pk)
                locked = still_due.select_for_update(of=of, skip_locked=True, no_key=no_key)
                row = locked.first()
                if row is not None:
                    act(row)
                    acted += 1
        except Exception:
            logger.exception(failure, extra={"subject_id": str(pk)})
    return acted
