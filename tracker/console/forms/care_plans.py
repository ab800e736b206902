from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from tracker.console import labels
from tracker.console.forms.base import ConsoleForm, DateField, TimesField, with_empty
from tracker.models import PlannedMeasure
from tracker.rules import measures
from tracker.rules.medicines.catalog import counted_names
from tracker.rules.medicines.products import PRODUCTS, Product
from tracker.services.episodes.care_plans import Ingredient, Line

#: Lines for ingredients on the form of a medicine that has fewer.
INGREDIENT_LINES = 3
MOST_INGREDIENTS = 20


class IngredientForm(forms.Form):
    """One ingredient of a medicine; an empty line is ignored."""

    name = forms.CharField(
        required=False, max_length=60, widget=forms.TextInput(attrs={"list": "ingredients"})
    )
    mg = forms.FloatField(required=False, min_value=0.001)
    max_mg_per_day = forms.FloatField(required=False, min_value=0.001)

    def clean(self) -> None:
        name, mg = self.cleaned_data.get("name"), self.cleaned_data.get("mg")
        if name and not mg and "mg" not in self.errors:
            self.add_error("mg", "How many milligrams are in one dose?")
        if not name and (mg or self.cleaned_data.get("max_mg_per_day")):
            self.add_error("name", "Enter the name of the ingredient.")


class _IngredientFormSet(forms.BaseFormSet):  # type: ignore[type-arg]
    def __init__(self, data: Any, *, initial: Sequence[dict[str, Any]], prefix: str) -> None:
        self.extra = max(INGREDIENT_LINES - len(initial), 1)
        super().__init__(data, initial=initial, prefix=prefix)

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        number = (index or 0) + 1
        form.fields["name"].label = f"Ingredient {number}"
        form.fields["mg"].label = f"Ingredient {number}: mg in a dose"
        form.fields["max_mg_per_day"].label = f"Ingredient {number}: at most mg a day"
        if number == 1:
            form.fields["name"].help_text = (
                "Generic name, such as naproxen. One that is not on the list is saved"
                " and shown as not counted; no rule uses it."
            )


IngredientFormSet = forms.formset_factory(
    IngredientForm, formset=_IngredientFormSet, max_num=MOST_INGREDIENTS, validate_max=True
)


class PlanLineForm(ConsoleForm):
    """One line of the care plan; for a medicine, with a formset of its ingredients."""

    measure = forms.ChoiceField(choices=lambda: list(measures.labels().items()), label="Measure")
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
        help_text="Such as 8:00, 20:00, in the patient's local time."
        " None is sent if it was logged already.",
    )
    reminder_weekdays = forms.TypedMultipleChoiceField(
        required=False,
        choices=list(enumerate(labels.WEEKDAYS)),
        coerce=int,
        label="On these days",
        help_text="Leave empty for every day.",
        widget=forms.CheckboxSelectMultiple,
    )
    product = forms.CharField(
        required=False,
        max_length=120,
        label="Product",
        help_text="For a product on the list, you may leave the ingredients out.",
        widget=forms.TextInput(attrs={"list": "products"}),
    )
    route = forms.ChoiceField(
        required=False, choices=with_empty("not a medicine", labels.ROUTES.items()), label="Route"
    )
    doses_per_day = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=24,
        label="Doses a day",
        help_text="Leave empty for as needed.",
    )
    prescribed = forms.BooleanField(required=False, label="Prescribed")

    def __init__(
        self, data: Any = None, *, initial: dict[str, Any], ingredients: Sequence[Ingredient] = ()
    ) -> None:
        super().__init__(data, initial=initial)
        shown = [
            {"name": each.name, "mg": each.mg, "max_mg_per_day": each.max_mg_per_day}
            for each in ingredients
        ]
        self.ingredients = IngredientFormSet(data, initial=shown, prefix="ingredients")

    def known_ingredients(self) -> tuple[str, ...]:
        return counted_names()

    def known_products(self) -> tuple[Product, ...]:
        return PRODUCTS

    def plain_fields(self) -> list[forms.BoundField]:
        names = ("measure", "from_date", "sessions_per_week", "minutes_per_day")
        return [self[n] for n in (*names, "reminder_times", "reminder_weekdays")]

    def medicine_fields(self) -> list[forms.BoundField]:
        return [self[n] for n in ("product", "route", "doses_per_day", "prescribed")]

    def clean(self) -> None:
        if not self.ingredients.is_valid():
            raise forms.ValidationError("Correct the ingredients.")

    def arguments(self) -> dict[str, Any]:
        line = {**self.cleaned_data}
        from_date = line.pop("from_date")
        typed = tuple(
            Ingredient(
                name=each["name"].strip().lower(),
                mg=each["mg"],
                max_mg_per_day=each["max_mg_per_day"],
            )
            for each in self.ingredients.cleaned_data
            if each.get("name")
        )
        ingredients = typed or contents_of(line["product"])
        return {"line": Line(**line, ingredients=ingredients), "from_date": from_date}


def contents_of(product: str) -> tuple[Ingredient, ...]:
    """Return the ingredients of one unit of a known product."""
    wanted = product.strip().casefold()
    known = next((each for each in PRODUCTS if each.name.casefold() == wanted), None)
    contents = known.ingredients if known else ()
    return tuple(Ingredient(name=ingredient, mg=float(mg)) for ingredient, mg in contents)


def initial_of(line: Line) -> dict[str, Any]:
    """Return a line of the plan as the form shows it, without its ingredients."""
    return {
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


class EndLineForm(ConsoleForm):
    until_date = DateField(label="Last day")


class WaiveForm(ConsoleForm):
    from_date = DateField(label="From")
    reason = forms.ChoiceField(choices=PlannedMeasure.Waived.choices, label="Why")
