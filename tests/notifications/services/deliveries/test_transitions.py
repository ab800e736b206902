from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest

import clock
import notifications
from notifications.models import Delivery
from notifications.services.deliveries.transitions import (
    TRANSITIONS,
    Event,
    IllegalTransition,
    State,
    Writer,
    apply,
)

DOCS = Path(__file__).parents[4] / "docs" / "channels.md"
PENDING, CLAIMED, SENT = State.PENDING, State.CLAIMED, State.SENT
ENDED = {each for each in State if each not in (PENDING, CLAIMED)}

#: Each event: the states in which it may happen, the state that follows, what it adds to the
#: attempts and to the claim number.
EXPECTED = {
    Event.CLAIM: ({PENDING, CLAIMED}, CLAIMED, +1, +1),
    Event.THROTTLE: ({PENDING, CLAIMED}, PENDING, 0, 0),
    Event.START: ({CLAIMED}, CLAIMED, 0, 0),
    Event.DEFER: ({CLAIMED}, PENDING, -1, 0),
    Event.BLOCK: ({CLAIMED}, State.SUPPRESSED, 0, 0),
    Event.ACCEPT: ({CLAIMED}, SENT, 0, 0),
    Event.ACCEPT_CONFIRMED: ({CLAIMED}, State.DELIVERED, 0, 0),
    Event.RETRY: ({CLAIMED}, PENDING, 0, 0),
    Event.FAIL: ({CLAIMED}, State.DEAD, 0, 0),
    Event.EXPIRE: ({PENDING, CLAIMED}, State.EXPIRED, 0, +1),
    Event.EXHAUST: ({PENDING, CLAIMED}, State.DEAD, 0, +1),
    Event.CANCEL: ({PENDING, CLAIMED}, State.CANCELLED, 0, +1),
    Event.CONFIRM: ({PENDING, CLAIMED, SENT}, State.DELIVERED, 0, +1),
    Event.REJECT: ({SENT}, State.DEAD, 0, 0),
    Event.SKIP: ({PENDING}, State.SUPPRESSED, 0, +1),
    Event.PROMOTE: ({PENDING}, PENDING, 0, 0),
    Event.REVIVE: ({State.DEAD}, PENDING, 0, +1),
}


@pytest.fixture
def at(db):
    return clock.now()


@pytest.fixture
def delivery_in(enqueue, at):
    """A delivery in this state that was claimed three times; no lease of it runs any more."""

    def delivery_in(state: State, *, lease: timedelta = timedelta(seconds=-1)) -> Delivery:
        delivery = enqueue()
        Delivery.objects.filter(pk=delivery.pk).update(
            state=state,
            claim_no=3,
            attempts=3,
            hinted_at=at,
            lease_until=at + lease if state == CLAIMED else None,
            ended_at=at - timedelta(minutes=1) if state in ENDED else None,
        )
        delivery.refresh_from_db()
        return delivery

    return delivery_in


def values(event: Event, at) -> dict[str, object]:
    is_leased = TRANSITIONS[event].target == CLAIMED
    return {"lease_until": at + timedelta(seconds=30)} if is_leased else {}


def test_every_event_has_a_row_and_every_row_is_expected():
    assert set(Event) == set(TRANSITIONS) == set(EXPECTED)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_an_event_changes_a_delivery_in_the_states_of_its_row_only(delivery_in, at, event, state):
    sources, target, attempts, claim_no = EXPECTED[event]
    before = delivery_in(state)

    if state not in sources:
        with pytest.raises(IllegalTransition):
            apply(event, [before], **values(event, at))
        return
    assert apply(event, [before], **values(event, at)) == 1
    after = Delivery.objects.get(pk=before.pk)
    assert (after.state, after.attempts, after.claim_no) == (target, 3 + attempts, 3 + claim_no)
    assert (after.ended_at is not None) == (target in ENDED)
    assert (after.lease_until is not None) == (target == CLAIMED)
    if target == PENDING:
        assert (after.hinted_at, after.bundle_leader) == (None, None)


@pytest.mark.parametrize("event", Event)
def test_what_was_claimed_anew_since_it_was_read_cannot_be_changed(delivery_in, at, event):
    read = delivery_in(next(iter(TRANSITIONS[event].sources)))
    Delivery.objects.filter(pk=read.pk).update(claim_no=4)

    with pytest.raises(IllegalTransition):
        apply(event, [read], **values(event, at))


@pytest.mark.parametrize(
    "event", [each for each in Event if TRANSITIONS[each].writer is Writer.CLAIMANT]
)
def test_while_a_lease_runs_nobody_else_claims_or_ends_a_delivery(delivery_in, at, event):
    held = delivery_in(CLAIMED, lease=timedelta(seconds=30))

    with pytest.raises(IllegalTransition):
        apply(event, [held], **values(event, at))


def test_only_a_claimed_delivery_has_a_holder():
    of_holders = [each for each in TRANSITIONS.values() if each.writer is Writer.HOLDER]

    assert {each.sources for each in of_holders} == {(CLAIMED,)}


def test_whoever_ends_a_delivery_that_another_may_hold_raises_the_claim_number():
    for event, row in TRANSITIONS.items():
        if row.writer is not Writer.HOLDER and CLAIMED in row.sources and row.target in ENDED:
            assert row.fences, event


def test_many_deliveries_change_together_whatever_their_claim_numbers(delivery_in, at):
    rows = [delivery_in(PENDING) for _ in range(3)]
    Delivery.objects.filter(pk=rows[0].pk).update(claim_no=9)
    rows[0].refresh_from_db()

    assert apply(Event.CANCEL, rows) == 3
    assert apply(Event.CANCEL, []) == 0


def writes_a_state(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(getattr(target, "attr", "") == "state" for target in node.targets)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    # A keyword without a name is `**columns`, which may hold a state.
    names = {each.arg for each in node.keywords}
    return node.func.attr in {"update", "update_or_create"} and bool(names & {"state", None})


def test_no_other_module_writes_the_state_of_a_delivery():
    package = Path(notifications.__file__).parent
    writers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if any(writes_a_state(node) for node in ast.walk(ast.parse(path.read_text())))
    }

    assert writers == {"services/deliveries/transitions.py"}


@pytest.mark.parametrize("event", Event)
def test_the_documents_table_has_the_row_of_each_event(event):
    row = TRANSITIONS[event]
    cells = (event.value, row.when, ", ".join(row.sources), row.target, row.writer.value)
    fences = "yes" if row.fences else ""

    assert f"| {' | '.join((*cells, fences))} |" in DOCS.read_text()
