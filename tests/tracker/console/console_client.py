"""A browser session at the console, and what it reads and posts."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.test import Client

from tracker.models import Clinician, User


def signed_in(user: User | Clinician) -> Client:
    client = Client()
    client.force_login(user.user if isinstance(user, Clinician) else user)
    return client


def post(client: Client, url: str, **fields: Any) -> Any:
    return client.post(url, fields, follow=True)


def html_of(response: HttpResponse) -> str:
    return response.content.decode()


def ingredient(**typed: str) -> dict[str, str]:
    """The formset of a medicine with one ingredient, or with none."""
    counts = {"ingredients-TOTAL_FORMS": "3", "ingredients-INITIAL_FORMS": "0"}
    return counts | {f"ingredients-0-{name}": value for name, value in typed.items()}
