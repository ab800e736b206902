"""`manage.py export_history`: an episode as `manage.py replay` takes it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

import clock
from tracker.models import Episode
from tracker.services.context import OPERATOR, Context
from tracker.services.evaluation import histories


class Command(BaseCommand):
    help = (
        "Print all that led to an episode's flags as one line of JSON, for `manage.py replay`."
        " It holds health data: keep it where the diary may be kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--patient", type=UUID, help="the current episode, else the newest")
        which.add_argument("--flag", type=UUID, help="the episode that opened this flag")

    def handle(self, *_args: Any, **options: Any) -> None:
        exported = histories.export(Context(OPERATOR, clock.now()), episode=_episode(options))
        self.stdout.write(json.dumps(exported.document, ensure_ascii=False))
        if exported.judged_until:
            until = exported.judged_until.isoformat()
            self.stderr.write(f"The same flags: manage.py replay - --until {until}")


def _episode(options: dict[str, Any]) -> Episode:
    found = Episode.objects.select_related("patient")
    if options["flag"]:
        episode = found.filter(flags=options["flag"]).first()
    else:
        mine = found.filter(patient=options["patient"])
        episode = mine.current().first() or mine.order_by("-index_date").first()
    if episode is None:
        raise CommandError("There is no such flag, or no episode of such a patient.")
    return episode
