"""What narrows a list of families: links that can be kept, and say nothing about anybody."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bothways.accounts.models import Teaching, User
from bothways.consent.queries import in_force
from bothways.core import clock
from bothways.languages.codes import name_in
from bothways.ledger.enums import Level
from bothways.ledger.models import FamilyReach
from bothways.ledger.queries import level_since
from bothways.messaging.models import Conversation
from bothways.outreach.services.tasks import open_for
from bothways.people.enums import PointKind, PointState
from bothways.people.models import (
    ContactPoint,
    Enrollment,
    Guardian,
    Household,
    HouseholdStudent,
    Student,
)
from bothways.reach.choosing import not_reached
from bothways.reach.enums import Reason
from bothways.reach.facts import refresh
from bothways.reach.models import FamilyFacts, FamilyKind
from bothways.schools.models import District, School, Section
from bothways.web.staff.scope import children_of, homes_of
from bothways.web.staff.words import LEVELS, REASONS

UNKNOWN = "-"  # in an address: a language that nobody asked for yet
_CALLS = (PointKind.PHONE.value, PointKind.WHATSAPP.value)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; what it asks wrongly, or what is not this reader's, is left out."""

    level: Level | None = None
    reason: Reason | None = None
    language: str = ""
    school: int | None = None
    grade: str = ""
    room: int | None = None
    no_phone: bool = False
    interpreter: bool = False
    restriction: bool = False
    mine: bool = False

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) not in (None, "", False) for field in fields(self))

    @property
    def query(self) -> str:
        """As in an address; "" where nothing is asked."""
        values = {
            "level": self.level_name,
            "reason": self.reason,
            "language": self.language,
            "school": self.school,
            "grade": self.grade,
            "class": self.room,
            "no_phone": self.no_phone and 1,
            "interpreter": self.interpreter and 1,
            "restriction": self.restriction and 1,
            "mine": self.mine and 1,
        }
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def level_name(self) -> str:
        return "" if self.level is None else self.level.name.lower()

    @property
    def on(self) -> list[tuple[str, bool]]:
        """Those that are only on or off, where on: a form that chooses others keeps them."""
        return [(name, True) for name, _words in SWITCHES if getattr(self, name)]

    @property
    def url(self) -> str:
        return reverse("families") + (f"?{self.query}" if self.query else "")


def read(asked: QueryDict) -> Filters:
    """The filters in an address. Anything may stand there."""
    level = asked.get("level", "").upper()
    reason = asked.get("reason", "")
    return Filters(
        level=Level[level] if level in Level.__members__ else None,
        reason=Reason(reason) if reason in set(Reason) else None,
        language=_plain(asked.get("language", ""), 20),
        school=_number(asked.get("school", "")),
        grade=_plain(asked.get("grade", ""), 40),
        room=_number(asked.get("class", "")),
        no_phone=asked.get("no_phone") == "1",
        interpreter=asked.get("interpreter") == "1",
        restriction=asked.get("restriction") == "1",
        mine=asked.get("mine") == "1",
    )


def _plain(text: str, longest: int) -> str:
    return text if len(text) <= longest and text.isprintable() else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def narrowed(user: User, asked: Filters, *, since: datetime) -> QuerySet[Household]:
    """The families this user serves that the filters ask for."""
    assert user.district is not None
    district, now = user.district, clock.now()
    found = _served(user) if asked else homes_of(user)
    if asked.school is not None or asked.grade or asked.room is not None:
        found = found.filter(pk__in=_homes(_children(user, asked)))
    reach = FamilyReach.objects.filter(pk=OuterRef("pk")).alias(level=level_since(since))
    if asked.level is Level.NONE:
        found = found.filter(~Exists(reach.filter(level__gt=Level.NONE)))
    elif asked.level is not None:
        found = found.filter(Exists(reach.filter(level=asked.level)))
    if asked.reason is not None:
        found = found.filter(not_reached(district, asked.reason, since=since, now=now))
    adults = Guardian.objects.filter(district=district, ended_at=None, household__isnull=False)
    if asked.language:
        tag = "" if asked.language == UNKNOWN else asked.language
        named = Q(reads="", speaks="") if not tag else Q(reads=tag) | Q(speaks=tag)
        found = found.filter(pk__in=adults.filter(named).values("household_id"))
    if asked.interpreter:
        found = found.filter(pk__in=adults.filter(wants_interpreter=True).values("household_id"))
    if asked.no_phone:
        points = ContactPoint.objects.filter(
            guardian__household=OuterRef("pk"),
            guardian__ended_at=None,
            kind__in=_CALLS,
            ended_at=None,
        )
        found = found.filter(~Exists(points.exclude(state=PointState.FAILING.value)))
    if asked.restriction:
        found = found.filter(pk__in=_homes(_restricted(user, now.astimezone(district.zone).date())))
    if asked.mine:
        found = found.filter(
            Q(pk__in=_homes(_taught(user)))
            | Q(pk__in=open_for(user).values("household_id"))
            | Q(
                pk__in=Conversation.objects.filter(
                    district=district, owner=user, waiting_since__isnull=False
                ).values("household_id")
            )
        )
    return found


