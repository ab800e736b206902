"""What can be said outside the building: a fixed list of neutral sentences.

Each kind has a text per language, `texts/<language>/<kind>.txt`; its first line is the
subject. A text is given a link and nothing else, so no health data can leak.
"""

from __future__ import annotations

from django.db.models import TextChoices


class Kind(TextChoices):
    ESCALATION = "escalation"
    ESCALATION_EXHAUSTED = "escalation_exhausted"
    ESCALATION_WITHDRAWN = "escalation_withdrawn"
    DIARY_REMINDER = "diary_reminder"
    CLINIC_MESSAGE = "clinic_message"
    INVITATION = "invitation"
    TEST = "test"
