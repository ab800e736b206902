from __future__ import annotations

from django import forms

from tracker.console.forms.base import ConsoleForm
from tracker.models import Patient


class PatientForm(ConsoleForm):
    conditions = forms.MultipleChoiceField(
        required=False,
        choices=Patient.Condition.choices,
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
