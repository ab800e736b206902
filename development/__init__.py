"""What a developer's machine needs and production does not: servers, ports, `make run`.

It imports nothing of the product, and the product imports nothing of it: it writes the
environment that `backend.settings` reads.
"""

from __future__ import annotations
