"""One client of the API for all tests: the transport differs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

import httpx
from django.test import Client

import clock
from tests.fixtures import MONDAY_EVENING
from tracker.services.people import sessions

PROBLEM = "application/problem+json"


class Transport(Protocol):
    """Sends one request; `path` is absolute."""

    def __call__(
        self, method: str, path: str, data: bytes | str, *, headers: dict[str, str], **extra: Any
    ) -> Any: ...


class InProcess:
    """Calls Django in this process. `extra` are variables of the WSGI environment."""

    def __init__(self) -> None:
        self._client = Client(raise_request_exception=False)

    def __call__(
        self, method: str, path: str, data: bytes | str, *, headers: dict[str, str], **extra: Any
    ) -> Any:
        content_type = headers.pop("Content-Type")
        return self._client.generic(
            method, path, data, content_type=content_type, headers=headers, **extra
        )


@dataclass(frozen=True)
class OverHttp:
    """Sends requests to a server, each on a new connection."""

    address: str
    seconds: float = 60

    def __call__(
        self, method: str, path: str, data: bytes | str, *, headers: dict[str, str], **extra: Any
    ) -> Any:
        url = f"{self.address}{path}"
        return httpx.request(
            method, url, content=data, headers=headers, timeout=self.seconds, **extra
        )


class ApiClient:
    """Sends JSON to the API with a token, in this process or to a server."""

    def __init__(self, token: str | None = None, transport: Transport | None = None) -> None:
        self.token = token
        self._transport = transport or InProcess()

    @classmethod
    def signed_in(cls, who: Any, transport: Transport | None = None) -> ApiClient:
        """Return a client with a session of the patient or clinician."""
        token = sessions.begin(user=who.user, device_name="phone", at=clock.now())
        return cls(token, transport)

    def request(self, method: str, path: str, body: Any = None, **extra: Any) -> Any:
        """Send `body` as JSON, or as it is if it is bytes."""
        headers = {"Content-Type": extra.pop("content_type", "application/json")}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        headers |= extra.pop("headers", {})
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        return self._transport(method, f"/api/v1/{path}", data, headers=headers, **extra)

    def get(self, path: str, **extra: Any) -> Any:
        return self.request("GET", path, **extra)

    def put(self, path: str, body: Any = None, **extra: Any) -> Any:
        return self.request("PUT", path, body, **extra)

    def post(self, path: str, body: Any = None, **extra: Any) -> Any:
        return self.request("POST", path, body, **extra)

    def patch(self, path: str, body: Any = None, **extra: Any) -> Any:
        return self.request("PATCH", path, body, **extra)

    def delete(self, path: str, **extra: Any) -> Any:
        return self.request("DELETE", path, **extra)


def entry(**fields: Any) -> dict[str, Any]:
    """A diary entry of Monday evening, with an id of its own."""
    return {
        "id": str(uuid4()),
        "submitted_at": MONDAY_EVENING.isoformat(),
        "pain_average": 6,
        **fields,
    }


def code_of(response: Any) -> str:
    """Return the error code; fails if the response is not problem+json."""
    assert response.headers["Content-Type"] == PROBLEM, response.content[:300]
    body = response.json()
    assert body["status"] == response.status_code
    return body["code"]


def paths_of(response: Any) -> dict[str, str]:
    return {error["path"]: error["code"] for error in response.json()["errors"]}
