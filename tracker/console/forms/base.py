from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any

from django import forms

from tracker.rules.history.calendar import zone_names
from tracker.services.context import Actor, Context
from tracker.services.errors import ServiceError


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%H:%M")


class DateField(forms.DateField):
    widget = DateInput


class TimesField(forms.CharField):
    """Wall times, such as 8:00, 20:00."""

    def clean(self, value: Any) -> tuple[time, ...]:
        try:
            return tuple(
                datetime.strptime(each.strip(), "%H:%M").time()  # noqa: DTZ007 - a wall time
                for each in super().clean(value).split(",")
                if each.strip()
            )
        except ValueError:
            raise forms.ValidationError("Write times as 8:00, 20:00.") from None


def choices(words: Mapping[str, str], *, empty: str | None = None) -> list[tuple[str, str]]:
    blank = [] if empty is None else [("", empty)]
    return [*blank, *words.items()]


def zone_choices() -> list[tuple[str, str]]:
    """Zones by their places, and UTC."""
    zones = [*sorted(zone for zone in zone_names() if "/" in zone), "UTC"]
    return [(zone, zone) for zone in zones]


class DeskForm(forms.Form):
    """A form that hands what was typed to one service, and shows what it refuses."""

    required_css_class = "required"
    error_css_class = "invalid"

    def submit(
        self, service: Callable[..., Any], context: Context[Actor], **known: Any
    ) -> Any | None:
        """What the service returns (True for nothing); None if it is to be typed again."""
        if not self.is_valid():
            return None
        try:
            done = service(context, **self.arguments(), **known)
        except ServiceError as refusal:
            self.add_error(None, refusal.detail)
            return None
        return True if done is None else done

    def arguments(self) -> dict[str, Any]:
        """What was typed, as the service names it."""
        return dict(self.cleaned_data)
