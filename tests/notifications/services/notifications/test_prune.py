from __future__ import annotations

from datetime import timedelta

from notifications.models import Attempt, Delivery, Notification
from notifications.services.deliveries.sending import deliver
from notifications.services.notifications.prune import KEEP, over, prune


def test_a_link_is_erased_once_it_was_sent(enqueue, smtp, at):
    sent, waiting = enqueue(link="/join/a"), enqueue(link="/join/b")
    deliver(delivery_id=sent.pk, at=at)

    prune(at=at, limit=10)

    links = dict(Notification.objects.values_list("pk", "link"))
    assert links == {sent.notification_id: "", waiting.notification_id: "/join/b"}


def test_old_finished_notifications_are_pruned_with_their_attempts(enqueue, smtp, at):
    over, waiting = enqueue(), enqueue()
    deliver(delivery_id=over.pk, at=at)

    prune(at=at + KEEP, limit=10)
    assert Delivery.objects.count() == 2
    prune(at=at + KEEP + timedelta(seconds=1), limit=10)

    assert list(Delivery.objects.all()) == [waiting]
    assert not Attempt.objects.exists()


def test_finished_notifications_are_found_without_a_join(enqueue):
    plan = over().exclude(link="").explain()

    assert "SubPlan" in plan
    assert "Join" not in plan
