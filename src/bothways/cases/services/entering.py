"""Who acts in a case, and that it is open."""

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.cases.enums import Event, Part
from bothways.cases.models import Case, CaseEvent, Member
from bothways.cases.queries import family_cases, member_of
from bothways.cases.refusals import NotYours, Unusable
from bothways.core import clock
from bothways.people.models import Guardian

MOST_WORDS = 10_000
MOST_TITLE = 200


def said(words: str, what: str = "", *, most: int = MOST_WORDS) -> str:
    """The words as a database keeps them. Raises Unusable: too long, or empty where ``what`` is asked."""
    clean = words.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(clean) > most:
        raise Unusable(f"That is {len(clean)} characters. Say it in {most} or fewer.")
    if what and not clean:
        raise Unusable(what)
    return clean


def opened(case: Case) -> Case:
    """The case for a change, locked; or Unusable where it is closed."""
    found = (
        Case.objects.select_for_update(of=("self",))
        .select_related("student__school", "district")
        .get(pk=case.pk)
    )
    if found.closed_at is not None:
        raise Unusable("This case is closed. Open it again first.")
    return found


def staff_member(case: Case, by: User, *parts: Part) -> Member:
    """This person's membership, of one of these parts where some are named; or NotYours."""
    found = member_of(case, by)
    if found is None:
        raise NotYours
    if parts and found.part not in parts:
        raise Unusable("The lead of this case does that. Ask them.")
    return found


def family_member(case: Case, guardian: Guardian) -> Member:
    """This adult's membership, if they have standing today; or NotYours."""
    if not family_cases(guardian, clock.now()).filter(pk=case.pk).exists():
        raise NotYours
    return Member.objects.get(case=case, guardian=guardian)


def happened(
    case: Case,
    kind: Event,
    *,
    user: User | None = None,
    guardian: Guardian | None = None,
    before: str = "",
    after: str = "",
    words: str = "",
) -> None:
    """A dated line for all members, and one of the record."""
    CaseEvent.objects.create(
        case=case,
        kind=kind.value,
        at=clock.now(),
        user=user,
        guardian=guardian,
        before=before,
        after=after,
        words=words,
    )
    record(f"case.{kind.value}", case, by=user.pk if user else None, district=case.district_id)
