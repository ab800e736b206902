"""An acknowledged escalation passes to a colleague, who owes the review from then on."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from notifications import outbox
from tracker.models import Clinician, Escalation, HandOver
from tracker.services.context import Context
from tracker.services.errors import Conflict, NotFound, ServiceError
from tracker.services.escalations.lifecycle import lock_own, record
from tracker.services.escalations.runs import can_be_told, notify, restart, urgency_of


class ColleagueNotInTeam(ServiceError):
    """It can be handed to someone of the patient's care team only."""

    code = "colleague_not_in_team"


class ColleagueInactive(ServiceError):
    """This colleague does not work here any more, or sees no diaries."""

    code = "colleague_inactive"


class ColleagueUnreachable(ServiceError):
    """This colleague has no working address and would not learn of it."""

    code = "colleague_unreachable"


class AlreadyTheirs(Conflict):
    """It is theirs already."""

    code = "already_theirs"


@transaction.atomic
def hand_over(
    context: Context[Clinician], *, escalation_id: UUID, to_id: UUID, reason: str = ""
) -> Escalation:
    """Make a colleague the owner. The deadline of the review stays as it is."""
    escalation = lock_own(context, escalation_id)
    to = _colleague(escalation, to_id)
    HandOver.objects.create(
        clinic_id=escalation.clinic_id,
        escalation=escalation,
        epoch=escalation.epoch,
        by=context.actor,
        to=to,
        at=context.at,
        reason=HandOver.Reason(reason) if reason else "",
    )
    escalation.owner = to
    escalation.save(update_fields=["owner"])
    _tell(context, escalation, to)
    record(context, "escalation.hand_over", escalation)
    return escalation


def colleagues(escalation: Escalation) -> list[Clinician]:
    """To whom it could be handed now."""
    team = escalation.patient.care_team.clinicians.active().exclude(owned=escalation)
    return [each for each in team if each.sees_diaries and outbox.reachable(each.recipient_id)]


def give_back(context: Context[Clinician], *, owner: Clinician) -> None:
    """Somebody leaves: what was with them is told to others. The caller has a transaction."""
    theirs = Escalation.objects.filter(owner=owner).select_related("flag", "clinic")
    for escalation in theirs.select_for_update(of=("self",)).order_by("pk"):
        restart(escalation, at=context.at)
        record(context, "escalation.reopen", escalation)
        outbox.wake_dispatcher()


def _colleague(escalation: Escalation, to_id: UUID) -> Clinician:
    to = Clinician.objects.filter(clinic_id=escalation.clinic_id, pk=to_id).first()
    if to is None:
        raise NotFound
    if not (Clinician.objects.active().filter(pk=to_id).exists() and to.sees_diaries):
        raise ColleagueInactive
    if not to.memberships.filter(care_team=escalation.patient.care_team).exists():
        raise ColleagueNotInTeam
    if not can_be_told(to_id):
        raise ColleagueUnreachable
    if escalation.owner_id == to_id:
        raise AlreadyTheirs
    return to


def _tell(context: Context[Clinician], escalation: Escalation, to: Clinician) -> None:
    """Whoever had it before hears no more of it; who takes it themselves knows."""
    outbox.cancel(group=escalation.owner_group, at=context.at)
    if to != context.actor:
        notify(
            escalation,
            clinicians=[to.id],
            kind=outbox.Kind.ESCALATION_HANDED_OVER,
            urgency=urgency_of(escalation),
            group=escalation.owner_group,
            at=context.at,
        )
