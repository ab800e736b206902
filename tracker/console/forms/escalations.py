from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from tracker.console.forms.base import ConsoleForm, with_empty
from tracker.models import Escalation, HandOver, Snooze
from tracker.services.escalations import hand_overs, snoozes


class HandOverForm(ConsoleForm):
    to = forms.ChoiceField(label="To")
    hand_over_reason = forms.ChoiceField(
        required=False, choices=with_empty("no reason", HandOver.Reason.choices), label="Why"
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


class SnoozeForm(ConsoleForm):
    hours = forms.TypedChoiceField(coerce=int, label="For")
    reason = forms.ChoiceField(choices=with_empty("choose", Snooze.Reason.choices), label="Because")

    def __init__(self, *args: Any, escalation: Escalation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = snoozes.hours_offered(escalation)
        self.fields["hours"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (hours, f"{hours} staffed hour{'s' if hours > 1 else ''}") for hours in self.offered
        ]
