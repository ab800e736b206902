from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("backend", "0002_auditorrun")]

    operations = [
        migrations.RenameModel("AuditorRun", "InvariantCheckRun"),
        migrations.RenameIndex(
            "InvariantCheckRun",
            new_name="invariant_check_run_newest",
            old_name="auditor_run_newest",
        ),
    ]
