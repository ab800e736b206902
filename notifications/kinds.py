"""The kinds of notifications: a fixed list of neutral texts.

Each kind has a text per language, `texts/<language>/<kind>.txt`; its first line is the
subject. A text is filled with a link, a count or a code and nothing else, so no health data can
leak.
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
    """The texts of a message that covers several notifications; they contain the count."""

    ESCALATIONS = "escalations"
    ESCALATIONS_WITHDRAWN = "escalations_withdrawn"
    DIARY_REMINDERS = "diary_reminders"


#: Kinds with the same text can share a message.
BUNDLE_TEXTS: dict[str, BundleText] = {
    Kind.ESCALATION: BundleText.ESCALATIONS,
    Kind.ESCALATION_EXHAUSTED: BundleText.ESCALATIONS,
    Kind.ESCALATION_WITHDRAWN: BundleText.ESCALATIONS_WITHDRAWN,
    Kind.DIARY_REMINDER: BundleText.DIARY_REMINDERS,
}


def kinds_bundled_with(kind: str) -> list[str]:
    """Return the kinds that can share a message with this one; empty if none can."""
    return [
        each
        for each in BUNDLE_TEXTS
        if kind in BUNDLE_TEXTS and BUNDLE_TEXTS[each] == BUNDLE_TEXTS[kind]
    ]
