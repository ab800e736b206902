"""Declares what one method of an endpoint accepts and returns; OpenAPI is derived from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """One method of an endpoint."""

    #: The schema of a successful response; None if it has no body.
    response: Any
    status: int = 200
    #: It may also answer 201, with the same schema.
    creates: bool = False
    #: The schema of the request's body; None if it has none.
    request: Any = None
    #: JSON schemas of the query parameters by name.
    query: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: The query parameters that may not be left out.
    required: frozenset[str] = frozenset()
    #: Error statuses beside those that every endpoint may answer.
    errors: tuple[int, ...] = ()
