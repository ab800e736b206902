from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import IntegrityError

from notifications.models import Delivery

FORMER_COLUMNS = "rung, offered_at, bundled_into_id"


@pytest.fixture
def migrate(transactional_db):
    """Bring the app's tables to a migration, and to the newest one afterwards."""

    def migrate(name: str | None) -> None:
        executor = MigrationExecutor(connection)
        newest = [node for node in executor.loader.graph.leaf_nodes() if node[0] == "notifications"]
        executor.migrate([("notifications", name)] if name else newest)

    yield migrate
    migrate(None)


def test_renaming_the_columns_of_a_delivery_keeps_rows_and_constraints(enqueue, at, migrate):
    leader, follower = enqueue(), enqueue()
    Delivery.objects.filter(pk=follower.pk).update(
        state=Delivery.State.SENT, ended_at=at, bundle_leader=leader, hinted_at=at, fallback_level=2
    )
    migrate("0001_initial")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {FORMER_COLUMNS} FROM notifications_delivery WHERE id = %s", [follower.pk]
        )
        assert cursor.fetchone() == (2, at, leader.pk)

    migrate(None)

    follower.refresh_from_db()
    kept = (follower.fallback_level, follower.hinted_at, follower.bundle_leader_id)
    assert kept == (2, at, leader.pk)
    with pytest.raises(IntegrityError, match="delivery_bundled_once_claimed"):
        Delivery.objects.filter(pk=leader.pk).update(bundle_leader=follower)
