from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from tracker.console import words
from tracker.console.forms.base import DateField, DeskForm, TimeInput, choices, zone_choices
from tracker.models import CareTeam, Clinic, Clinician, User


class InviteClinicianForm(DeskForm):
    full_name = forms.CharField(max_length=120, label="Full name")
    email = forms.EmailField(max_length=254, label="E-mail address")
    role = forms.ChoiceField(choices=choices(words.ROLES), label="Role")
    is_administrator = forms.BooleanField(
        required=False,
        label="Also runs the clinic",
        help_text="Invites people, changes ladders, hours and settings.",
    )


class InvitePatientForm(DeskForm):
    full_name = forms.CharField(max_length=120, label="Full name")
    email = forms.EmailField(max_length=254, label="E-mail address")
    birth_date = DateField(required=False, label="Date of birth", help_text="18 or older.")
    sex = forms.ChoiceField(choices=choices(words.SEXES), initial="unknown", label="Sex")
    care_team = forms.ModelChoiceField(CareTeam.objects.none(), label="Care team")

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = CareTeam.objects.filter(clinic=clinic)
        field = self.fields["care_team"]
        field.queryset = teams  # type: ignore[attr-defined]  # a ModelChoiceField
        if len(teams) == 1:
            field.initial = teams[0]


class SeatForm(DeskForm):
    full_name = forms.CharField(max_length=120, label="Full name")
    role = forms.ChoiceField(choices=choices(words.ROLES), label="Role")
    is_administrator = forms.BooleanField(required=False, label="Also runs the clinic")
    is_active = forms.BooleanField(
        required=False,
        label="Works here",
        help_text="Someone who left sees nothing and is told nothing. What they signed stays.",
    )


class JoinForm(DeskForm):
    full_name = forms.CharField(
        max_length=120,
        label="Your full name",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="Choose a password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="12 characters or more. A few unrelated words do well.",
    )
    password_again = forms.CharField(
        label="The same password again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.email))
        return password

    def clean(self) -> None:
        typed = self.cleaned_data
        if "password" in typed and typed["password"] != typed.get("password_again"):
            self.add_error("password_again", "The two passwords differ.")

    def arguments(self) -> dict[str, Any]:
        return {key: self.cleaned_data[key] for key in ("full_name", "password")}


class OwnHoursForm(DeskForm):
    time_zone = forms.ChoiceField(label="My time zone", choices=zone_choices)
    quiet_from = forms.TimeField(required=False, label="Quiet from", widget=TimeInput())
    quiet_until = forms.TimeField(
        required=False,
        label="Quiet until",
        widget=TimeInput(),
        help_text="Leave both empty to be told at any time.",
    )


class CareTeamForm(DeskForm):
    name = forms.CharField(max_length=120, label="Name")


class CareTeamMembersForm(CareTeamForm):
    members = forms.ModelMultipleChoiceField(
        Clinician.objects.none(),
        required=False,
        label="Members",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Clinician.objects.active().filter(clinic=clinic)
        self.fields["members"].queryset = people  # type: ignore[attr-defined]  # a ModelChoiceField
