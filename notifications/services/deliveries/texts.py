"""Renders the neutral text of a notification in the recipient's language."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template
from typing import NamedTuple
from urllib.parse import urljoin

from django.conf import settings

from notifications.kinds import BUNDLE_TEXTS, BundleText, Kind

TEMPLATES = Path(__file__).parents[2] / "texts"
FALLBACK = "en"


class Text(NamedTuple):
    subject: str
    body: str


def render(kind: str, *, language: str, link: str, code: str = "") -> Text:
    return _fill(_template(Kind(kind), language), link=absolute(link), code=code)


def render_bundle(kind: str, *, count: int, language: str, link: str) -> Text:
    """Render the text of one message that covers several notifications."""
    return _fill(_template(BUNDLE_TEXTS[kind], language), link=absolute(link), count=count)


def absolute(link: str) -> str:
    return urljoin(settings.PUBLIC_URL + "/", link)


def _fill(template: str, **told: object) -> Text:
    subject, _, body = template.partition("\n\n")
    return Text(Template(subject).substitute(told).strip(), Template(body).substitute(told))


@cache
def _template(kind: Kind | BundleText, language: str) -> str:
    for tag in (language.lower(), language.lower().partition("-")[0], FALLBACK):
        path = TEMPLATES / tag / f"{kind}.txt"
        if tag.isalnum() and path.exists():
            return path.read_text(encoding="utf-8")
    raise LookupError(kind)
