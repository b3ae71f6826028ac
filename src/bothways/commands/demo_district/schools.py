"""The three schools: who works there, which classes there are, who sits in them."""

from dataclasses import dataclass, field

from bothways.commands.demo_district.families import District
from bothways.commands.demo_district.model import Staff, Student

DISTRICT = "ch"
ELEMENTARY, MIDDLE, HIGH = "ch-es", "ch-ms", "ch-hs"
NAMES = {
    ELEMENTARY: "Cedar Hollow Elementary School",
    MIDDLE: "Cedar Hollow Middle School",
    HIGH: "Cedar Hollow High School",
}
YEAR, FALL, SPRING = "2027", "2027-fall", "2027-spring"
SUBJECTS = {
    ELEMENTARY: ("Music", "Physical Education"),
    MIDDLE: ("English", "Mathematics", "Science", "Social Studies", "Physical Education"),
    HIGH: ("English", "Mathematics", "Science", "History", "Physical Education"),
}


@dataclass(frozen=True, slots=True)
class Course:
    """A subject in one grade."""

    id: str
    title: str
    grade: str


@dataclass(slots=True)
class Section:
    """One class of a course; homerooms run all year, so do the others here."""

    id: str
    title: str
    course: Course
    school: str
    teacher: Staff
    homeroom: bool
    students: list[Student] = field(default_factory=list)


def school_of(grade: int) -> str:
    """The school of a grade."""
    return ELEMENTARY if grade <= 5 else MIDDLE if grade <= 8 else HIGH


def grade_code(grade: int) -> str:
    """As OneRoster writes it."""
    return "KG" if grade == 0 else f"{grade:02}"


def hire(district: District) -> None:
    """About 45 people; Mrs. C teaches grade 5."""

    def add(
        given: str,
        family: str,
        role: str,
        org: str,
        *,
        grade: int | None = None,
        subject: str = "",
        called: tuple[str, str] = ("", ""),
    ) -> None:
        key = f"sf-{3001 + len(district.staff)}"
        district.staff.append(Staff(key, given, family, role, org, grade, subject, *called))

    add("Marian", "Ciesielski", "teacher", ELEMENTARY, grade=5, called=("Mrs.", "C"))
    add("Gloria", "Whitfield", "districtAdministrator", DISTRICT)
    add("Paul", "Ahrens-Okafor", "districtAdministrator", DISTRICT)
    for org, given, family in (
        (ELEMENTARY, "Denise", "Ahrens"),
        (MIDDLE, "Raymond", "Castellanos"),
        (HIGH, "Joyce", "Lindqvist"),
    ):
        add(given, family, "principal", org)
    for org, given, family in (
        (ELEMENTARY, "Peg", "Sorensen"),
        (MIDDLE, "Luz", "Barrera"),
        (HIGH, "Kathy", "Novak"),
    ):
        add(given, family, "siteAdministrator", org)
    add("Tamara", "Eastman", "counselor", ELEMENTARY)
    add("Hodan", "Abshir", "counselor", MIDDLE)
    add("Victor", "Engel", "counselor", HIGH)
    taken = {(person.given, person.family) for person in district.staff}

    def teacher(org: str, *, grade: int | None = None, subject: str = "") -> None:
        while True:
            language = district.random.choices(("en", "es", "vi"), (85, 12, 3))[0]
            kind = district.random.choice(("women", "women", "men"))
            name = district.name(language, kind), district.name(language, "family")
            if name not in taken:
                taken.add(name)
                add(*name, "teacher", org, grade=grade, subject=subject)
                return

    for grade in range(6):
        for _ in range(1 if grade == 5 else 2):
            teacher(ELEMENTARY, grade=grade)
    for org, subjects in SUBJECTS.items():
        for subject in subjects:
            teacher(org, subject=subject)
    for org, subject in (
        (MIDDLE, "English"),
        (MIDDLE, "Mathematics"),
        (HIGH, "English"),
        (HIGH, "Mathematics"),
        (HIGH, "Science"),
        (HIGH, "History"),
        (ELEMENTARY, "English Learner Support"),
        (HIGH, "English Learner Support"),
        (MIDDLE, "English Learner Support"),
    ):
        teacher(org, subject=subject)


def seat(district: District) -> list[Section]:
    """Put every student into classes: two groups a grade, everybody in all of its subjects."""
    sections: list[Section] = []
    for grade in range(13):
        school, code = school_of(grade), grade_code(grade)
        pupils = [student for student in district.students if student.grade == grade]
        groups = _groups(district, pupils)
        if school == ELEMENTARY:
            course = Course(f"co-home-{code}", f"Grade {code} Homeroom", code)
            teachers = [person for person in district.staff if person.grade == grade]
            for letter, teacher, group in zip("AB", teachers, groups, strict=True):
                title = f"{course.title} {letter}"
                sections.append(
                    Section(f"cl-{code}-{letter}", title, course, school, teacher, True, group)
                )
        for subject in SUBJECTS[school]:
            short = "".join(word[0] for word in subject.split()) + subject[1:3]
            course = Course(f"co-{short.lower()}-{code}", f"{subject} {code}", code)
            teachers = [p for p in district.staff if p.org == school and p.subject == subject]
            for number, group in enumerate(groups):
                letter = "AB"[number]
                teacher = teachers[number % len(teachers)]
                title = f"{course.title} {letter}"
                key = f"cl-{short.lower()}-{code}-{letter}"
                sections.append(Section(key, title, course, school, teacher, False, group))
    return sections


def _groups(district: District, pupils: list[Student]) -> tuple[list[Student], list[Student]]:
    """Two halves; Troy sits with Mrs. C, who has the first group of her grade."""
    mixed = sorted(pupils, key=lambda student: student.id)
    district.random.shuffle(mixed)
    mixed.sort(key=lambda student: (student.given, student.family) != ("Troy", "Brooks"))
    return mixed[::2], mixed[1::2]
