from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

#: PostgreSQL binds constraints and indexes to the column, not to its name: they follow the
#: renaming by themselves, and only Django's state of the models has to be told.
CONSTRAINT_BEFORE = migrations.RemoveConstraint("delivery", "delivery_bundled_once_claimed")
CONSTRAINT_AFTER = migrations.AddConstraint(
    "delivery",
    models.CheckConstraint(
        name="delivery_bundled_once_claimed",
        condition=models.Q(bundle_leader__isnull=True)
        | (~models.Q(state="pending") & ~models.Q(bundle_leader=models.F("id"))),
    ),
)
INDEX_BEFORE = migrations.RemoveIndex("delivery", "delivery_in_bundle")
INDEX_AFTER = migrations.AddIndex(
    "delivery",
    models.Index(
        name="delivery_in_bundle",
        fields=["bundle_leader"],
        condition=models.Q(bundle_leader__isnull=False),
    ),
)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[CONSTRAINT_BEFORE, INDEX_BEFORE]),
        migrations.RenameField("delivery", "bundled_into", "bundle_leader"),
        migrations.RenameField("delivery", "offered_at", "hinted_at"),
        migrations.RenameField("delivery", "rung", "fallback_level"),
        migrations.AlterField(
            "delivery",
            "bundle_leader",
            models.ForeignKey(
                "notifications.delivery",
                on_delete=django.db.models.deletion.SET_NULL,
                null=True,
                related_name="followers",
                db_index=False,
            ),
        ),
        migrations.SeparateDatabaseAndState(state_operations=[CONSTRAINT_AFTER, INDEX_AFTER]),
    ]
