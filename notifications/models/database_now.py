from __future__ import annotations

from django.db.models import DateTimeField, Func


class DatabaseNow(Func):
    """The database's clock when the statement runs; leases are compared with nothing else."""

    function = "lumbar_now"
    output_field = DateTimeField()
