"""What the clinic's staff decide and write, by the rule of the flag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracker.models import Order, Referral, Review, Visit

Decision = Review.Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    decision: Review.Decision
    note: str  #: for colleagues
    message: str  #: for the patient
    orders: Sequence[Order.Test] = ()
    referrals: Sequence[Referral.Specialty] = ()
    visit: Visit.Mode | None = None


REPLIES: Mapping[str, Reply] = {
    "RF-CES": Reply(
        decision=Decision.SEE_PATIENT,
        note="Phoned at once. Hesitancy once after much tea, none since. Perineal sensation"
        " normal in the clinic, residual volume 20 ml. Knows what to watch for.",
        message="Thank you for telling us right away. Your examination was reassuring. If"
        " starting gets hard again, or you feel numb between the legs, call 911.",
        visit=Visit.Mode.IN_PERSON,
    ),
    "RF-MOTOR": Reply(
        decision=Decision.SEE_PATIENT,
        note="Needs a neurological examination today.",
        message="Please come in today. We have kept a place for you.",
        visit=Visit.Mode.IN_PERSON,
        orders=(Order.Test.MRI,),
    ),
    "SURG-CONSIDER": Reply(
        decision=Decision.REFER,
        note="Six weeks of good care without effect, and walking is limited. MRI, then surgery"
        " to look at it. Not a decision for surgery.",
        message="You have done everything we asked, and it has not helped enough. That is not"
        " your fault. We would like an MRI and a talk with our spine surgeon about what else"
        " there is. Please go on with the heat and the walking meanwhile.",
        orders=(Order.Test.MRI,),
        referrals=(Referral.Specialty.SPINE_SURGERY,),
    ),
    "CC-FAIL": Reply(
        decision=Decision.REFER,
        note="Care was tried properly and pain is unchanged. Physiatry for a second look.",
        message="Your diary shows how steadily you have worked at this. Since it has not helped"
        " enough, we are referring you to a specialist in rehabilitation.",
        referrals=(Referral.Specialty.PHYSIATRY,),
        orders=(Order.Test.X_RAY,),
    ),
    "CC-NOTTRIED": Reply(
        decision=Decision.CHANGE_PLAN,
        note="Could hardly start: shifts and the bus ride. Home program by video instead.",
        message="Getting to the clinic is hard for you at the moment. Let us do the exercises"
        " together by video, ten minutes at a time that suits you.",
        visit=Visit.Mode.VIDEO,
    ),
    "WORSE": Reply(
        decision=Decision.CHANGE_PLAN,
        note="Flare after lifting, no red flags by phone. Relative rest for two days, heat,"
        " then back to the program. Look again in a week.",
        message="A flare like this usually settles in days. Use heat, keep moving a little, and"
        " phone us if a leg gets weak or numb.",
    ),
    "SEV-DEBIL": Reply(
        decision=Decision.CHANGE_PLAN,
        note="Two very bad days with broken sleep. Examined by video, no deficit.",
        message="Those were hard days. We have adapted your plan; please look at it in the app.",
        visit=Visit.Mode.VIDEO,
    ),
    "SEV-SUST": Reply(
        decision=Decision.SEE_PATIENT,
        note="A week at 7 or more. In the office this week.",
        message="Your pain has been high for a week. We would like to see you this week.",
        visit=Visit.Mode.IN_PERSON,
    ),
    "FUNC-LIMIT": Reply(
        decision=Decision.SEE_PATIENT,
        note="Short walking distance, better leaning forward. Examine, think of stenosis.",
        message="We saw that walking has become short. Please come in so that we can find out why.",
        visit=Visit.Mode.IN_PERSON,
    ),
    "MED-DOSE": Reply(
        decision=Decision.CONTINUE_CARE,
        note="Did not know that both brands are ibuprofen. Explained, total discussed.",
        message="Advil and Motrin are both ibuprofen, so their doses add up. Please keep to one"
        " of them, and to what the package says. Call us if your stomach hurts.",
    ),
    "DATA-GAP": Reply(
        decision=Decision.CONTINUE_CARE,
        note="Phoned: all right, lost the phone.",
        message="Good to hear that you are well. Write again whenever you can.",
    ),
}

ANY = Reply(
    decision=Decision.CONTINUE_CARE,
    note="Looked at the diary and the plan. Nothing to change.",
    message="We have looked at your diary. You are on a good way, please go on like this.",
)


def reply_to(rules: Sequence[str]) -> Reply:
    """Return the reply to the most serious of these rules: the list above is in that order."""
    return next((REPLIES[rule] for rule in REPLIES if rule in rules), ANY)
