from __future__ import annotations

from django.apps import AppConfig


class BackendConfig(AppConfig):
    name = "backend"
