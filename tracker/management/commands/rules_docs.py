"""`manage.py rules_docs`: write docs/clinical-rules.md from the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tracker.rules import LIVE
from tracker.rules.documentation import clinical_rules


class Command(BaseCommand):
    help = "Write docs/clinical-rules.md from the rules in the code."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "clinical-rules.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(clinical_rules(), encoding="utf-8")
        self.stdout.write(f"{path} written for ruleset {LIVE.version}")
