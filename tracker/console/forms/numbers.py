from __future__ import annotations

from django import forms

from tracker.console.forms.base import DeskForm


class NumberForm(DeskForm):
    number = forms.CharField(
        max_length=30,
        label="Your phone number",
        help_text="With its country, such as +1 555 010 0100. A code is sent there.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )


class CodeForm(DeskForm):
    code = forms.CharField(
        max_length=6,
        label="The code from the message",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
