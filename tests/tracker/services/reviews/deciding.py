"""Reviews by Nora."""

from __future__ import annotations

from tests.cast import Cast
from tests.tracker.services.escalations.running import MORNING
from tracker.models import Flag, Review
from tracker.services.context import Context
from tracker.services.reviews import reviews


def decide(cast: Cast, *flags: Flag, by=None, at=MORNING, **fields) -> Review:
    return reviews.review(
        Context(by or cast.nora, at),
        **{
            "patient": cast.alice,
            "flag_ids": [flag.id for flag in flags],
            "decision": Review.Decision.CONTINUE_CARE,
            **fields,
        },
    )
