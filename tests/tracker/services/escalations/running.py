"""Flags that are escalated, their due steps fired, and who was told."""

from __future__ import annotations

from datetime import UTC, date, datetime

from notifications.models import Notification
from tests.fixtures import TwoClinics
from tracker.models import Clinician, Escalation, Flag
from tracker.services.context import SYSTEM, Context
from tracker.services.escalations import lifecycle, timers

#: Monday 2026-03-02, 10:00 in New York: staffed.
MORNING = datetime(2026, 3, 2, 15, tzinfo=UTC)


def make_flag(clinics: TwoClinics, priority: str = "P0", rule: str = "RF-CES") -> Flag:
    return Flag.objects.create(
        clinic=clinics.clinic,
        patient=clinics.alice,
        episode=clinics.episode,
        rule=rule,
        ruleset="2026.1",
        priority=priority,
        day=1,
        local_date=date(2026, 3, 2),
        opened_at=MORNING,
        detected_at=MORNING,
        explanation="Saddle numbness: yes.",
        evidence={},
        clears_when="A clinician closes it.",
    )


def open_escalation(
    clinics: TwoClinics, priority: str = "P0", at: datetime = MORNING
) -> Escalation:
    return lifecycle.open_for(flag=make_flag(clinics, priority, f"RULE-{priority}"), at=at)


def fire(at: datetime) -> int:
    return timers.fire_due(Context(SYSTEM, at), limit=100)


def told(escalation: Escalation) -> list[str]:
    """Return the names of those who were told of it, in order."""
    names = dict(Clinician.objects.values_list("recipient_id", "full_name"))
    notifications = Notification.objects.filter(group=escalation.group).order_by("created_at")
    return [names[recipient] for recipient in notifications.values_list("recipient_id", flat=True)]


def escalated_flag(clinics: TwoClinics, rule: str = "RF-CES", priority: str = "P0") -> Flag:
    flag = make_flag(clinics, priority, rule)
    if flag.needs_human:
        lifecycle.open_for(flag=flag, at=MORNING)
    return flag
