from __future__ import annotations

from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template import TemplateSyntaxError
from django.template.loader import get_template


class Command(BaseCommand):
    help = "Compile every template of ours, so that a broken one is found before its page is."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        names = list(template_names())
        for name in names:
            try:
                get_template(name)
            except TemplateSyntaxError as error:
                raise CommandError(f"{name}: {error}") from error
        self.stdout.write(f"{len(names)} templates compile.")


def template_names() -> set[str]:
    return {
        str(file.relative_to(folder))
        for app in apps.get_app_configs()
        if settings.BASE_DIR in Path(app.path).parents and ".venv" not in Path(app.path).parts
        for folder in [Path(app.path) / "templates"]
        for file in folder.rglob("*")
        if file.is_file()
    }
