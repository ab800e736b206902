from __future__ import annotations

from django.db import migrations

CREATE = """
CREATE FUNCTION lumbar_now() RETURNS timestamp with time zone
LANGUAGE sql VOLATILE
AS $$
    SELECT clock_timestamp() + coalesce((SELECT shift FROM clock_shift), interval '0')
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("clock", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION lumbar_now();")]
