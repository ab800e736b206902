"""A client of the API that does what a patient's app does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from demo.cohort import Person
from demo.mailbox import Mail
from demo.record_writer import Log

BATCH = 100  #: records in one sync


class ApiClientError(Exception):
    """The server refused a request that it should have accepted."""


def http_client(base_url: str) -> httpx.Client:
    """Return a client that opens a connection per request, so that any idle web worker takes it."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(base_url=base_url, timeout=30, limits=limits)


@dataclass
class ApiClient:
    person: Person
    http: httpx.Client
    secret: str
    address: str  #: the IP address, by which rate limits count
    token: str = field(default="", repr=False)
    _mails_seen: int = 1  #: the invitation

    def enrol(self, link: str) -> None:
        """Accept the invitation and sign in."""
        invitation = urlsplit(link).fragment
        consent = self._post("consent-text", {"token": invitation})
        body = {
            "token": invitation,
            "password": self.secret,
            "birth_date": self.person.birth_date.isoformat(),
            "time_zone": self.person.time_zone,
            "consent": {"text_version": consent["text_version"], "agreed": True},
            "reminder_time": self.person.reminder_time,
            "device_name": f"{self.person.name.split()[0]}'s phone",
        }
        self.token = self._post("enrolment", body)["token"]

    def sync(self, logs: Sequence[Log]) -> None:
        """Send records, and mark the returned advice as read."""
        for start in range(0, len(logs), BATCH):
            batch = [_item(log) for log in logs[start : start + BATCH]]
            answer = self._post("sync", {"items": batch})
            refused = [item for item in answer["items"] if item["status"] != "stored"]
            if refused:
                raise ApiClientError(f"{self.person.title}: not stored: {refused[0]}")
            for advice in answer["must_read"]["advice"]:
                self._post(f"advice/{advice['id']}/read", {})

    def has_news(self, mails: Sequence[Mail]) -> bool:
        """Return whether a mail about a message has come since the last call."""
        fresh, self._mails_seen = mails[self._mails_seen :], len(mails)
        return any("message" in mail.subject for mail in fresh)

    def read_messages(self) -> None:
        for message in self._request("GET", "messages")["messages"]:
            if message["read_at"] is None:
                self._post(f"messages/{message['id']}/read", {})

    def send_checklist(self, answers: dict[str, str], *, at: datetime) -> list[str]:
        """Send the answers to the red-flag questions; return the advice that the phone shows."""
        record = {"kind": "red_flag_checklist", "at": at.isoformat(), "answers": answers}
        answer = self._post("sync", {"items": [record | {"id": str(uuid4())}]})
        return [advice["text"] for advice in answer["must_read"]["advice"]]

    def change_zone(self, time_zone: str) -> None:
        """Tell the server that the person has traveled to that time zone."""
        self._request("PATCH", "me", {"time_zone": time_zone})

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._request("POST", path, body)

    def _request(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        headers = {"X-Forwarded-For": self.address}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        answer = self.http.request(method, f"/api/v1/{path}", json=body, headers=headers)
        if not answer.is_success:
            raise ApiClientError(
                f"{self.person.title}: {method} {path}: {answer.status_code} {answer.text[:500]}"
            )
        return dict(answer.json())


def _item(log: Log) -> dict[str, Any]:
    said = {"note": log.note, "reason": log.reason, "base_revision": log.base_revision}
    return {**log.record, "id": str(log.id), **{name: word for name, word in said.items() if word}}
