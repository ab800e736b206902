from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from tracker.console import words
from tracker.console.forms.base import DeskForm, choices
from tracker.models import Escalation
from tracker.services.escalations import hand_overs, snoozes


class HandOverForm(DeskForm):
    to = forms.ChoiceField(label="To")
    hand_over_reason = forms.ChoiceField(
        required=False, choices=choices(words.HAND_OVER_REASONS, empty="no reason"), label="Why"
    )

    def __init__(self, *args: Any, escalation: Escalation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.colleagues = hand_overs.colleagues(escalation)
        self.fields["to"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", "choose"),
            *((str(each.id), each.full_name) for each in self.colleagues),
        ]

    def arguments(self) -> dict[str, Any]:
        typed = self.cleaned_data
        return {"to_id": UUID(typed["to"]), "reason": typed["hand_over_reason"]}


class SnoozeForm(DeskForm):
    hours = forms.TypedChoiceField(coerce=int, label="For")
    reason = forms.ChoiceField(
        choices=choices(words.SNOOZE_REASONS, empty="choose"), label="Because"
    )

    def __init__(self, *args: Any, escalation: Escalation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = snoozes.hours_offered(escalation)
        self.fields["hours"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (hours, f"{hours} staffed hour{'s' if hours > 1 else ''}") for hours in self.offered
        ]
