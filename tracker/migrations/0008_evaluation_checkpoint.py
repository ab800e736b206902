from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import tracker.models.base


class Migration(migrations.Migration):
    dependencies = [("tracker", "0007_labels_of_choices")]

    operations = [
        migrations.CreateModel(
            name="EvaluationCheckpoint",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("version", models.CharField(max_length=20)),
                ("records", models.PositiveIntegerField()),
                ("packed", models.BinaryField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tracker.clinic",
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="checkpoints",
                        to="tracker.episode",
                    ),
                ),
            ],
            options={
                "ordering": ["-at"],
                "constraints": [
                    tracker.models.base.SameClinic(
                        field="episode", name="evaluationcheckpoint_same_clinic_episode"
                    ),
                    models.UniqueConstraint(fields=("episode", "at"), name="checkpoint_once"),
                ],
            },
        ),
    ]
