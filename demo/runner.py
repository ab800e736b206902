"""Run the demo: load the clinic, explain it, then follow one escalation in real time."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from time import monotonic

from django.conf import settings
from rich.console import Console

import clock
from demo import database, events, verification
from demo.api_client import ApiClientError, http_client
from demo.clinic import Clinic, password, shorten_p0_policy
from demo.cohort import Person, cohort
from demo.guide import Guide
from demo.load import ZONE, Loader
from demo.mailbox import Mailbox
from demo.parallel_scheduler import ParallelScheduler
from demo.people import NURSE
from demo.progress import Days
from demo.stories import ALARM, RECOVERS, STORIES, Story
from demo.timeline import StuckError, Timeline
from development.ports import Ports
from development.processes import (
    DISPATCHER_COMMAND,
    WEB_COMMAND,
    WORKER_COMMAND,
    ProcessError,
    Processes,
)
from development.servers import Cluster

FIRST_NOTICE_SECONDS = 60  # 15 on a machine that is not busy

#: What the patient of the live story answers.
CHECKLIST = {
    "saddle_numbness": "yes",
    "bladder_change": "yes",
    "bowel_change": "no",
    "both_legs_symptoms": "no",
    "leg_weakness": "no",
}


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


@dataclass
class DemoRunner:
    seed: int
    patients: int
    console: Console = field(default_factory=lambda: Console(highlight=False))

    def run(self, *, check: bool) -> None:
        """Load, explain, open one red flag, follow it. With `check`, verify and end."""
        try:
            with self._exclusive(), ExitStack() as stack:
                for number in (signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.default_int_handler)  # as Ctrl-C
                self._run(stack, check=check)
        except (ApiClientError, ProcessError, StuckError, TimeoutError) as error:
            raise DemoError(f"{error}\nThe logs are in {self.logs}.") from error

    def _run(self, stack: ExitStack, *, check: bool) -> None:
        self._log_to_file(stack)
        timeline = Timeline(
            stack.enter_context(ParallelScheduler(self.logs / "parallel-scheduler.log"))
        )
        mailbox = stack.enter_context(
            Mailbox(self.ports.smtp, self.ports.mailbox, now=timeline.now, zone=ZONE)
        )
        processes = stack.enter_context(Processes(self.logs, self._environment()))
        with self.console.status("Creating the database, starting the web server"):
            database.recreate()
            self._start_web(processes)  # while it starts on the other core
            database.migrate()
            processes.wait_for(f"http://127.0.0.1:{self.ports.web}/readyz", of="web")
        loader = self._load(stack, timeline, mailbox)
        if check:
            self._verify(loader.people)
        self._start_real_time(timeline, processes, loader.clinic)
        self._guide(loader).show(self.console)
        feed = self._open_red_flag(loader)
        if check:
            seconds = events.await_first_mail(
                feed, mailbox, address=NURSE.email, seconds=FIRST_NOTICE_SECONDS
            )
            events.print_new(self.console, feed)
            self.console.print(f"The first notice came after {seconds:.1f} s. All checks passed.")
            return
        events.follow(self.console, feed, processes)

    def _load(self, stack: ExitStack, timeline: Timeline, mailbox: Mailbox) -> Loader:
        begun = monotonic()
        until = clock.now()
        people = cohort(
            seed=self.seed,
            today=until.astimezone(ZONE).date(),
            stories=chosen_stories(self.patients),
        )
        http = stack.enter_context(http_client(f"http://127.0.0.1:{self.ports.web}"))
        loader = Loader(timeline, mailbox, http, people, password(self.seed), until)
        self.console.print(f"Eight weeks of {len(people)} patients, through the API, day by day:")
        with Days(self.console, start=loader.begin(), end=until, zone=ZONE) as days:
            loader.run(days.show)
        self.console.print(f"Loaded in {monotonic() - begun:.0f} s.\n")
        return loader

    def _start_web(self, processes: Processes) -> None:
        processes.start("web", *WEB_COMMAND)

    def _start_real_time(self, timeline: Timeline, processes: Processes, clinic: Clinic) -> None:
        """Set the clock to the present, and start the worker and the dispatcher."""
        timeline.return_to_present()
        shorten_p0_policy(clinic)
        processes.start("worker", *WORKER_COMMAND)
        processes.start("dispatcher", *DISPATCHER_COMMAND)
        events.await_worker(processes)

    def _open_red_flag(self, loader: Loader) -> events.EventFeed:
        """Send a red-flag checklist from one phone, now."""
        person = next(person for person in loader.people if person.title == ALARM)
        feed = events.EventFeed(clock.now())
        texts = loader.phones[person.email].send_checklist(CHECKLIST, at=feed.since)
        self.console.rule("Now, live", align="left")
        self.console.print(
            f"{person.name}'s phone has just sent a red-flag checklist: numb between the legs,"
            " trouble passing urine.\nWhat the phone shows at once:"
        )
        self.console.print(*(f"  “{text}”" for text in texts), sep="\n", style="italic")
        self.console.print(
            "The escalation has steps of one minute. Acknowledge it in the console and it"
            " stops; review it, and the patient gets a message. Ctrl-C stops the demo.\n"
        )
        return feed

    def _guide(self, loader: Loader) -> Guide:
        person = next(person for person in loader.people if person.story is RECOVERS)
        return Guide(
            people=loader.people,
            ports=self.ports,
            secret=loader.secret,
            client=loader.phones[person.email],
            mails=len(loader.mailbox),
            today=datetime.now(ZONE),
        )

    def _verify(self, people: Sequence[Person]) -> None:
        if wrong := verification.missing(people, at=clock.now()):
            raise DemoError("\n".join(["These stories do not have the expected result:", *wrong]))

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Refuse to run beside another demo of this checkout, which uses the same database."""
        with (Cluster("demo").home.private / "demo-runner.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DemoError(
                    "A demo of this checkout is already running: stop it with Ctrl-C, or set"
                    " LUMBAR_HOME to another directory for this one."
                ) from None
            yield

    def _log_to_file(self, stack: ExitStack) -> None:
        """Write this process's log lines to a file: the terminal shows the progress."""
        self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        stream = stack.enter_context((self.logs / "demo.log").open("w"))
        for talkative in ("httpx", "mail.log"):
            logging.getLogger(talkative).setLevel(logging.WARNING)
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler):
                stack.callback(handler.setStream, handler.setStream(stream))

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "LUMBAR_MODE": "demo",
            "PYTHONPATH": str(settings.BASE_DIR),
            "TRUSTED_PROXIES": "1",  # the client sends for 24 phones, each with its own IP address
        }

    @cached_property
    def ports(self) -> Ports:
        return Ports.from_environment()

    @property
    def logs(self) -> Path:
        return Cluster("demo").home.private / "demo-logs"


def chosen_stories(patients: int) -> Sequence[Story]:
    """Return the live story, somebody who recovers, and as many others as asked for."""
    alarm = next(story for story in STORIES if story.title == ALARM)
    others = [story for story in STORIES if story is not alarm]
    first = [alarm, RECOVERS]
    others.remove(RECOVERS)
    others.sort(key=lambda story: story is RECOVERS)
    return (first + others)[: max(2, patients)]
