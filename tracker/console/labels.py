"""Labels of codes that a page receives without the model field that declares them."""

from __future__ import annotations

from tracker.models import Patient, Priority
from tracker.rules import measures

#: The routes that a care plan offers. A record may name any other.
ROUTES = {
    "oral": "By mouth",
    "topical": "On the skin",
    "transdermal": "Patch",
    "rectal": "Rectal",
    "injection": "Injection",
    "nasal": "Nasal",
    "sublingual": "Under the tongue",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

LABELS: dict[str, dict[str, str]] = {
    "priority": dict(Priority.choices),
    "measure": measures.labels(),
    "condition": dict(Patient.Condition.choices),
    "route": ROUTES,
}


def label_of(kind: str, code: str) -> str:
    """Return the label of a code; a code without one is shown in sentence case."""
    return LABELS[kind].get(code) or code.replace("_", " ").capitalize()
