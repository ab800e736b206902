from __future__ import annotations

import os
import socket
from time import monotonic

import pytest
from celery import Celery

from backend.celery import app
from backend.dispatcher.broker import Broker
from notifications.models import Urgency
from notifications.tasks import deliver
from tests import servers

pytestmark = pytest.mark.usefixtures("running_servers")

QUEUES = [urgency.queue for urgency in Urgency]


def unreachable(url: str) -> Celery:
    lost = Celery("lost", broker=url, set_as_current=False)
    lost.conf.broker_transport_options = app.conf.broker_transport_options
    return lost


@pytest.fixture
def lengths():
    """How many messages wait in each queue of the real broker."""

    def lengths() -> dict[str, int]:
        with app.connection_for_read() as connection:
            client = connection.default_channel.client
            return {queue: client.llen(queue) for queue in QUEUES}

    with app.connection_for_read() as connection:
        connection.default_channel.client.delete(*QUEUES)
    yield lengths
    with app.connection_for_read() as connection:
        connection.default_channel.client.delete(*QUEUES)


def test_no_worker_of_another_test_takes_from_these_queues():
    ours = os.environ.get("PYTEST_XDIST_WORKER", "")
    assert app.conf.broker_url == servers.broker_of(app.conf.broker_url, ours)


@pytest.mark.parametrize("queue", QUEUES)
def test_a_message_reaches_its_own_queue_once(lengths, queue):
    assert Broker(app).publish(deliver, queue=queue, delivery_id="7")

    assert lengths() == {name: int(name == queue) for name in QUEUES}


def test_a_message_holds_an_id_and_no_more(lengths):
    Broker(app).publish(deliver, queue="urgent", delivery_id="7")

    with app.connection_for_read() as connection:
        [message] = connection.default_channel.client.lrange("urgent", 0, -1)
    assert b"someone" not in message
    assert b"'delivery_id': '7'" in message


def test_a_lost_broker_is_noticed_at_once_and_not_tried_for_a_while(tmp_path):
    broker = Broker(unreachable(f"redis+socket://{tmp_path}/none.sock"))
    started = monotonic()

    assert not broker.publish(deliver, queue="urgent", delivery_id="7")

    assert monotonic() - started < 1
    assert not broker.is_open


def test_a_broker_that_accepts_connections_and_never_responds_costs_seconds():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker = Broker(unreachable(f"redis://127.0.0.1:{silent.getsockname()[1]}/0"))
        started = monotonic()

        assert not broker.publish(deliver, queue="urgent", delivery_id="7")

    assert monotonic() - started < 5


def test_a_programming_error_does_not_count_as_a_lost_broker():
    with pytest.raises(TypeError):
        Broker(app).publish(deliver, queue="urgent", wrong_name="7")
