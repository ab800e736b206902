"""The consent text. Each change of the text is a new version."""

from __future__ import annotations

from datetime import time

from tracker.models import Clinic, StaffedHours

VERSION = "2026-11"
CRISIS_LINE = "988"

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

PARAGRAPHS = (
    "This diary is not monitored around the clock. {clinic} looks at it {hours}. What you log "
    "at other times may be seen only when the clinic opens again.",
    "This is not an emergency service. In an emergency call {emergency_number} or go to the "
    "nearest emergency department. Do not wait for us to reply.",
    "{phone}",
    "What you write in your own words is not screened by the software. If you are in crisis or "
    f"think of harming yourself, call or text {CRISIS_LINE}, day or night.",
    "The diary follows rules to point your care team to what they should look at. It may miss "
    "things or notice them late. It does not diagnose, and it does not tell you to start, stop "
    "or change a medicine: a clinician does.",
    "Your clinic can read what you log. You can correct it; earlier versions are kept.",
)


def text(*, clinic: Clinic) -> str:
    hours = hours_in_words(list(StaffedHours.objects.filter(clinic=clinic)))
    phone = (
        f"To reach the clinic, phone {clinic.phone}."
        if clinic.phone
        else "To reach the clinic, use the phone number that it gave you."
    )
    return "\n\n".join(PARAGRAPHS).format(
        clinic=clinic.name,
        hours=hours or "at times that it will tell you",
        emergency_number=clinic.emergency_number,
        phone=phone,
    )


def hours_in_words(spans: list[StaffedHours]) -> str:
    """Format as "on Monday 08:00-12:00 and 13:00-17:00, Tuesday 08:00-17:00"."""
    days: dict[int, list[str]] = {}
    for span in spans:
        days.setdefault(span.weekday, []).append(f"{_clock(span.opens)}-{_clock(span.closes)}")
    listed = [f"{WEEKDAYS[day]} {' and '.join(hours)}" for day, hours in sorted(days.items())]
    return f"on {', '.join(listed)}" if listed else ""


def _clock(moment: time) -> str:
    return moment.strftime("%H:%M")
