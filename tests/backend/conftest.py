from __future__ import annotations

from tests.outgoing import at, smtp, someone, tell

__all__ = ["at", "smtp", "someone", "tell"]
