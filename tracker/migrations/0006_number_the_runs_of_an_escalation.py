"""Renames: a run of an escalation has a run number, a clinician is a member of a clinic."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracker", "0005_name_record_kinds")]

    operations = [
        migrations.RemoveConstraint(model_name="escalationstep", name="escalation_step_once"),
        *(
            migrations.RenameField(model_name=model, old_name="epoch", new_name="run_number")
            for model in ("escalation", "escalationstep", "acknowledgement", "handover")
        ),
        migrations.AlterModelOptions(
            name="escalationstep", options={"ordering": ["run_number", "position"]}
        ),
        migrations.AddConstraint(
            model_name="escalationstep",
            constraint=models.UniqueConstraint(
                fields=("escalation", "run_number", "position"), name="escalation_step_once"
            ),
        ),
        migrations.RemoveConstraint(model_name="clinician", name="clinician_one_seat"),
        migrations.AddConstraint(
            model_name="clinician",
            constraint=models.UniqueConstraint(
                fields=("clinic", "user"), name="clinician_one_membership"
            ),
        ),
    ]
