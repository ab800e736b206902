"""Every endpoint below /api/v1/, from the URL resolver, so that none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import get_resolver

from tracker.api.http.base_views import View

PREFIX = "api/v1/"
#: describes the others
DESCRIPTION = "schema/"


def endpoints() -> Iterator[tuple[str, str, View]]:
    """(path with {names}, method, view)"""
    found = next(each for each in get_resolver().url_patterns if str(each.pattern) == PREFIX)
    for pattern in found.url_patterns:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if path == DESCRIPTION:
            continue
        view = pattern.callback.cls(**pattern.callback.initkwargs)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if hasattr(view, method.lower()):
                yield path, method, view
