"""`/metrics`: the state of the system as numbers. Contains no personal data."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

import clock
from backend.metrics.measure import FromDatabase
from backend.metrics.measures import all_measures


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read(request):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    registry = CollectorRegistry()
    try:
        registry.register(FromDatabase(all_measures(), at=clock.now()))
        return HttpResponse(encode(registry), content_type=content_type)
    except DatabaseError:
        return HttpResponse(status=503)


def _may_read(request: HttpRequest) -> bool:
    """Return whether the request has the token, or, outside production, comes from this machine."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    if settings.IS_PRODUCTION:
        return False  # behind a proxy every request seems to come from this machine
    return ip_address(request.META.get("REMOTE_ADDR") or "::").is_loopback
