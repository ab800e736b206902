"""What makes time pass: fires timers, and sees that every delivery finds a hand."""

from __future__ import annotations

from backend.dispatcher.rounds import Dispatcher, tick
from backend.dispatcher.timers import TIMERS

__all__ = ["TIMERS", "Dispatcher", "tick"]
