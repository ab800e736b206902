from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo.runner import DemoError, DemoRunner
from development.servers import Cluster


class Command(BaseCommand):
    help = (
        "Run a clinic with invented patients: load eight weeks of diaries through the API, then"
        " start all processes and an escalation to follow. Ctrl-C stops it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=7, help="other people, the same stories")
        parser.add_argument("--patients", type=int, default=24, help="how many; fewer load faster")
        parser.add_argument(
            "--check",
            action="store_true",
            help="load, compare the result with the stories, wait for the first notice, and exit",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.MODE != "demo" or Cluster("demo").database_url != settings.DATABASE_URL:
            raise CommandError(
                "The demo deletes its database, so it runs on its own one only:"
                " unset DATABASE_URL and LUMBAR_MODE."
            )
        try:
            DemoRunner(seed=options["seed"], patients=options["patients"]).run(
                check=options["check"]
            )
        except DemoError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")
