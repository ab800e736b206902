from __future__ import annotations

from typing import Any

from django import forms

from tracker.console import words
from tracker.console.forms.base import DateField, DeskForm, TimesField, choices
from tracker.rules.medicines.catalog import counted_names
from tracker.rules.medicines.products import PRODUCTS, Product
from tracker.services.episodes import episodes
from tracker.services.episodes.care_plans import Ingredient, Line

INGREDIENTS = 3


class EpisodeForm(DeskForm):
    index_date = DateField(
        label="First day of conservative care", help_text="Day 1: everything is counted from it."
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
        help_text="Leave empty for the clinic's number, usually 42.",
    )

    def arguments(self) -> dict[str, Any]:
        return {"dates": episodes.Dates(**self.cleaned_data)}


class EndEpisodeForm(DeskForm):
    ended_date = DateField(label="Last day of the episode")


class ExcuseForm(DeskForm):
    from_date = DateField(label="From")
    until_date = DateField(label="Until and including")
    reason = forms.CharField(max_length=200, label="Reason", help_text="Such as a hospital stay.")


class PatientForm(DeskForm):
    conditions = forms.MultipleChoiceField(
        required=False,
        choices=choices(words.CONDITIONS),
        label="Conditions that make some rules stricter",
        widget=forms.CheckboxSelectMultiple,
    )
    function_floor = forms.IntegerField(
        min_value=0,
        max_value=5,
        label="Usual level of standing and walking difficulty",
        help_text="0 none to 5 unable. Levels up to this one do not count as new.",
    )
    mme_acknowledged = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=6,
        decimal_places=1,
        label="Opioid dose you know of and accept",
        help_text="Morphine milligram equivalents a day.",
    )


class PlanLineForm(DeskForm):
    measure = forms.ChoiceField(choices=choices(words.MEASURES), label="Measure")
    from_date = DateField(label="From")
    sessions_per_week = forms.IntegerField(
        required=False, min_value=1, max_value=70, label="Times a week"
    )
    minutes_per_day = forms.IntegerField(
        required=False, min_value=1, max_value=1440, label="Minutes a day", help_text="For a brace."
    )
    reminder_times = TimesField(
        required=False,
        max_length=60,
        label="Remind the patient at",
        help_text="Such as 8:00, 20:00, by the patient's clock. None if it was logged.",
    )
    reminder_weekdays = forms.TypedMultipleChoiceField(
        required=False,
        choices=list(enumerate(words.WEEKDAYS)),
        coerce=int,
        label="On these days",
        help_text="None is every day.",
        widget=forms.CheckboxSelectMultiple,
    )
    product = forms.CharField(
        required=False,
        max_length=120,
        label="Product",
        help_text="Of a product on the list, the ingredients of one unit may be left out.",
        widget=forms.TextInput(attrs={"list": "products"}),
    )
    route = forms.ChoiceField(
        required=False, choices=choices(words.ROUTES, empty="not a medicine"), label="Route"
    )
    doses_per_day = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=24,
        label="Doses a day",
        help_text="Leave empty for as needed.",
    )
    prescribed = forms.BooleanField(required=False, label="Prescribed")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(1, INGREDIENTS + 1):
            self.fields[f"name_{n}"] = forms.CharField(
                required=False,
                max_length=60,
                label=f"Ingredient {n}",
                help_text="Generic name, such as naproxen. One that is not on the list is kept,"
                " shown as not counted, and seen by no rule."
                if n == 1
                else "",
                widget=forms.TextInput(attrs={"list": "ingredients"}),
            )
            self.fields[f"mg_{n}"] = forms.FloatField(
                required=False, min_value=0.001, label=f"Ingredient {n}: mg in a dose"
            )
            self.fields[f"max_{n}"] = forms.FloatField(
                required=False, min_value=0.001, label=f"Ingredient {n}: at most mg a day"
            )

    def known_ingredients(self) -> tuple[str, ...]:
        return counted_names()

    def known_products(self) -> tuple[Product, ...]:
        return PRODUCTS

    def plain_fields(self) -> list[forms.BoundField]:
        names = ("measure", "from_date", "sessions_per_week", "minutes_per_day")
        return [self[n] for n in (*names, "reminder_times", "reminder_weekdays")]

    def medicine_fields(self) -> list[forms.BoundField]:
        return [self[n] for n in ("product", "route", "doses_per_day", "prescribed")]

    def ingredient_lines(self) -> list[list[forms.BoundField]]:
        return [
            [self[f"{part}_{n}"] for part in ("name", "mg", "max")]
            for n in range(1, INGREDIENTS + 1)
        ]

    def clean(self) -> None:
        for n in range(1, INGREDIENTS + 1):
            if self.cleaned_data.get(f"name_{n}") and not self.cleaned_data.get(f"mg_{n}"):
                self.add_error(f"mg_{n}", "How many milligrams are in one dose?")

    def arguments(self) -> dict[str, Any]:
        typed = self.cleaned_data
        line = Line(
            measure=typed["measure"],
            sessions_per_week=typed["sessions_per_week"],
            minutes_per_day=typed["minutes_per_day"],
            product=typed["product"],
            ingredients=tuple(self._ingredients() or contents_of(typed["product"])),
            route=typed["route"],
            prescribed=typed["prescribed"],
            doses_per_day=typed["doses_per_day"],
            reminder_times=typed["reminder_times"],
            reminder_weekdays=typed["reminder_weekdays"],
        )
        return {"line": line, "from_date": typed["from_date"]}

    def _ingredients(self) -> list[Ingredient]:
        typed = self.cleaned_data
        return [
            Ingredient(
                name=typed[f"name_{n}"].strip().lower(),
                mg=typed[f"mg_{n}"],
                max_mg_per_day=typed[f"max_{n}"],
            )
            for n in range(1, INGREDIENTS + 1)
            if typed[f"name_{n}"]
        ]


def contents_of(name: str) -> list[Ingredient]:
    """What one unit of a known product holds."""
    wanted = name.strip().casefold()
    known = next((each for each in PRODUCTS if each.name.casefold() == wanted), None)
    contents = known.ingredients if known else ()
    return [Ingredient(name=ingredient, mg=float(mg)) for ingredient, mg in contents]


def initial_of(line: Line) -> dict[str, Any]:
    """A line of the plan as the form shows it."""
    initial: dict[str, Any] = {
        "measure": line.measure,
        "sessions_per_week": line.sessions_per_week,
        "minutes_per_day": line.minutes_per_day,
        "product": line.product,
        "route": line.route,
        "prescribed": line.prescribed,
        "doses_per_day": line.doses_per_day,
        "reminder_times": ", ".join(f"{each:%H:%M}" for each in line.reminder_times),
        "reminder_weekdays": list(line.reminder_weekdays),
    }
    for n, ingredient in enumerate(line.ingredients, start=1):
        initial[f"name_{n}"] = ingredient.name
        initial[f"mg_{n}"] = ingredient.mg
        initial[f"max_{n}"] = ingredient.max_mg_per_day
    return initial


class EndLineForm(DeskForm):
    until_date = DateField(label="Last day")


class WaiveForm(DeskForm):
    from_date = DateField(label="From")
    reason = forms.ChoiceField(choices=choices(words.WAIVED), label="Why")
