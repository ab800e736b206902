from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo.show import DemoError, Show
from development.servers import Cluster


class Command(BaseCommand):
    help = (
        "Run a whole clinic with invented patients, from nothing: eight weeks of diaries through"
        " the real API, then real processes and a ladder to watch. Ctrl-C stops it all."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=7, help="other people, the same stories")
        parser.add_argument("--patients", type=int, default=24, help="fewer load faster")
        parser.add_argument(
            "--check",
            action="store_true",
            help="load, hold the result against the stories, await the first page, and end",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.MODE != "demo" or Cluster("demo").database_url != settings.DATABASE_URL:
            raise CommandError(
                "The demo deletes its database, so it runs on its own one only:"
                " unset DATABASE_URL and LUMBAR_MODE."
            )
        try:
            Show(seed=options["seed"], patients=options["patients"]).run(check=options["check"])
        except DemoError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")
