from __future__ import annotations

from django.db import migrations, models

import tracker.rules.measures


class Migration(migrations.Migration):
    dependencies = [("tracker", "0003_audit_actor_kinds")]

    operations = [
        migrations.AlterField(
            model_name="plannedmeasure",
            name="measure",
            field=models.CharField(choices=tracker.rules.measures.labels, max_length=24),
        )
    ]
