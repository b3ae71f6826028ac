"""The shared words, and going on from stage to stage."""

from collections.abc import Mapping

from django.db import transaction

from bothways.accounts.models import User
from bothways.cases import rules
from bothways.cases.enums import Event, How, Part, Side, Stage
from bothways.cases.models import Asking, Case
from bothways.cases.queries import calendar_of, facts, loaded
from bothways.cases.refusals import NotYet, Unusable
from bothways.cases.services.entering import (
    family_member,
    happened,
    opened,
    said,
    staff_member,
)
from bothways.core import clock
from bothways.people.models import Guardian


@transaction.atomic
def define(*, case: Case, definition: str, said_in: Mapping[str, str], by: User) -> Case:
    """Write down in behaviour words what both sides mean; changed words ask both sides again."""
    case = opened(case)
    member = staff_member(case, by)
    text = said(
        definition, "Write what a camera would see: who does what, when and how often.", most=2000
    )
    others = {
        tag: {**case.said_in.get(tag, {}), "definition": said(words, most=2000)}
        for tag, words in said_in.items()
    }
    changed = text != case.definition
    case.definition = text
    case.said_in = {**case.said_in, **others}
    if changed:
        case.home_agreed_at = None
        # Whoever writes it, agrees.
        case.school_agreed_at = clock.now() if Part(member.part).side is Side.SCHOOL else None
    case.save(update_fields=["definition", "said_in", "home_agreed_at", "school_agreed_at"])
    happened(case, Event.DEFINED, user=by)
    return case


@transaction.atomic
def agree(
    *, case: Case, by: User | Guardian, guardian: Guardian | None = None, how: How = How.PAGE
) -> Case:
    """A side finds the words right. Staff note it for a ``guardian`` who said so by call, letter or visit."""
    case = opened(case)
    if not case.definition:
        raise Unusable("There is nothing to agree to yet.")
    now = clock.now()
    if isinstance(by, User):
        member = staff_member(case, by)
        if guardian is not None:
            family_member(case, guardian)
            case.home_agreed_at = now
        elif Part(member.part).side is Side.SCHOOL:
            case.school_agreed_at = now
    else:
        guardian = family_member(case, by).guardian
        case.home_agreed_at = now
    case.save(update_fields=["home_agreed_at", "school_agreed_at"])
    if guardian is not None:
        Asking.objects.filter(case=case, guardian=guardian, answered_at=None).update(
            answered_at=now
        )
    happened(
        case,
        Event.AGREED,
        user=by if isinstance(by, User) else None,
        guardian=guardian,
        words=how.value if guardian is not None and isinstance(by, User) else "",
    )
    return case


@transaction.atomic
def move(*, case: Case, to: Stage, by: User, why: str = "") -> Case:
    """Go on to the next stage, or back to any earlier one; raises NotYet where something is missing.

    What is soft may be missing if somebody says ``why``: it stands on the case for all to read.
    """
    case = opened(case)
    staff_member(case, by)
    here = Stage(case.stage)
    why = said(why, most=500)
    if to is here:
        return case
    if to.number > here.number:
        if to is not rules.next_stage(here):
            raise NotYet("One stage after the other.", soft=False)
        whole = loaded(Case.objects.filter(pk=case.pk).select_related("student", "district")).get()
        today = clock.today(case.district.timezone)
        lacks = rules.missing(facts(whole, today, calendar_of(case.district)))
        hard = [words for words in lacks if words.hard]
        if hard:
            raise NotYet(" ".join(hard), soft=False)
        if lacks and not why:
            raise NotYet(
                " ".join(lacks) + " You can go on all the same: say why, so that all can read it.",
                soft=True,
            )
    case.stage = to.value
    case.save(update_fields=["stage"])
    happened(case, Event.STAGE, user=by, before=here.value, after=to.value, words=why)
    return case
