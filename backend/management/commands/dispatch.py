from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from backend.dispatcher.loop import Loop


class Command(BaseCommand):
    help = (
        "Fire due timers and dispatch deliveries until stopped. "
        "Any number of copies may run; only PostgreSQL is needed."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        Loop().run()
