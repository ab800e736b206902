from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

import clock
from demo import verification
from demo.api_client import http_client
from demo.cohort import Person, cohort
from demo.load import ZONE, Loader
from demo.mailbox import Mailbox
from demo.people import NURSE
from demo.stories import RECOVERS, STORIES
from demo.timeline import Timeline
from development.processes import WEB_COMMAND, Processes
from tests.faults.processes import free_port
from tracker.models import Acknowledgement, AuditEvent, Flag, Message, Patient

pytestmark = pytest.mark.journey

UNSURE = "was not sure about the bladder (red flag)"
TRAVELS = "travels across time zones"
#: A Tuesday: it decides on which days of the week things happen, and so who is told of them.
TODAY = date(2026, 4, 14)
WEEKS = timedelta(weeks=4)


@pytest.fixture
def loaded(child_environment, settings, tmp_path) -> Iterator[Loader]:
    """The first four weeks of three patients of the demo."""
    web, smtp, page = free_port(), free_port(), free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp
    settings.PUBLIC_URL = f"http://localhost:{web}"
    environment = child_environment | {"PORT": str(web), "TRUSTED_PROXIES": "1"}
    environment["WEB_WORKERS"] = "1"
    stories = [story for story in STORIES if story.title in {UNSURE, TRAVELS}]
    people = cohort(seed=7, today=TODAY, stories=[RECOVERS, *stories])
    timeline = Timeline()
    with (
        Processes(tmp_path / "logs", environment) as processes,
        Mailbox(smtp, page, now=timeline.now, zone=ZONE) as mailbox,
        http_client(f"http://127.0.0.1:{web}") as http,
    ):
        processes.start("web", *WEB_COMMAND)
        processes.wait_for(f"http://127.0.0.1:{web}/readyz", of="web")
        loader = Loader(timeline, mailbox, http, people, "amber-birch-cedar-1007", clock.now())
        loader.until = loader.begin() + WEEKS
        loader.run(lambda *_: None)
        yield loader
    timeline.return_to_present()


def patient_of(loader: Loader, title: str) -> Patient:
    person: Person = next(each for each in loader.people if each.title == title)
    return Patient.objects.get(user__email=person.email)


def test_the_demo_loads_its_stories_through_the_api(loaded):
    assert verification.missing(loaded.people, at=clock.now()) == []

    flag = Flag.objects.get(patient=patient_of(loaded, UNSURE), rule="RF-CES")
    assert flag.state == Flag.State.CLOSED
    assert Acknowledgement.objects.filter(escalation__flag=flag).exists()
    assert Message.objects.filter(patient=flag.patient, read_at__isnull=False).exists()
    assert "Lumbar: your answer is needed" in {
        mail.subject for mail in loaded.mailbox.to(NURSE.email)
    }
    assert patient_of(loaded, TRAVELS).time_zone == "Europe/Lisbon"
    # Every sync came through the API: it left its line in the audit.
    assert AuditEvent.objects.filter(action="records.sync").count() > 60
    assert all(mail.at < loaded.until for mail in loaded.mailbox.all())
