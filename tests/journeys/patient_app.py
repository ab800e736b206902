"""What a patient's app does."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from tests.api_client import ApiClient


class PatientApp:
    def __init__(self, api: ApiClient, zone: str) -> None:
        self.api = api
        self.zone = ZoneInfo(zone)

    def enrol(self, token: str, *, birth_date: date, password: str) -> dict:
        text = self._ok(self.api.post("consent-text", {"token": token}))
        enrolled = self._ok(
            self.api.post(
                "enrolment",
                {
                    "token": token,
                    "password": password,
                    "birth_date": birth_date.isoformat(),
                    "time_zone": str(self.zone),
                    "consent": {"text_version": text["text_version"], "agreed": True},
                    "reminder_time": "20:00",
                },
            )
        )
        self.api.token = enrolled["token"]
        return text

    def put(self, path: str, body: dict) -> dict:
        return self._ok(self.api.put(path, body))

    def log_day(self, day: date, **scores: int) -> dict:
        """Sync an entry, a hot compress, exercises and two tablets, logged in the evening."""
        evening = self.at(day, 20)
        items = [
            {
                "kind": "diary_entry",
                "id": str(uuid4()),
                "date": day.isoformat(),
                "submitted_at": evening,
                **scores,
            },
            {
                "kind": "compress_use",
                "id": str(uuid4()),
                "at": self.at(day, 18),
                "submitted_at": evening,
                "type": "hot",
                "minutes": 15,
            },
            {
                "kind": "therapy_session",
                "id": str(uuid4()),
                "at": self.at(day, 10),
                "submitted_at": evening,
                "type": "home_exercise",
                "minutes": 30,
            },
            *(
                {
                    "kind": "medication_intake",
                    "id": str(uuid4()),
                    "at": self.at(day, hour),
                    "submitted_at": evening,
                    "product": "Naproxen 250",
                    "ingredients": [{"name": "naproxen", "mg": 250}],
                    "route": "oral",
                    "prescribed": True,
                }
                for hour in (8, 19)
            ),
        ]
        return self._ok(self.api.post("sync", {"items": items}))

    def now(self) -> dict:
        return self._ok(self.api.get("now"))

    def at(self, day: date, hour: int, minute: int = 0) -> str:
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone).isoformat()

    def instant(self, day: date, hour: int, minute: int = 0) -> datetime:
        return datetime.fromisoformat(self.at(day, hour, minute))

    def next(self, day: date) -> date:
        return day + timedelta(days=1)

    @staticmethod
    def _ok(response: Any) -> dict:
        assert response.is_success, response.text
        return response.json()
