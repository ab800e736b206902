from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from typing import Any
from uuid import UUID

from django import forms

from notifications import outbox
from tracker.console import words
from tracker.console.forms.base import DateField, DeskForm, TimeInput, zone_choices
from tracker.models import (
    Clinic,
    Clinician,
    EscalationPolicy,
    EscalationPolicyStep,
    Rotation,
    StaffedHours,
)
from tracker.services.clinics.clinics import Span
from tracker.services.escalations.policies import MAX_STEPS, Step

SPANS_A_DAY = 2  # before and after a break


class ClinicForm(DeskForm):
    name = forms.CharField(max_length=120, label="Name of the clinic")
    time_zone = forms.ChoiceField(label="Time zone", choices=zone_choices)
    phone = forms.CharField(
        max_length=40, required=False, label="Phone", help_text="Patients are told to call it."
    )
    emergency_number = forms.CharField(
        max_length=20, label="Emergency number", help_text="Such as 911, 112 or 999."
    )


class StaffedHoursForm(DeskForm):
    """Two spans for each weekday, in wall time."""

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known: dict[int, list[StaffedHours]] = {}
        for span in StaffedHours.objects.filter(clinic=clinic):
            known.setdefault(span.weekday, []).append(span)
        for weekday, day in enumerate(words.WEEKDAYS):
            spans = known.get(weekday, [])
            for n in range(max(SPANS_A_DAY, len(spans))):
                kept = spans[n] if n < len(spans) else None
                self._add(weekday, n, f"{day}, {'from' if n == 0 else 'again from'}", "opens", kept)
                self._add(weekday, n, f"{day}, until", "closes", kept)

    def _add(self, weekday: int, n: int, label: str, end: str, span: StaffedHours | None) -> None:
        self.fields[f"{end}_{weekday}_{n}"] = forms.TimeField(
            required=False, label=label, initial=getattr(span, end, None), widget=TimeInput()
        )

    def week(self) -> Iterable[tuple[str, list[forms.BoundField]]]:
        for weekday, day in enumerate(words.WEEKDAYS):
            names = [name for name in self.fields if name.split("_")[1] == str(weekday)]
            yield day, [self[name] for name in names]

    def clean(self) -> None:
        for opens in [name for name in self.fields if name.startswith("opens_")]:
            closes = opens.replace("opens_", "closes_")
            if bool(self.cleaned_data.get(opens)) != bool(self.cleaned_data.get(closes)):
                missing = closes if self.cleaned_data.get(opens) else opens
                self.add_error(missing, "Give both times, or neither.")

    def arguments(self) -> dict[str, Any]:
        spans = []
        for name, opens in self.cleaned_data.items():
            end, weekday, _ = name.split("_")
            if end == "opens" and isinstance(opens, time):
                closes = self.cleaned_data[name.replace("opens_", "closes_")]
                spans.append(Span(int(weekday), opens, closes))
        return {"spans": spans}


class HolidayForm(DeskForm):
    holiday_date = DateField(label="Date")
    name = forms.CharField(max_length=80, label="Name")


class LadderForm(DeskForm):
    """Up to ten steps; an empty line is no step."""

    repeats = forms.TypedChoiceField(
        coerce=int,
        choices=[(0, "no"), (1, "once"), (2, "twice"), (3, "three times")],
        label="Tell all of them again before everyone is paged",
    )

    def __init__(
        self,
        *args: Any,
        clinic: Clinic,
        policy: EscalationPolicy | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["repeats"].initial = policy.repeats if policy else 0
        people = Clinician.objects.active().filter(clinic=clinic)
        on_call = Rotation.objects.filter(clinic=clinic)
        whom = [
            ("", "nobody"),
            ("A role", [(f"role:{role}", f"Every {_role(role)}") for role in words.ROLES]),
            ("A person", [(f"person:{each.id}", _person(each)) for each in people]),
            ("Whoever is on duty", [(f"rotation:{each.id}", each.name) for each in on_call]),
        ]
        known = list(policy.steps.all()) if policy else []
        for position in range(1, MAX_STEPS + 1):
            step = known[position - 1] if position <= len(known) else None
            self.fields[f"whom_{position}"] = forms.ChoiceField(
                choices=whom,
                required=False,
                label=f"Step {position}: tell",
                initial=_whom(step) if step else "",
            )
            self.fields[f"minutes_{position}"] = forms.IntegerField(
                required=False,
                label=f"Step {position}: minutes after the step before",
                min_value=0,
                max_value=7 * 24 * 60,
                initial=step.delay_minutes if step else None,
            )

    def lines(self) -> Iterable[tuple[int, forms.BoundField, forms.BoundField]]:
        for position in range(1, MAX_STEPS + 1):
            yield position, self[f"whom_{position}"], self[f"minutes_{position}"]

    def clean(self) -> None:
        for position in range(1, MAX_STEPS + 1):
            whom = self.cleaned_data.get(f"whom_{position}")
            if whom and self.cleaned_data.get(f"minutes_{position}") is None:
                self.add_error(f"minutes_{position}", "After how many minutes? 0 is at once.")

    def arguments(self) -> dict[str, Any]:
        typed = self.cleaned_data
        positions = [n for n in range(1, MAX_STEPS + 1) if typed.get(f"whom_{n}")]
        return {
            "steps": [_step(typed[f"whom_{n}"], typed[f"minutes_{n}"]) for n in positions],
            "repeats": typed["repeats"],
        }


def _role(role: str) -> str:
    return f"{words.say('role', role).partition(' (')[0].lower()} of the team"


def _person(clinician: Clinician) -> str:
    is_reachable = outbox.reachable(clinician.recipient_id)
    return clinician.full_name if is_reachable else f"{clinician.full_name}: cannot be reached"


def _whom(step: EscalationPolicyStep) -> str:
    if step.rotation_id:
        return f"rotation:{step.rotation_id}"
    return f"role:{step.role}" if step.role else f"person:{step.clinician_id}"


def _step(whom: str, minutes: int) -> Step:
    kind, _, value = whom.partition(":")
    if kind == "role":
        return Step(delay_minutes=minutes, role=value)
    if kind == "rotation":
        return Step(delay_minutes=minutes, rotation_id=UUID(value))
    return Step(delay_minutes=minutes, clinician_id=UUID(value))
