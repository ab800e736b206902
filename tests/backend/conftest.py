from __future__ import annotations

from tests.outgoing import at, enqueue, recipient, smtp

__all__ = ["at", "enqueue", "recipient", "smtp"]
