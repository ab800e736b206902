"""Acting on what is due, row by row: the shape of every timer's service."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Model)


def act_on_each(
    due: QuerySet[Row],
    act: Callable[[Row], None],
    *,
    limit: int,
    failure: str,
    of: Sequence[str] = ("self",),
    no_key: bool = False,
) -> int:
    """Act on the first `limit` rows; return on how many.

    Each has its own transaction and is asked again under its lock: one that fails is logged as
    `failure` and does not stop the others, one that somebody else holds is theirs.
    """
    moved = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        try:
            with transaction.atomic():
                free = due.filter(pk=pk)
                row = free.select_for_update(of=of, skip_locked=True, no_key=no_key).first()
                if row is not None:
                    act(row)
                    moved += 1
        except Exception:
            logger.exception(failure, extra={"subject_id": str(pk)})
    return moved
