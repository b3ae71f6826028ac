"""The shared cast: a little district with everybody whom a test may need to know.

Plain functions that make models; ``cast()`` makes them all. The families:

- **Alician and Troy**: a single mother with a phone; Troy and his sister Maya, who is at the middle school.
- **Emily and her parents**: an address and nothing else.
- **Nour and Karim**: the father reads Arabic and has an email.
- **Luis and Elena**: the mother's home is hidden; Luis's father Hector is barred and lives elsewhere.
"""

from dataclasses import dataclass
from itertools import count

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, Teaching, User
from bothways.core import clock
from bothways.core.text import fold, fold_address
from bothways.people.enums import PointKind, RestrictionKind
from bothways.people.models import (
    CaseLoad,
    ContactPoint,
    Enrollment,
    Guardian,
    Household,
    HouseholdStudent,
    Link,
    Restriction,
    Student,
)
from bothways.schools.models import District, School, Section

_numbers = count(1)


def district(name: str = "Grand Bend") -> District:
    return District.objects.create(sis_id=f"d-{next(_numbers)}", name=name)


def school(of: District, name: str) -> School:
    return School.objects.create(
        district=of,
        sis_id=f"s-{next(_numbers)}",
        name=name,
        address="1 School Road\nGrand Bend, TX 78834",
    )


def staff(given: str, role: Role, of: District, at: School | None = None) -> User:
    """Somebody with one role, who can sign in."""
    user = User.objects.create_user(
        f"{given.lower()}@grandbend.example", district=of, given=given, family="Staff"
    )
    Membership.objects.create(district=of, user=user, role=role.value, school=at)
    return user


def section(title: str, at: School, teacher: User) -> Section:
    made = Section.objects.create(
        district=at.district, school=at, sis_id=f"c-{next(_numbers)}", title=title
    )
    Teaching.objects.create(district=at.district, user=teacher, section=made)
    return made


def student(given: str, family: str, at: School, *sections: Section, grade: str = "05") -> Student:
    made = Student.objects.create(
        district=at.district,
        sis_id=f"st-{next(_numbers)}",
        given=given,
        family=family,
        school=at,
        grade=grade,
        search=fold(f"{given} {family}"),
    )
    for seat in sections:
        Enrollment.objects.create(district=at.district, student=made, section=seat)
    return made


def guardian(
    of: District,
    given: str,
    family: str,
    *,
    mobile: str = "",
    email: str = "",
    address: str = "",
    reads: str = "",
    address_hidden: bool = False,
) -> Guardian:
    made = Guardian.objects.create(
        district=of,
        sis_id=f"gu-{next(_numbers)}",
        given=given,
        family=family,
        speaks=reads,
        reads=reads,
        address_hidden=address_hidden,
        search=fold(f"{given} {family}"),
    )
    for kind, value in (
        (PointKind.PHONE, mobile),
        (PointKind.EMAIL, email),
        (PointKind.POSTAL, address),
    ):
        if value:
            ContactPoint.objects.create(
                district=of,
                guardian=made,
                kind=kind.value,
                address=value,
                match=fold_address(value) if kind is PointKind.POSTAL else value,
                said_mobile=kind is PointKind.PHONE,
            )
    return made


def home(children: list[Student], adults: list[Guardian], relation: str = "parent") -> Household:
    """A family: these adults live together and hold a link to each of these children."""
    first = children[0]
    made = Household.objects.create(district=first.district, created_at=clock.now())
    for child in children:
        HouseholdStudent.objects.create(household=made, student=child)
        for adult in adults:
            Link.objects.create(
                district=first.district, student=child, guardian=adult, relation=relation
            )
    for adult in adults:
        adult.household = made
        adult.save(update_fields=["household"])
    return made


def bar(adult: Guardian, child: Student, kind: RestrictionKind, document: str = "") -> Restriction:
    return Restriction.objects.create(
        district=child.district,
        link=Link.objects.get(guardian=adult, student=child),
        kind=kind.value,
        document=document,
    )


def assign(child: Student, to: User) -> CaseLoad:
    return CaseLoad.objects.create(district=child.district, user=to, student=child, at=clock.now())


