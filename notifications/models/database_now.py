from __future__ import annotations

from django.db.models import DateTimeField, Func


class DatabaseNow(Func):
    """The one clock, read by the statement that uses it: leases compare only to it."""

    function = "lumbar_now"
    output_field = DateTimeField()
