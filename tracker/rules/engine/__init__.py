"""Runs the rules over a history: flags, advice and the events of a replay."""

from __future__ import annotations