@dataclass
class Cast:
    district: District
    elementary: School
    middle: School
    room_12: Section
    room_7: Section
    admin: User
    principal: User
    office: User
    counselor: User
    mrs_c: User
    teacher_elsewhere: User
    liaison: User
    interpreter: User
    duty: User
    records: User
    troy: Student
    maya: Student
    emily: Student
    nour: Student
    luis: Student
    alician: Guardian
    emilys_mother: Guardian
    emilys_father: Guardian
    karim: Guardian
    elena: Guardian
    hector: Guardian
    troys_home: Household
    emilys_home: Household
    nours_home: Household
    luiss_home: Household
    hectors_home: Household
    order: Restriction

    def by_role(self) -> dict[str | None, User | None]:
        """Somebody for each row of an access table; None is a stranger."""
        return {
            "district_admin": self.admin,
            "principal": self.principal,
            "office": self.office,
            "counselor": self.counselor,
            "teacher": self.mrs_c,
            "teacher_elsewhere": self.teacher_elsewhere,
            "family_liaison": self.liaison,
            "interpreter": self.interpreter,
            "duty": self.duty,
            "records": self.records,
            None: None,
        }


def cast() -> Cast:
    """Everybody."""
    of = district()
    elementary, middle = school(of, "Lincoln Elementary"), school(of, "Oak Middle School")
    mrs_c = staff("Clara", Role.TEACHER, of, elementary)
    elsewhere = staff("Okafor", Role.TEACHER, of, middle)
    room_12, room_7 = section("Room 12", elementary, mrs_c), section("Room 7", middle, elsewhere)
    troy = student("Troy", "Washington", elementary, room_12)
    maya = student("Maya", "Washington", middle, room_7, grade="07")
    emily = student("Emily", "Parker", elementary, room_12)
    nour = student("Nour", "Haddad", elementary, room_12)
    luis = student("Luis", "Núñez", elementary, room_12)
    alician = guardian(
        of, "Alician", "Washington", mobile="+13125550101", address="9 Elm St\nGrand Bend, TX 78834"
    )
    emilys_mother = guardian(of, "Ruth", "Parker", address="12 Fence Rd\nGrand Bend, TX 78834")
    emilys_father = guardian(of, "Dale", "Parker", address="12 Fence Rd\nGrand Bend, TX 78834")
    karim = guardian(of, "Karim", "Haddad", email="karim@example.org", reads="ar")
    elena = guardian(
        of,
        "Elena",
        "Núñez",
        address="77 Hidden Way\nGrand Bend, TX 78834",
        reads="es",
        address_hidden=True,
    )
    hector = guardian(of, "Hector", "Núñez", mobile="+13125550177")
    homes = {
        "troys_home": home([troy, maya], [alician], "mother"),
        "emilys_home": home([emily], [emilys_mother, emilys_father]),
        "nours_home": home([nour], [karim], "father"),
        "luiss_home": home([luis], [elena], "mother"),
        "hectors_home": home([luis], [hector], "father"),
    }
    liaison = staff("Marisol", Role.FAMILY_LIAISON, of, elementary)
    for child in (troy, emily, luis):  # not Nour
        assign(child, liaison)
    return Cast(
        district=of,
        elementary=elementary,
        middle=middle,
        room_12=room_12,
        room_7=room_7,
        admin=staff("Dana", Role.DISTRICT_ADMIN, of),
        principal=staff("Rosa", Role.PRINCIPAL, of, elementary),
        office=staff("Ken", Role.OFFICE, of, elementary),
        counselor=staff("Lien", Role.COUNSELOR, of, elementary),
        mrs_c=mrs_c,
        teacher_elsewhere=elsewhere,
        liaison=liaison,
        interpreter=staff("Yusuf", Role.INTERPRETER, of, elementary),
        duty=staff("Priya", Role.DUTY, of, elementary),
        records=staff("Walter", Role.RECORDS, of, elementary),
        troy=troy,
        maya=maya,
        emily=emily,
        nour=nour,
        luis=luis,
        alician=alician,
        emilys_mother=emilys_mother,
        emilys_father=emilys_father,
        karim=karim,
        elena=elena,
        hector=hector,
        order=bar(hector, luis, RestrictionKind.CONTACT, "County court, order 21-114"),
        **homes,
    )
