"""A phone that talks to the API as the app would."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from django.test import Client

import clock
from tests.cast import MONDAY_EVENING
from tracker.services.people import sessions

PROBLEM = "application/problem+json"


class Phone:
    def __init__(self, token: str | None = None) -> None:
        self.client = Client(raise_request_exception=False)
        self.token = token

    @classmethod
    def of(cls, who: Any) -> Phone:
        """The phone of a patient or a clinician, signed in."""
        return cls(sessions.begin(user=who.user, device_name="phone", at=clock.now()))

    def ask(self, method: str, path: str, body: Any = None, **extra: Any) -> Any:
        headers = extra.pop("headers", {})
        if self.token:
            headers = {"Authorization": f"Bearer {self.token}", **headers}
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        return self.client.generic(
            method,
            f"/api/v1/{path}",
            data,
            content_type=extra.pop("content_type", "application/json"),
            headers=headers,
            **extra,
        )

    def get(self, path: str, **extra: Any) -> Any:
        return self.ask("GET", path, **extra)

    def put(self, path: str, body: Any = None, **extra: Any) -> Any:
        return self.ask("PUT", path, body, **extra)

    def post(self, path: str, body: Any = None, **extra: Any) -> Any:
        return self.ask("POST", path, body, **extra)

    def patch(self, path: str, body: Any = None, **extra: Any) -> Any:
        return self.ask("PATCH", path, body, **extra)

    def delete(self, path: str, **extra: Any) -> Any:
        return self.ask("DELETE", path, **extra)


def entry(**fields: Any) -> dict[str, Any]:
    """A diary entry of Monday evening, with an id of its own."""
    return {
        "id": str(uuid4()),
        "submitted_at": MONDAY_EVENING.isoformat(),
        "pain_average": 6,
        **fields,
    }


def code_of(response: Any) -> str:
    """The code of a refusal; fails if it is not problem+json."""
    assert response.headers["Content-Type"] == PROBLEM, response.content[:300]
    body = response.json()
    assert body["status"] == response.status_code
    return body["code"]


def paths_of(response: Any) -> dict[str, str]:
    return {error["path"]: error["code"] for error in response.json()["errors"]}
