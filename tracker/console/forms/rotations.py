from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from django import forms

from tracker.console.forms.base import DateField, DeskForm, TimeInput
from tracker.models import Clinic, Clinician, Rotation
from tracker.services.local_time.wall_time import instant_of
from tracker.services.on_call import rotations

PLACES = 6  # offered at least; two more than are taken


def _time(label: str, **known: Any) -> forms.TimeField:
    return forms.TimeField(label=label, widget=TimeInput(), **known)


class RotationForm(DeskForm):
    name = forms.CharField(max_length=80, label="Name")
    turn_days = forms.TypedChoiceField(
        choices=[(1, "A day"), (7, "A week")], coerce=int, label="A turn lasts"
    )
    hand_over_time = _time("Hands over at", initial=time(8))
    first_date = DateField(
        label="The first person's turn begins on",
        help_text="A weekly rotation hands over on this day of the week.",
    )

    def __init__(
        self, *args: Any, clinic: Clinic, members: Iterable[Clinician] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(each.id): each for each in rotations.candidates(clinic)}
        held = [str(each.id) for each in members]
        options = [("", "nobody"), *((key, each.full_name) for key, each in self.people.items())]
        self.places = range(1, min(max(PLACES, len(held) + 2), rotations.MOST_MEMBERS) + 1)
        for place in self.places:
            self.fields[f"member_{place}"] = forms.ChoiceField(
                choices=options,
                required=False,
                label=f"Person {place}",
                initial=held[place - 1] if place <= len(held) else "",
            )

    @classmethod
    def of(cls, rotation: Rotation, typed: Any) -> RotationForm:
        names = ("name", "turn_days", "hand_over_time", "first_date")
        is_new = rotation._state.adding
        members = () if is_new else (each.clinician for each in _places(rotation))
        initial = {} if is_new else {name: getattr(rotation, name) for name in names}
        return cls(typed, clinic=rotation.clinic, members=members, initial=initial)

    def arguments(self) -> dict[str, Any]:
        typed = dict(self.cleaned_data)
        chosen = [typed.pop(f"member_{place}") for place in self.places]
        return {**typed, "members": [self.people[key] for key in chosen if key]}


def _places(rotation: Rotation) -> Any:
    return rotation.members.select_related("clinician")


class OverrideForm(DeskForm):
    """A span in wall time, also where the clocks change."""

    clinician = forms.ChoiceField(label="Who takes it")
    from_date = DateField(label="From, date")
    from_time = _time("From, time")
    until_date = DateField(label="Until, date")
    until_time = _time("Until, time")

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = clinic.zone
        self.people = {str(each.id): each for each in rotations.candidates(clinic)}
        self.fields["clinician"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", "choose"),
            *((key, each.full_name) for key, each in self.people.items()),
        ]

    def arguments(self) -> dict[str, Any]:
        return {
            "clinician": self.people[self.cleaned_data["clinician"]],
            "starts_at": self._instant("from"),
            "ends_at": self._instant("until"),
        }

    def _instant(self, end: str) -> datetime:
        typed = self.cleaned_data
        return instant_of(typed[f"{end}_date"], typed[f"{end}_time"], self.zone)
