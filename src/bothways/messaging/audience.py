"""Whom a message means: a few plain terms, read from text, turned into a queryset of children."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q, QuerySet

from bothways.people.models import Household, Student
from bothways.schools.models import District, School, Section


class UnusableAudience(ValueError):
    """The audience cannot be read; the text says which word, and what is possible."""


@dataclass(frozen=True, slots=True)
class Audience:
    """All given terms must hold; without any it means everybody."""

    schools: tuple[str, ...] = ()  # roster ids, as all below
    grades: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    students: tuple[str, ...] = ()
    households: tuple[int, ...] = ()
    not_reached_since: date | None = None

    def to_json(self) -> dict[str, Any]:
        values = {name: list(v) for name, v in asdict(self).items() if isinstance(v, tuple) and v}
        if self.not_reached_since:
            values["not_reached_since"] = self.not_reached_since.isoformat()  # type: ignore[assignment]
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Audience":
        since = values.get("not_reached_since")
        terms = {name: tuple(v) for name, v in values.items() if name != "not_reached_since"}
        return cls(not_reached_since=date.fromisoformat(since) if since else None, **terms)

    def since(self, district: District) -> datetime | None:
        """The start of that day at the district."""
        if self.not_reached_since is None:
            return None
        return datetime.combine(self.not_reached_since, time.min, district.zone)


_NAMES = {"school": "schools", "grade": "grades", "section": "sections", "student": "students"}
HOW = (
    "Write “all”, or one or more of school:ID, grade:05, section:ID, student:ID, family:NUMBER and "
    "not-reached-since:2026-09-01, divided by blanks; several values of one kind are divided by commas."
)


def parse(spec: str) -> Audience:
    """An audience from words like ``school:255901107 grade:05`` or ``all``."""
    terms: dict[str, tuple[str, ...]] = {}
    households: tuple[int, ...] = ()
    since: date | None = None
    words = spec.split()
    if not words:
        raise UnusableAudience(f"The audience is empty. {HOW}")
    for word in words:
        name, colon, value = word.partition(":")
        values = tuple(v for v in value.split(",") if v)
        if word == "all":
            continue
        if not colon or not values:
            raise UnusableAudience(f"“{word}” is no audience. {HOW}")
        if name in _NAMES:
            terms[_NAMES[name]] = terms.get(_NAMES[name], ()) + values
        elif name == "family" and all(v.isdecimal() and len(v) < 18 for v in values):
            households += tuple(int(v) for v in values)
        elif name == "not-reached-since":
            try:
                since = date.fromisoformat(value)
            except ValueError:
                raise UnusableAudience(f"“{value}” is no date like 2026-09-01.") from None
        else:
            raise UnusableAudience(f"“{word}” is no audience. {HOW}")
    return Audience(**terms, households=households, not_reached_since=since)


def children(audience: Audience, among: QuerySet[Student]) -> QuerySet[Student]:
    """The live children that the audience means, out of those the author may write about."""
    found = among.filter(ended_at=None)
    if audience.schools:
        found = found.filter(school__sis_id__in=audience.schools)
    if audience.grades:
        found = found.filter(grade__in=audience.grades)
    if audience.sections:
        found = found.filter(
            Q(enrollments__section__sis_id__in=audience.sections, enrollments__ended_at=None)
        ).distinct()
    if audience.students:
        found = found.filter(sis_id__in=audience.students)
    if audience.households:
        found = found.filter(homes__household_id__in=audience.households).distinct()
    return found


def unknown_terms(audience: Audience, district: District) -> list[str]:
    """Ids in the audience that the district does not have: a typing error must not mean “nobody”."""
    missing: list[str] = []
    for wanted, model in (
        (audience.schools, School),
        (audience.sections, Section),
        (audience.students, Student),
    ):
        if wanted:
            known = set(
                model._default_manager.filter(district=district, sis_id__in=wanted).values_list(
                    "sis_id", flat=True
                )
            )
            missing += [v for v in wanted if v not in known]
    for wanted_grades, field, among in (
        (audience.grades, "grade", Student.objects.filter(district=district, ended_at=None)),
        (
            audience.households,
            "pk",
            Household.objects.filter(district=district, ended_at=None),
        ),
    ):
        if wanted_grades:
            found = set(
                among.filter(**{f"{field}__in": wanted_grades}).values_list(field, flat=True)
            )
            missing += [str(v) for v in wanted_grades if v not in found]
    return missing
