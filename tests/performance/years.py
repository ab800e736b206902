"""Years of a busy clinic as rows, made by the database itself from one day's."""

from __future__ import annotations

from django.db import connection

#: How many rows of each ledger; what hangs on them in proportion.
ROWS = 200_000

#: Every table with the columns of its copies that are their own: an expression of `n`.
COPIES = {
    "tracker_revision": (
        ROWS,
        {"uuid": "md5('r' || n)::uuid", "patient_id": "{patient}", "number": "1"},
    ),
    "tracker_diaryentry": (
        ROWS,
        {"uuid": "md5('r' || n)::uuid", "patient_id": "{patient}", "revision": "1"},
    ),
    "tracker_auditevent": (2 * ROWS, {"patient_id": "{patient}"}),
    "tracker_flag": (ROWS // 10, {"id": "md5('f' || n)::uuid", "episode_id": "{patient}"}),
    "tracker_escalation": (
        ROWS // 10,
        {"id": "md5('e' || n)::uuid", "flag_id": "md5('f' || n)::uuid"},
    ),
    "tracker_escalationstep": (ROWS // 10, {"escalation_id": "md5('e' || n)::uuid"}),
    "tracker_acknowledgement": (ROWS // 10, {"escalation_id": "md5('e' || n)::uuid"}),
    "tracker_review": (ROWS // 10, {"id": "md5('v' || n)::uuid"}),
    "tracker_reminder": (
        ROWS,
        {"patient_id": "md5('r' || n)::uuid", "slot_id": "md5('s' || n)::uuid"},
    ),
    "notifications_notification": (
        ROWS,
        {
            "id": "md5('n' || n)::uuid",
            "group_name": "'escalation:' || md5('e' || n / 10)::uuid",
            "created_at": "model.created_at - n * interval '1 minute'",
        },
    ),
    "notifications_delivery": (
        ROWS,
        {"id": "md5('d' || n)::uuid", "notification_id": "md5('n' || n)::uuid"},
    ),
    "notifications_attempt": (
        ROWS,
        {
            "delivery_id": "md5('d' || n)::uuid",
            "started_at": "started_at - n * interval '1 minute'",
        },
    ),
}

#: The ones to copy: of what is over.
MODELS = {
    "tracker_flag": "state = 'closed'",
    "tracker_escalation": "state = 'resolved'",
    "tracker_diaryentry": "retracted_at IS NULL",
    "tracker_revision": "kind = 'diary_entry' AND number = 2",
    "tracker_auditevent": "subject_id = (SELECT uuid::text FROM tracker_diaryentry LIMIT 1)",
    "notifications_delivery": "state = 'sent'",
}


def fill() -> None:
    """Without foreign keys: the people of these rows are not needed."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP INDEX diary_entry_one_per_day")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL statement_timeout = 0")
        for table, (rows, own) in COPIES.items():
            cursor.execute(f"SELECT * FROM {table} LIMIT 0")
            columns = [column.name for column in cursor.description]
            is_counted = "id" not in own
            values = {name: f"model.{name}" for name in columns}
            values |= {
                name: expression.format(patient="md5('p' || n % 1000)::uuid")
                for name, expression in own.items()
            }
            if is_counted:  # before what is there: the end of the ledger stays its end
                values["id"] = "-n"
            chosen = ", ".join(values[name] for name in columns)
            cursor.execute(
                f"INSERT INTO {table} SELECT {chosen} FROM"
                f" (SELECT * FROM {table} WHERE {MODELS.get(table, 'true')} LIMIT 1) model,"
                f" generate_series(1, {rows}) n"
            )
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE")
