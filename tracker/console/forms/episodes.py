from __future__ import annotations

from typing import Any

from django import forms

from tracker.console.forms.base import ConsoleForm, DateField
from tracker.services.episodes import episodes


class EpisodeForm(ConsoleForm):
    index_date = DateField(
        label="First day of conservative care",
        help_text="Day 1. All days of care are counted from it.",
    )
    onset_date = DateField(required=False, label="When the pain began")
    surgery_date = DateField(
        required=False, label="Date of an operation", help_text="Planned or done."
    )
    conservative_min_days = forms.IntegerField(
        required=False,
        min_value=14,
        max_value=365,
        label="Days of conservative care before it can have failed",
        help_text="Leave empty for the clinic's threshold, usually 42.",
    )

    def arguments(self) -> dict[str, Any]:
        return {"dates": episodes.Dates(**self.cleaned_data)}


class EndEpisodeForm(ConsoleForm):
    ended_date = DateField(label="Last day of the episode")


class ExcuseForm(ConsoleForm):
    from_date = DateField(label="From")
    until_date = DateField(label="Until and including")
    reason = forms.CharField(max_length=200, label="Reason", help_text="Such as a hospital stay.")
