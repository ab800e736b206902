"""Fires due timers and dispatches deliveries."""

from __future__ import annotations

from backend.dispatcher.scheduler import Scheduler, run_once

__all__ = ["Scheduler", "run_once"]
