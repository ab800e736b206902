from __future__ import annotations

from django.core.management import call_command
from django.db import migrations


def create(apps: object, schema_editor: object) -> None:
    """Make the shared cache's table here, so that `migrate` alone is enough."""
    call_command("createcachetable", verbosity=0)


class Migration(migrations.Migration):
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
