from __future__ import annotations

from django.urls import include, path

from backend import health

urlpatterns = [
    path("livez", health.live),
    path("readyz", health.ready),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("tracker.api.urls")),
]
