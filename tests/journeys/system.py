"""The running system of a journey."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

import httpx

import clock
from notifications import outbox
from tests.api_client import ApiClient, OverHttp
from tests.faults.database import until
from tests.fixtures import NEW_YORK, TwoClinics
from tests.journeys.console import ConsoleClient
from tests.journeys.patient_app import PatientApp
from tests.smtp import Mail, SmtpSink

ASKED = "Lumbar: your answer is needed"


@dataclass
class System:
    """Web, worker and dispatcher, and the server that receives their mail."""

    address: str
    smtp: SmtpSink
    clinics: TwoClinics
    connections: ExitStack

    def patient_app(self) -> PatientApp:
        return PatientApp(ApiClient(transport=OverHttp(self.address)), NEW_YORK)

    def console(self) -> ConsoleClient:
        client = httpx.Client(base_url=f"{self.address}/", follow_redirects=True, timeout=60)
        return ConsoleClient(self.connections.enter_context(client))

    def travel_to(self, at) -> None:
        """Set the clock for every process, and wake the dispatcher."""
        clock.travel_to(at)
        outbox.wake_dispatcher()

    def mail_to(self, address: str, subject: str = ASKED) -> Mail:
        """Wait for a mail with this subject to this address, and return the first."""
        until(lambda: self._mails(address, subject), f"{subject!r} to {address}", seconds=60)
        return self._mails(address, subject)[0]

    def _mails(self, address: str, subject: str) -> list[Mail]:
        return [mail for mail in self.smtp.to(address) if mail.message["Subject"] == subject]
