"""The clinical document read a second time, naively, and without the code under test.

Sections 3, 4, 6, 7, 8 and 9 with the readings of section 13, for one time zone and the
default thresholds. Everything is worked out from the records, each time it is asked for.
"""

from __future__ import annotations

from tests.tracker.rules.reference_implementation.flags import ReferenceImplementation

__all__ = ["ReferenceImplementation"]
