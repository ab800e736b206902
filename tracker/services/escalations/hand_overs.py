"""Hand an acknowledged escalation over to a colleague, who then owes the review."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from notifications import outbox
from tracker.models import Clinician, Escalation, HandOver
from tracker.services import audit
from tracker.services.context import Context
from tracker.services.errors import Conflict, NotFound, ServiceError
from tracker.services.escalations.lifecycle import lock_own
from tracker.services.escalations.notices import is_reachable, notify, urgency_of
from tracker.services.escalations.runs import restart


class ColleagueNotInTeam(ServiceError):
    """This colleague is not in the patient's care team. Choose someone who is."""

    code = "colleague_not_in_team"


class ColleagueInactive(ServiceError):
    """This colleague no longer works here, or sees no diaries. Choose someone else."""

    code = "colleague_inactive"


class ColleagueUnreachable(ServiceError):
    """This colleague has no working address and would not be told. Choose someone else."""

    code = "colleague_unreachable"


class AlreadyTheirs(Conflict):
    """This colleague is the owner already."""

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
        run_number=escalation.run_number,
        by=context.actor,
        to=to,
        at=context.at,
        reason=HandOver.Reason(reason) if reason else "",
    )
    escalation.owner = to
    escalation.save(update_fields=["owner"])
    _tell(context, escalation, to)
    audit.record(context, "escalation.hand_over", escalation)
    return escalation


def colleagues(escalation: Escalation) -> list[Clinician]:
    """The clinicians to whom it can be handed now."""
    team = escalation.patient.care_team.clinicians.active().exclude(owned=escalation)
    return [each for each in team if each.sees_diaries and outbox.reachable(each.recipient_id)]


def give_back(context: Context[Clinician], *, owner: Clinician) -> None:
    """Restart the escalations of an owner who leaves. The caller has a transaction."""
    theirs = Escalation.objects.filter(owner=owner).select_related("flag", "clinic")
    for escalation in theirs.select_for_update(of=("self",)).order_by("pk"):
        restart(escalation, at=context.at)
        audit.record(context, "escalation.reopen", escalation)
        outbox.wake_dispatcher()


def _colleague(escalation: Escalation, to_id: UUID) -> Clinician:
    to = Clinician.objects.filter(clinic_id=escalation.clinic_id, pk=to_id).first()
    if to is None:
        raise NotFound
    if not (Clinician.objects.active().filter(pk=to_id).exists() and to.sees_diaries):
        raise ColleagueInactive
    if not to.memberships.filter(care_team=escalation.patient.care_team).exists():
        raise ColleagueNotInTeam
    if not is_reachable(to_id):
        raise ColleagueUnreachable
    if escalation.owner_id == to_id:
        raise AlreadyTheirs
    return to


def _tell(context: Context[Clinician], escalation: Escalation, to: Clinician) -> None:
    """Cancel the previous owner's notices; do not tell those who hand it to themselves."""
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
