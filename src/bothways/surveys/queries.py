"""Which surveys somebody may see, and whom a survey is about."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.consent.queries import standing
from bothways.languages.codes import fallbacks
from bothways.messaging.models import Delivery, Question
from bothways.people.models import Link
from bothways.surveys.enums import Of
from bothways.surveys.models import Invitation, Survey
from bothways.surveys.rules import WEEKS, Candidate

KIND = "survey"  # of questions by text


def surveys_for(user: User) -> QuerySet[Survey]:
    """Those of the schools in which this user may ask families; of the district where in all."""
    where = user.schools_where(Permission.SURVEYS)
    found = Survey.objects.filter(district=user.district_id)
    return found if where is None else found.filter(school__in=where)


def hearing(survey: Survey, at: datetime) -> QuerySet[Link]:
    """Live standing of adults for the children whom the survey is about; barred adults have none."""
    links = standing(district=survey.district, at=at).filter(
        guardian__household__isnull=False, guardian__household__ended_at=None
    )
    if survey.school_id:
        links = links.filter(student__school=survey.school_id)
    if survey.grades:
        links = links.filter(student__grade__in=survey.grades)
    return links


@dataclass(slots=True)
class Home:
    """A family that the survey is about, with the adults who may hear of it."""

    pk: int
    language: str = ""
    grade: str = ""
    school: int | None = None
    adults: dict[int, str] = field(default_factory=dict)  # guardian → language
    links: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    asked: int = 0

    @property
    def candidate(self) -> Candidate:
        return Candidate(self.pk, self.language, self.grade, self.asked)


def homes_of(survey: Survey, at: datetime) -> dict[int, Home]:
    """All families that the survey is about; two queries."""
    default = survey.district.default_language
    found: dict[int, Home] = {}
    rows = (
        hearing(survey, at)
        .order_by("guardian__household_id", "-primary_contact", "guardian_id", "pk")
        .values_list(
            "guardian__household_id",
            "guardian_id",
            "pk",
            "guardian__reads",
            "guardian__speaks",
            "student__grade",
            "student__school_id",
        )
    )
    for home, adult, link, reads, speaks, grade, school in rows:
        one = found.setdefault(home, Home(home, reads or speaks or default, grade, school))
        one.adults.setdefault(adult, reads or speaks or default)
        one.links[adult].append(link)
    for home, asked in burden(survey.district_id, at).items():
        if home in found:
            found[home].asked = asked
    return found


def burden(district: int, at: datetime) -> dict[int, int]:
    """Questions that each family got in the weeks that count; of several adults the most."""
    rows = (
        Invitation.objects.filter(district=district, at__gt=at - timedelta(weeks=WEEKS))
        .values("household", "guardian")
        .annotate(n=Sum("questions"))
    )
    found: dict[int, int] = {}
    for row in rows:
        found[row["household"]] = max(found.get(row["household"], 0), row["n"])
    return found


def written_for(language: str, languages: tuple[str, ...]) -> str | None:
    """The language of the form in which this reader gets it; None: a person asks instead."""
    return next((tag for tag in (language, *fallbacks(language)) if tag in languages), None)


def asked_by_a_person(survey: Survey, at: datetime) -> dict[int, str]:
    """Invited families in which nobody reads a language of the form, with theirs; three queries at the most.

    Nothing was sent to them: a person asks. Of an anonymous survey all are named, answered or not.
    """
    languages = survey.asks.languages
    invited = Invitation.objects.filter(survey=survey, not_them=False)
    if not survey.is_anonymous:
        invited = invited.filter(done=False)
    rows = [
        row
        for row in invited.order_by("pk").values_list("household_id", "guardian_id", "language")
        if written_for(row[2], languages) is None
    ]
    homes = homes_of(survey, at) if rows else {}
    found: dict[int, str] = {}
    for home, adult, tag in rows:
        adults = homes[home].adults if home in homes else {}
        hear = [adults[adult]] if adult in adults else [] if adult else list(adults.values())
        if hear and all(written_for(one, languages) is None for one in hear):
            found.setdefault(home, tag)
    return found


def invited_with(code: str) -> Invitation | None:
    """The invitation that this printed code names."""
    return (
        Invitation.objects.filter(code=code)
        .select_related("survey__district", "survey__school", "household", "guardian")
        .first()
    )


def invited_by(delivery: Delivery, at: datetime) -> Invitation | None:
    """The invitation behind a message that went out, for adults who have standing at this moment."""
    survey = survey_of(delivery.message_id)
    if survey is None:
        return None
    adults = list(
        hearing(survey, at)
        .filter(recipient__delivery=delivery)
        .order_by("guardian_id")
        .values_list("guardian_id", flat=True)
        .distinct()
    )
    if not adults:
        return None
    found = Invitation.objects.filter(survey=survey, household=delivery.household_id)
    if survey.of == Of.GUARDIAN:
        found = found.filter(guardian__in=adults)
    # Two adults share the address: whoever has not answered yet.
    return (
        found.select_related("survey__district", "survey__school", "household", "guardian")
        .order_by("done", "pk")
        .first()
    )


def survey_of(message: int) -> Survey | None:
    """The survey that this message is about."""
    asked = Question.objects.filter(message=message, kind=KIND).values_list("ref", flat=True)
    by_text = [int(ref.partition(":")[0]) for ref in asked]
    return (
        Survey.objects.filter(Q(message_id=message) | Q(reminder_id=message) | Q(pk__in=by_text))
        .select_related("district", "school")
        .first()
    )


def may_answer(invitation: Invitation, at: datetime) -> bool:
    """Whether anybody whom this invitation is for may still hear about a child of the survey."""
    links = hearing(invitation.survey, at).filter(guardian__household=invitation.household_id)
    if invitation.guardian_id:
        links = links.filter(guardian=invitation.guardian_id)
    return links.exists()


def open_for(guardian: int, links: Collection[Link], household: int | None) -> Invitation | None:
    """The newest open survey that waits for this adult; ``links``: their standing at this moment."""
    if household is None:
        return None
    schools = {link.student.school_id for link in links}
    return (
        Invitation.objects.filter(
            Q(guardian=guardian) | Q(guardian=None),
            Q(survey__school=None) | Q(survey__school__in=[pk for pk in schools if pk]),
            household=household,
            done=False,
            not_them=False,
            survey__opened_at__isnull=False,
            survey__closed_at=None,
        )
        .select_related("survey")
        .order_by("-pk")
        .first()
    )


def by_language(homes: Mapping[int, Home]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for home in homes.values():
        found[home.language] += 1
    return dict(found)
