"""The open next step of every family that is not reached, with its owner and date."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.consent.queries import standing
from bothways.languages.codes import name_in
from bothways.messaging.enums import Hold
from bothways.messaging.models import Delivery
from bothways.messaging.queries import teachers_of
from bothways.outreach.enums import StepChannel, Way
from bothways.outreach.models import PersonContact
from bothways.outreach.rules import Ways, next_step
from bothways.people.models import ContactPoint, HouseholdStudent
from bothways.reach.queries import FamilyRow
from bothways.schools.models import ClosedDay, District


@dataclass(frozen=True, slots=True)
class OpenStep:
    what: str
    channel: StepChannel
    owner: User | None
    owner_name: str
    due: date


def next_steps(
    district: District, rows: Sequence[FamilyRow], *, since: datetime, now: datetime
) -> dict[int, OpenStep]:
    """For each of these families that is not reached its next step; a fixed number of queries."""
    wanted = [row for row in rows if row.reason is not None]
    ids = [row.household_id for row in wanted]
    ways = _ways(district, ids, since, now)
    owners = _Owners(district, ids)
    today = now.astimezone(district.zone).date()
    closed = set(
        ClosedDay.objects.filter(
            district=district, school=None, day__range=(today, today + timedelta(days=60))
        ).values_list("day", flat=True)
    )
    steps = {}
    for row in wanted:
        assert row.reason is not None
        other = row.language and row.language != district.default_language
        step = next_step(
            row.reason,
            ways[row.household_id],
            today=today,
            last_tried=row.last_tried.astimezone(district.zone).date() if row.last_tried else None,
            waiting_until=(
                row.waiting_until.astimezone(district.zone).date() if row.waiting_until else None
            ),
            spoken=row.held_why == Hold.SPOKEN_NEEDED.value,
            language=f"in {name_in(row.language, 'en')}" if other else "",
            closed=closed,
        )
        owner = owners.of(row, step.role)
        steps[row.household_id] = OpenStep(
            what=step.what,
            channel=step.channel,
            owner=owner,
            owner_name=owner.name if owner else "The school office",
            due=step.due,
        )
    return steps


def _ways(
    district: District, ids: Sequence[int], since: datetime, now: datetime
) -> dict[int, Ways]:
    lawful = standing(district=district, at=now).filter(guardian__household__in=ids)
    points = ContactPoint.objects.filter(guardian__links__in=lawful, ended_at=None).exclude(
        why="wrong_person"
    )
    phones: set[int | None] = set()
    addresses: set[int | None] = set()
    for home, kind, state in points.values_list("guardian__household_id", "kind", "state"):
        if kind == "phone":
            phones.add(home)
        elif kind == "postal" and state != "failing":
            addresses.add(home)
    letters = Counter(
        Delivery.objects.filter(
            household__in=ids,
            channel__in=["letter", "handover"],
            created_at__gte=since,
            rank__gte=20,
        ).values_list("household_id", flat=True)
    )
    done = Counter(
        PersonContact.objects.filter(household__in=ids, at__gte=since).values_list(
            "household_id", "way"
        )
    )
    return {
        pk: Ways(
            phone=pk in phones,
            address=pk in addresses,
            letters=letters[pk],
            calls=done[(pk, Way.CALL.value)],
            visits=done[(pk, Way.VISIT.value)],
            handovers=done[(pk, Way.HANDOVER.value)],
        )
        for pk in ids
    }


class _Owners:
    """Who takes a step: the child's teacher, the school's office, its principal; else who is there."""

    def __init__(self, district: District, ids: Sequence[int]) -> None:
        self.children: dict[int, int] = {}
        for home, student in (
            HouseholdStudent.objects.filter(household__in=ids, student__ended_at=None)
            .order_by("household_id", "student_id")
            .values_list("household_id", "student_id")
        ):
            self.children.setdefault(home, student)
        self.teachers = teachers_of(list(set(self.children.values())))
        self.by_role: dict[tuple[str, int | None], list[User]] = defaultdict(list)
        for member in (
            Membership.objects.filter(district=district, ended_at=None, user__is_active=True)
            .select_related("user")
            .order_by("user_id")
        ):
            self.by_role[(member.role, member.school_id)].append(member.user)

    def of(self, row: FamilyRow, role: str) -> User | None:
        schools: list[int | None] = [*row.school_ids, None]
        teacher = self.teachers.get(self.children.get(row.household_id, 0))
        if role == "teacher" and teacher is not None:
            return teacher
        order = {
            "teacher": [Role.COUNSELOR, Role.OFFICE, Role.PRINCIPAL],
            "office": [Role.OFFICE, Role.PRINCIPAL],
            "principal": [Role.PRINCIPAL, Role.OFFICE],
        }[role]
        for wanted in [*order, Role.DISTRICT_ADMIN]:
            for school in schools:
                found = self.by_role.get((wanted.value, school))
                if found:
                    # Spread over those who share the role, always the same person for one family.
                    return found[row.household_id % len(found)]
        return teacher
