from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("backend", "0001_cache_table")]

    operations = [
        migrations.CreateModel(
            name="AuditorRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("milliseconds", models.PositiveIntegerField()),
                ("broken", models.JSONField(default=dict)),
                ("unchecked", models.JSONField(default=list)),
            ],
            options={
                "ordering": ["-at"],
                "indexes": [models.Index(fields=["-at"], name="auditor_run_newest")],
            },
        ),
    ]
