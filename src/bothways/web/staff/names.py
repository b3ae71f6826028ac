"""What a family is called for a reader: by the children this reader serves."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from bothways.accounts.models import User
from bothways.people.models import Guardian, HouseholdStudent
from bothways.web.staff.scope import children_of


@dataclass(frozen=True, slots=True)
class Child:
    id: int
    name: str
    grade: str
    school: str
    called: str = ""  # the given name in use


@dataclass(slots=True)
class Home:
    """A family in a list."""

    id: int
    children: list[Child] = field(default_factory=list)
    adults: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)  # tags, each once


def homes(user: User, ids: Iterable[int]) -> dict[int, Home]:
    """These families with the children that this user serves; two queries whatever their number."""
    wanted = list(dict.fromkeys(ids))
    found = {pk: Home(pk) for pk in wanted}
    children: dict[int, list[Child]] = defaultdict(list)
    for row in (
        HouseholdStudent.objects.filter(household__in=wanted, student__in=children_of(user))
        .select_related("student__school")
        .order_by("household_id", "-student__grade", "student__given", "student_id")
    ):
        student = row.student
        school = student.school.name if student.school else ""
        children[row.household_id].append(
            Child(student.pk, student.name, student.grade, school, student.called)
        )
    for adult in (
        Guardian.objects.filter(household__in=wanted, ended_at=None, links__ended_at=None)
        .distinct()
        .order_by("household_id", "pk")
    ):
        if adult.household_id is None:
            continue
        home = found[adult.household_id]
        home.adults.append(adult.name)
        tag = adult.reads or adult.speaks
        if tag and tag not in home.languages:
            home.languages.append(tag)
    for pk, its_children in children.items():
        found[pk].children = its_children
    return found
