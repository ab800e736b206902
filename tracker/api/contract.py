"""What an endpoint takes and gives, said once: the schema is made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Contract:
    """One method of an endpoint."""

    #: what it answers; None = nothing
    answer: Any
    status: int = 200
    #: also 201, with the same answer
    creates: bool = False
    body: Any = None
    #: parameters of the query, with their JSON schema
    query: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: those of them that must be there
    required: frozenset[str] = frozenset()
    #: refusals of its own, besides those that every endpoint has
    refusals: tuple[int, ...] = ()
