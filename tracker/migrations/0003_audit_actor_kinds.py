from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracker", "0002_audit_request_id_length")]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="actor_kind",
            field=models.CharField(
                max_length=12,
                choices=[
                    ("patient", "Patient"),
                    ("carer", "Carer"),
                    ("clinician", "Clinician"),
                    ("operator", "Operator"),
                    ("integration", "Integration"),
                    ("system", "System"),
                ],
            ),
        ),
    ]
