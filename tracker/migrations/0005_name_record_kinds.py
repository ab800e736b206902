from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracker", "0004_measures_declared_in_the_rules")]

    operations = [
        migrations.AlterField(
            model_name="revision",
            name="kind",
            field=models.CharField(
                max_length=20,
                choices=[
                    ("diary_entry", "Diary entry"),
                    ("compress_use", "Compress use"),
                    ("medication_intake", "Medication intake"),
                    ("therapy_session", "Therapy session"),
                    ("red_flag_checklist", "Red-flag checklist"),
                    ("peg", "PEG score"),
                ],
            ),
        ),
    ]
