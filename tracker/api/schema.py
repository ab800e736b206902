from __future__ import annotations

from drf_spectacular.openapi import AutoSchema


class OpenAPI(AutoSchema):
    """Describes an endpoint by the shapes it reads and answers."""
