from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerSplitView

from backend import health
from backend.metrics import metrics
from tracker.console.views.accept_invitation import patient_invitation

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="console:worklist"), name="home"),
    path("livez", health.live),
    path("readyz", health.ready),
    path("metrics", metrics),
    path("console/", include("tracker.console.urls")),
    path("invitation", patient_invitation, name="patient_invitation"),
    path("callbacks/", include("notifications.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("tracker.api.urls")),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(
            url_name="api-schema", template_name="tracker/api_docs.html"
        ),
    ),
]