def _served(user: User) -> QuerySet[Household]:
    """The families of the children whom this user serves; of a whole district without asking for each child."""
    if user.district is None or not user.is_district_wide:
        return homes_of(user)
    refresh(user.district, clock.now())
    counted = FamilyFacts.objects.filter(pk=OuterRef("pk"))
    return Household.objects.filter(Exists(counted), district=user.district, ended_at=None)


def _homes(children: QuerySet[Student]) -> QuerySet[HouseholdStudent, int]:
    rows = HouseholdStudent.objects.filter(student__in=children.values("pk").order_by())
    return rows.values_list("household_id", flat=True)


def _children(user: User, asked: Filters) -> QuerySet[Student]:
    children = children_of(user)
    if asked.school is not None:
        children = children.filter(school=asked.school)
    if asked.grade:
        children = children.filter(grade=asked.grade)
    if asked.room is not None:
        sits = Enrollment.objects.filter(section=asked.room, ended_at=None)
        children = children.filter(pk__in=sits.values("student_id"))
    return children


def _restricted(user: User, day: date) -> QuerySet[Student]:
    orders = in_force(day).filter(district=user.district, link__ended_at=None)
    return children_of(user).filter(pk__in=orders.values("link__student_id"))


def _taught(user: User) -> QuerySet[Student]:
    taught = Teaching.objects.filter(user=user, ended_at=None, section__ended_at=None)
    sits = Enrollment.objects.filter(section__in=taught.values("section_id"), ended_at=None)
    return children_of(user).filter(pk__in=sits.values("student_id"))


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in words, and the address with it put on or taken off."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Offered:
    """What this reader may choose from."""

    schools: list[tuple[int, str]]
    languages: list[tuple[str, str]]
    rooms: list[tuple[int, str]]
    grades: list[str]

    @property
    def levels(self) -> list[tuple[str, str]]:
        return [(level.name.lower(), str(LEVELS[level.name])) for level in Level]

    @property
    def reasons(self) -> list[tuple[str, str]]:
        return [(reason.value, str(REASONS[reason.value])) for reason in Reason]


def offered(user: User) -> Offered:
    """Schools where this user works, their own classes, the languages of the district; three queries."""
    assert user.district is not None
    schools = School.objects.filter(district=user.district, ended_at=None).order_by("name", "pk")
    if not user.is_district_wide:
        schools = schools.filter(pk__in={m.school_id for m in user.roles() if m.school_id})
    rooms = Section.objects.filter(
        teaching__user=user, teaching__ended_at=None, ended_at=None
    ).order_by("title", "pk")
    return Offered(
        schools=[(school.pk, school.name) for school in schools],
        languages=languages_of(user.district),
        rooms=[(room.pk, room.title) for room in rooms.distinct()],
        grades=GRADES,
    )


def languages_of(district: District) -> list[tuple[str, str]]:
    """The languages of the district's families, by name; who was not asked comes last."""
    kinds = FamilyKind.objects.filter(district=district).order_by()
    tags = set(kinds.values_list("language", flat=True).distinct())
    named = sorted(((tag, name_in(tag, "en")) for tag in tags - {""}), key=lambda one: one[1])
    return [*named, *([(UNKNOWN, _("nobody asked yet"))] if "" in tags else [])]


# As rosters write them (CEDS): asking the district's own would read every child for each page.
GRADES = ["PK", "TK", "KG", *(f"{n:02}" for n in range(1, 14))]

SWITCHES: tuple[tuple[str, Promise], ...] = (
    ("mine", gettext_lazy("Mine")),
    ("no_phone", gettext_lazy("No phone")),
    ("interpreter", gettext_lazy("Interpreter wanted")),
    ("restriction", gettext_lazy("A restriction holds")),
)


def chosen(asked: Filters, choice: Offered) -> list[Chip]:
    """The filters that hold, each with the address without it."""
    named: list[tuple[str, object, object]] = [
        ("level", asked.level is not None and LEVELS[asked.level.name], None),
        ("reason", asked.reason and REASONS[asked.reason.value], None),
        ("language", asked.language and _tongue(asked.language, choice), ""),
        ("school", asked.school and dict(choice.schools).get(asked.school, _("one school")), None),
        ("grade", asked.grade and _("Grade %(grade)s") % {"grade": asked.grade}, ""),
        ("room", asked.room and dict(choice.rooms).get(asked.room, _("one class")), None),
    ]
    return [
        Chip(str(words), replace(asked, **{name: none}).url)  # type: ignore[arg-type]
        for name, words, none in named
        if words
    ]


def _tongue(tag: str, choice: Offered) -> str:
    return dict(choice.languages).get(tag) or name_in(tag, "en")


def switches(asked: Filters) -> list[tuple[Chip, bool]]:
    """Filters that are on or off, each with the address that turns it."""
    shown: list[tuple[Chip, bool]] = []
    for name, words in SWITCHES:
        turned: dict[str, Any] = {name: not getattr(asked, name)}
        shown.append((Chip(str(words), replace(asked, **turned).url), getattr(asked, name)))
    return shown
