from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from tracker.console import words
from tracker.console.forms.base import DateField, DeskForm, choices
from tracker.models import Flag
from tracker.services.reviews.reviews import PlannedVisit


class ReviewForm(DeskForm):
    """One decision on the flags that are ticked; those not ticked stay open."""

    flags = forms.MultipleChoiceField(
        label="Flags that this review closes",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one flag."},
    )
    decision = forms.ChoiceField(
        choices=choices(words.DECISIONS), label="Decision", widget=forms.RadioSelect
    )
    orders = forms.MultipleChoiceField(
        required=False,
        choices=choices(words.TESTS),
        label="Order tests",
        widget=forms.CheckboxSelectMultiple,
    )
    referrals = forms.MultipleChoiceField(
        required=False,
        choices=choices(words.SPECIALTIES),
        label="Refer to",
        widget=forms.CheckboxSelectMultiple,
    )
    visit_mode = forms.ChoiceField(
        required=False, choices=choices(words.VISITS, empty="no visit"), label="Visit"
    )
    visit_by_date = DateField(required=False, label="To be seen by")
    message = forms.CharField(
        required=False,
        max_length=2000,
        label="Message to the patient",
        help_text="The patient reads this in the app. Left empty, they read that you have looked.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    note = forms.CharField(
        required=False,
        max_length=4000,
        label="Note for clinicians",
        help_text="The patient does not see it here.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, flags: Sequence[Flag], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["flags"].choices = [(str(flag.id), flag.rule) for flag in flags]  # type: ignore[attr-defined]  # a ChoiceField
        self.shown = list(flags)
        for flag in flags:
            self.fields[f"usefulness_{flag.id}"] = forms.ChoiceField(
                required=False,
                choices=choices(words.USEFULNESS, empty="no answer"),
                label=f"Was {flag.rule} useful?",
            )

    def lines(self) -> list[tuple[Flag, bool, forms.BoundField]]:
        ticked = set(self["flags"].value() or ())
        return [
            (flag, str(flag.id) in ticked, self[f"usefulness_{flag.id}"]) for flag in self.shown
        ]

    def clean(self) -> None:
        if self.cleaned_data.get("visit_by_date") and not self.cleaned_data.get("visit_mode"):
            self.add_error("visit_mode", "In person or by video?")

    def arguments(self) -> dict[str, Any]:
        typed = self.cleaned_data
        names = ("decision", "orders", "referrals", "message", "note")
        return {
            **{name: typed[name] for name in names},
            "flag_ids": [UUID(flag_id) for flag_id in typed["flags"]],
            "visit": PlannedVisit(mode=typed["visit_mode"], by_date=typed["visit_by_date"])
            if typed["visit_mode"]
            else None,
            "usefulness": {
                UUID(flag_id): typed[f"usefulness_{flag_id}"]
                for flag_id in typed["flags"]
                if typed.get(f"usefulness_{flag_id}")
            },
        }
