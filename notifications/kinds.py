"""What can be said outside the building: a fixed list of neutral sentences.

Each kind has a text per language, `texts/<language>/<kind>.txt`; its first line is the
subject. A text is given a link, and one for several their count; nothing else, so no health
data can leak.
"""

from __future__ import annotations

from django.db.models import TextChoices


class Kind(TextChoices):
    ESCALATION = "escalation"
    ESCALATION_EXHAUSTED = "escalation_exhausted"
    ESCALATION_HANDED_OVER = "escalation_handed_over"
    ESCALATION_WITHDRAWN = "escalation_withdrawn"
    DIARY_REMINDER = "diary_reminder"
    CLINIC_MESSAGE = "clinic_message"
    INVITATION = "invitation"
    VERIFICATION = "verification"
    TEST = "test"


class BundleText(TextChoices):
    """What is said when one message tells of several; its text takes their count, too."""

    ESCALATIONS = "escalations"
    ESCALATIONS_WITHDRAWN = "escalations_withdrawn"
    DIARY_REMINDERS = "diary_reminders"


#: The families: kinds with the same text for several can be told by one message.
BUNDLE_TEXTS: dict[str, BundleText] = {
    Kind.ESCALATION: BundleText.ESCALATIONS,
    Kind.ESCALATION_EXHAUSTED: BundleText.ESCALATIONS,
    Kind.ESCALATION_WITHDRAWN: BundleText.ESCALATIONS_WITHDRAWN,
    Kind.DIARY_REMINDER: BundleText.DIARY_REMINDERS,
}


def kinds_bundled_with(kind: str) -> list[str]:
    """The kinds that can share a message with this one; none if it has its own always."""
    return [
        each
        for each in BUNDLE_TEXTS
        if kind in BUNDLE_TEXTS and BUNDLE_TEXTS[each] == BUNDLE_TEXTS[kind]
    ]
