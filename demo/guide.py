"""Print what was loaded: addresses, accounts, and patients worth a look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from rich.console import Console
from rich.table import Table

from demo.api_client import ApiClient
from demo.cohort import Person
from demo.people import ADMINISTRATOR, CLINIC, NURSE, PHYSICIAN
from demo.stories import ALARM, CORRECTS
from development.ports import Ports
from tracker.models import DiaryEntry, Escalation, Flag, Message, Patient, Reminder


@dataclass(frozen=True, slots=True)
class Guide:
    people: Sequence[Person]
    ports: Ports
    secret: str
    client: ApiClient
    mails: int
    today: datetime

    def show(self, console: Console) -> None:
        console.rule(f"[bold]{CLINIC}[/] is open", align="left")
        console.print(self._figures())
        for table in (self._addresses(), self._accounts(), self._sights()):
            console.print(table)
            console.print()
        console.print(f"[bold]Send a diary entry[/] (as {self.client.person.name})")
        print_plain(console, self._curl())

    def _figures(self) -> str:
        flags, live = Flag.objects.all(), Escalation.objects.live()
        return (
            f"{Patient.objects.count()} patients, {DiaryEntry.objects.count()} diary days sent"
            f" through the API; {flags.count()} flags, {live.count()} escalations still open,"
            f" {Message.objects.count()} messages to patients,"
            f" {Reminder.objects.filter(outcome='sent').count()} reminders, {self.mails} mails.\n"
        )

    def _addresses(self) -> Table:
        table = _table("Where")
        table.add_row("the console", f"{settings.PUBLIC_URL}/console/")
        table.add_row("mail that was sent", f"http://localhost:{self.ports.mailbox}/")
        table.add_row("the API's documentation", f"{settings.PUBLIC_URL}/api/docs/")
        return table

    def _accounts(self) -> Table:
        table = _table("Accounts (one password for all)")
        for staff in (NURSE, PHYSICIAN, ADMINISTRATOR):
            table.add_row(staff.role.replace("_", " "), staff.email)
        table.add_row("a patient (API)", self.client.person.email)
        table.add_row("password", f"[bold]{self.secret}[/]")
        return table

    def _sights(self) -> Table:
        table = _table("What to look at")
        shown: dict[str, Person] = {}
        for person in self.people:
            if person.story.expects or person.zone_changes() or person.title in (ALARM, CORRECTS):
                shown.setdefault(person.title, person)
        for title, person in shown.items():
            table.add_row(person.name, f"{title}\n[dim]{_state_of(person)}[/]")
        return table

    def _curl(self) -> str:
        record = {
            "id": str(uuid4()),
            "submitted_at": self.today.isoformat(timespec="seconds"),
            "pain_average": 3,
            "standing": 1,
            "walking": 0,
            "note": "Written with curl.",
        }
        return (
            f"curl -X PUT {settings.PUBLIC_URL}/api/v1/diary/{self.today.date().isoformat()} \\\n"
            f"  -H 'Authorization: Bearer {self.client.token}' \\\n"
            "  -H 'Content-Type: application/json' \\\n"
            f"  -d '{json.dumps(record)}'\n"
        )


def _state_of(person: Person) -> str:
    """Return the person's flags in the order of opening, with the state of each."""
    flags = Flag.objects.filter(patient__user__email=person.email).order_by("opened_at")
    return ", ".join(dict.fromkeys(f"{flag.rule} {_outcome(flag)}" for flag in flags))


def _outcome(flag: Flag) -> str:
    if flag.state != Flag.State.OPEN:
        return flag.state
    escalation = flag.escalations.live().first()
    if escalation is None:
        return "open"
    return {"active": "open, waiting for an answer", "exhausted": "open, nobody answered"}.get(
        escalation.state, f"open, {escalation.state}"
    )


def _table(title: str) -> Table:
    table = Table.grid(padding=(0, 2))
    table.title, table.title_justify, table.title_style = title, "left", "bold"
    table.add_column(no_wrap=True)
    table.add_column()
    return table


def print_plain(console: Console, text: str) -> None:
    """Print without line breaks, so that it can be copied."""
    console.print(text, soft_wrap=True, markup=False, highlight=False)
