"""Who acts, when, and in which request: built once at the entry point and passed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from tracker.models import ActorKind, Clinician, Patient, User


@dataclass(frozen=True, slots=True)
class System:
    """Lumbar itself: acts because time has passed."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A person at the command line of a server."""


SYSTEM = System()
OPERATOR = Operator()

Actor = Clinician | Patient | System | Operator
A = TypeVar("A", bound=Actor, covariant=True)

KIND_OF_ACTOR: dict[type, ActorKind] = {
    Clinician: ActorKind.CLINICIAN,
    Patient: ActorKind.PATIENT,
    System: ActorKind.SYSTEM,
    Operator: ActorKind.OPERATOR,
}


@dataclass(frozen=True, slots=True)
class Context(Generic[A]):
    """The circumstances of one request, command or run.

    `actor` acts; the patient whom it is about is another argument, even where both are
    the same person. `at` is the clock, read once. `request_id` joins what one request did.
    """

    actor: A
    at: datetime
    request_id: str = ""

    @property
    def user(self) -> User | None:
        """The account that acts, if it is a person's."""
        return None if isinstance(self.actor, System | Operator) else self.actor.user

    @property
    def clinician(self) -> Clinician | None:
        """The clinician who acts, if it is one."""
        return self.actor if isinstance(self.actor, Clinician) else None
