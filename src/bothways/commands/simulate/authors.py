"""The simulated authors: who they are in this district, and how they send what the calendar says."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, Teaching, User
from bothways.commands.simulate.calendar import Child, ClassRoom, Item, SchoolHouse
from bothways.commands.simulate.words import marked, versions
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose
from bothways.messaging.services.messages import Draft, UnusableMessage, send
from bothways.people.models import Enrollment, Student
from bothways.schools.models import District, School, Section

_HEADS = (Role.PRINCIPAL.value, Role.OFFICE.value)


def schools_of(district: District) -> list[SchoolHouse]:
    """Every school with who writes for it, its classes that somebody teaches, and its children."""
    heads: dict[int | None, int] = {}
    members = Membership.objects.filter(
        district=district, role__in=_HEADS, ended_at=None, user__is_active=True
    )
    for member in sorted(members, key=lambda m: (_HEADS.index(m.role), m.user_id)):
        heads.setdefault(member.school_id, member.user_id)
    taught: dict[int, int] = {}
    for section, user in (
        Teaching.objects.filter(
            district=district, ended_at=None, section__ended_at=None, user__is_active=True
        )
        .order_by("user_id")
        .values_list("section_id", "user_id")
    ):
        taught.setdefault(section, user)
    teachers: dict[int, set[int]] = defaultdict(set)
    for student, section in Enrollment.objects.filter(
        section__district=district, ended_at=None
    ).values_list("student_id", "section_id"):
        if section in taught:
            teachers[student].add(taught[section])
    found = []
    for school in School.objects.filter(district=district, ended_at=None).order_by("sis_id"):
        rooms = Section.objects.filter(school=school, ended_at=None).order_by("sis_id")
        children = Student.objects.filter(school=school, ended_at=None).order_by("sis_id", "pk")
        found.append(
            SchoolHouse(
                id=school.sis_id,
                name=school.name,
                head=heads.get(school.pk, heads.get(None)),
                classes=[
                    ClassRoom(room.sis_id, room.title, taught[room.pk])
                    for room in rooms
                    if room.pk in taught
                ],
                children=[
                    Child(child.sis_id, child.called, tuple(sorted(teachers[child.pk])))
                    for child in children
                    if child.sis_id and child.called
                ],
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Writes:
    """Sends one item of the calendar at its moment."""

    district: District
    item: Item

    def __call__(self, now: datetime) -> None:
        item, district = self.item, self.district
        words = marked(versions(item.kind, **item.parts), item.number)
        subjects = {
            tag: f"{item.parts.get('place') or district.name} #{item.number}" for tag in words
        }
        student = None
        if item.student is not None:
            student = Student.objects.filter(district=district, sis_id=item.student).first()
        audience = Audience(
            schools=item.schools,
            sections=item.sections,
            students=(item.student,) if item.student else (),
        )
        school = (
            School.objects.filter(district=district, sis_id=item.schools[0]).first()
            if item.schools
            else None
        )
        draft = Draft(Purpose(item.purpose), audience, words, subjects, student, school)
        author = User.objects.filter(pk=item.author).first() if item.author else None
        try:
            send(draft, district=district, by=author)
        except UnusableMessage:
            # Somebody whose role does not write to families: the office sends it for them.
            send(draft, district=district, by=None)
