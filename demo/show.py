"""The demo from its first to its last minute."""

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
from demo import account, database, live
from demo.clinic import Clinic, password, shorten_emergency_ladder
from demo.cohort import Person, cohort
from demo.guide import Guide
from demo.load import ZONE, Loader
from demo.mailbox import Mailbox
from demo.people import NURSE
from demo.phone import PhoneError, line_to
from demo.progress import Days
from demo.second_hand import SecondHand
from demo.stories import ALARM, RECOVERS, STORIES, Story
from demo.walk import StuckError, Walk
from development.ports import Ports
from development.processes import (
    DISPATCHER_COMMAND,
    WEB_COMMAND,
    WORKER_COMMAND,
    ProcessError,
    Processes,
)
from development.servers import Cluster

FIRST_PAGE_SECONDS = 60  # 15 where the machine is not busy with other things

#: What the phone of the live story sends.
CHECKLIST = {
    "saddle_numbness": "yes",
    "bladder_change": "yes",
    "bowel_change": "no",
    "both_legs_symptoms": "no",
    "leg_weakness": "no",
}


class DemoError(Exception):
    """Why the demo cannot go on, in words."""


@dataclass
class Show:
    seed: int
    patients: int
    console: Console = field(default_factory=lambda: Console(highlight=False))

    def run(self, *, check: bool) -> None:
        """Load, explain, raise one alarm, follow it. With `check`, verify and end."""
        try:
            with self._alone(), ExitStack() as stack:
                for number in (signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.default_int_handler)  # as Ctrl-C
                self._perform(stack, check=check)
        except (PhoneError, ProcessError, StuckError, TimeoutError) as error:
            raise DemoError(f"{error}\nThe logs are in {self.logs}.") from error

    def _perform(self, stack: ExitStack, *, check: bool) -> None:
        self._log_to_file(stack)
        walk = Walk(stack.enter_context(SecondHand(self.logs / "second-hand.log")))
        mailbox = stack.enter_context(
            Mailbox(self.ports.smtp, self.ports.mailbox, now=walk.now, zone=ZONE)
        )
        processes = stack.enter_context(Processes(self.logs, self._environment()))
        with self.console.status("An empty database, and the web server"):
            database.recreate()
            self._start_web(processes)  # while it starts on the other core
            database.migrate()
            processes.wait_for(f"http://127.0.0.1:{self.ports.web}/readyz", of="web")
        loader = self._load(stack, walk, mailbox)
        if check:
            self._verify(loader.people)
        self._open_for_real(walk, processes, loader.clinic)
        self._guide(loader).show(self.console)
        watch = self._alarm(loader)
        if check:
            seconds = live.await_first_mail(
                watch, mailbox, address=NURSE.email, seconds=FIRST_PAGE_SECONDS
            )
            live.tell(self.console, watch)
            self.console.print(f"The first page came after {seconds:.1f} s. All is well.")
            return
        live.follow(self.console, watch, processes)

    def _load(self, stack: ExitStack, walk: Walk, mailbox: Mailbox) -> Loader:
        begun = monotonic()
        until = clock.now()
        people = cohort(
            seed=self.seed, today=until.astimezone(ZONE).date(), stories=chosen(self.patients)
        )
        line = stack.enter_context(line_to(f"http://127.0.0.1:{self.ports.web}"))
        loader = Loader(walk, mailbox, line, people, password(self.seed), until)
        self.console.print(f"Eight weeks of {len(people)} patients, through the API, day by day:")
        with Days(self.console, start=loader.begin(), end=until, zone=ZONE) as days:
            loader.run(days.show)
        self.console.print(f"Loaded in {monotonic() - begun:.0f} s.\n")
        return loader

    def _start_web(self, processes: Processes) -> None:
        processes.start("web", *WEB_COMMAND)

    def _open_for_real(self, walk: Walk, processes: Processes, clinic: Clinic) -> None:
        """From here on time is real, and so are the worker and the dispatcher."""
        walk.home()
        shorten_emergency_ladder(clinic)
        processes.start("worker", *WORKER_COMMAND)
        processes.start("dispatcher", *DISPATCHER_COMMAND)
        live.await_crew(processes)

    def _alarm(self, loader: Loader) -> live.Watch:
        """One phone sends a red flag, now."""
        person = next(person for person in loader.people if person.title == ALARM)
        watch = live.Watch(clock.now())
        texts = loader.phones[person.email].send_checklist(CHECKLIST, at=watch.since)
        self.console.rule("Now, live", align="left")
        self.console.print(
            f"{person.name}'s phone has just sent a red-flag checklist: numb between the legs,"
            " trouble passing urine.\nWhat the phone shows at once:"
        )
        self.console.print(*(f"  “{text}”" for text in texts), sep="\n", style="italic")
        self.console.print(
            "The ladder has steps of one minute. Acknowledge it on the clinic's desk and it"
            " stops; decide, and the patient hears back. Ctrl-C stops the demo.\n"
        )
        return watch

    def _guide(self, loader: Loader) -> Guide:
        person = next(person for person in loader.people if person.story is RECOVERS)
        return Guide(
            people=loader.people,
            ports=self.ports,
            secret=loader.secret,
            phone=loader.phones[person.email],
            mails=len(loader.mailbox),
            today=datetime.now(ZONE),
        )

    def _verify(self, people: Sequence[Person]) -> None:
        if wrong := account.missing(people, at=clock.now()):
            raise DemoError("\n".join(["The stories did not come true:", *wrong]))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A second demo of this checkout would empty the first one's database."""
        with (Cluster("demo").home.private / "demo-show.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DemoError(
                    "A demo of this checkout is running: stop it with Ctrl-C first, or name"
                    " another directory for this one in LUMBAR_HOME."
                ) from None
            yield

    def _log_to_file(self, stack: ExitStack) -> None:
        """Our own log lines too: the terminal belongs to the story."""
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
            "TRUSTED_PROXIES": "1",  # we speak for 24 phones, each with an address of its own
        }

    @cached_property
    def ports(self) -> Ports:
        return Ports.chosen()

    @property
    def logs(self) -> Path:
        return Cluster("demo").home.private / "demo-logs"


def chosen(patients: int) -> Sequence[Story]:
    """The live story, somebody who recovers, and the others as far as they fit."""
    alarm = next(story for story in STORIES if story.title == ALARM)
    others = [story for story in STORIES if story is not alarm]
    first = [alarm, RECOVERS]
    others.remove(RECOVERS)
    others.sort(key=lambda story: story is RECOVERS)
    return (first + others)[: max(2, patients)]
