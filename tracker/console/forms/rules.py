from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from tracker.console.forms.base import ConsoleForm, DateField
from tracker.rules import RULESETS
from tracker.rules.thresholds import bounds
from tracker.services.rulesets.ruleset_periods import number_of
from tracker.services.rulesets.thresholds import Setting

THRESHOLDS_A_TRIAL = 3


def _name(text: str) -> str:
    return text.replace("_", " ").capitalize()


def _number(**options: Any) -> forms.DecimalField:
    return forms.DecimalField(required=False, max_digits=8, decimal_places=3, **options)


def _reason() -> forms.CharField:
    return forms.CharField(
        max_length=500, label="Why", help_text="For those who read the flags later."
    )


class ThresholdForm(ConsoleForm):
    name = forms.ChoiceField(label="Threshold")
    value = _number(
        label="New value", help_text="Leave empty to withdraw the value set here before."
    )
    from_date = DateField(
        label="From", help_text="Tomorrow or later. Past evaluations do not change."
    )
    reason = _reason()

    def __init__(self, *args: Any, settings: Sequence[Setting], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (each.name, f"{_name(each.name)}: {each.bounds.low} to {each.bounds.high}")
            for each in settings
        ]


class AdoptForm(ConsoleForm):
    version = forms.ChoiceField(
        choices=[(version, version) for version in sorted(RULESETS, reverse=True)],
        label="Ruleset",
    )
    from_date = DateField(
        label="From", help_text="Tomorrow or later. Past evaluations do not change."
    )
    reason = _reason()


class TrialForm(ConsoleForm):
    """A version with a few changed numbers; an empty line changes nothing."""

    version = forms.ChoiceField(
        choices=[(version, version) for version in sorted(RULESETS, reverse=True)],
        label="Ruleset",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [("", "none"), *((name, _name(name)) for name in bounds())]
        for n in range(1, THRESHOLDS_A_TRIAL + 1):
            self.fields[f"name_{n}"] = forms.ChoiceField(
                required=False, choices=names, label=f"Threshold {n}"
            )
            self.fields[f"value_{n}"] = _number(label=f"Threshold {n}: value to try")
        self.fields["reason"] = _reason()

    def clean(self) -> None:
        for n in range(1, THRESHOLDS_A_TRIAL + 1):
            named, value = self.cleaned_data.get(f"name_{n}"), self.cleaned_data.get(f"value_{n}")
            if bool(named) != (value is not None):
                self.add_error(f"value_{n}" if named else f"name_{n}", "Give both, or neither.")

    def arguments(self) -> dict[str, Any]:
        typed = self.cleaned_data
        tried = {
            typed[f"name_{n}"]: number_of(typed[f"value_{n}"])
            for n in range(1, THRESHOLDS_A_TRIAL + 1)
            if typed.get(f"name_{n}")
        }
        return {"version": typed["version"], "thresholds": tried, "reason": typed["reason"]}


class SinceForm(forms.Form):
    """Choose the days that a report is about."""

    since = DateField(required=False, label="Flags since")

    def chosen(self, default: date) -> date:
        return (self.cleaned_data["since"] or default) if self.is_valid() else default
