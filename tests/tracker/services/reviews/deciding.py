"""Reviews by Nora."""

from __future__ import annotations

from tests.fixtures import TwoClinics
from tests.tracker.services.escalations.running import MORNING
from tracker.models import Flag, Review
from tracker.services.context import Context
from tracker.services.reviews import reviews


def decide(clinics: TwoClinics, *flags: Flag, by=None, at=MORNING, **fields) -> Review:
    return reviews.review(
        Context(by or clinics.nora, at),
        **{
            "patient": clinics.alice,
            "flag_ids": [flag.id for flag in flags],
            "decision": Review.Decision.CONTINUE_CARE,
            **fields,
        },
    )
