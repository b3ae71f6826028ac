"""How far the welcome conversations of many families have come: counted in the database, for a page."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import QuerySet

from bothways.core.sql import embed
from bothways.people.models import Student
from bothways.schools.models import District
from bothways.welcome.enums import Asked

# As ``rules.asked_of`` orders them: the furthest talk of a family counts.
_FAR = (Asked.NOT_YET, Asked.INVITED, Asked.PREFERRED_NOT, Asked.HALF, Asked.HELD)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Of which families: of a school, a grade, a teacher; None: of all. An id that nobody has gives none."""

    school: int | None = None
    grade: str | None = None
    teacher: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A school, a grade or a teacher, and how many of its families have come how far."""

    key: str
    name: str
    families: Counter[Asked]


@dataclass(slots=True)
class Overview:
    everybody: int = 0  # families, before it was narrowed
    families: Counter[Asked] = field(default_factory=Counter)
    schools: list[Group] = field(default_factory=list)
    grades: list[Group] = field(default_factory=list)
    teachers: list[Group] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)  # families of the state that was asked for


_OVERVIEW = """
WITH seat AS MATERIALIZED (
    SELECT hs.household_id AS home, st.id AS child, st.grade, st.school_id AS school
    FROM people_student st JOIN people_householdstudent hs ON hs.student_id = st.id
    JOIN people_household h ON h.id = hs.household_id
    WHERE h.district_id = %(district)s AND h.ended_at IS NULL AND st.id IN ({children})
), lesson AS MATERIALIZED (
    SELECT DISTINCT seat.home, u.id AS teacher, trim(u.given || ' ' || u.family) AS name
    FROM seat JOIN people_enrollment e ON e.student_id = seat.child AND e.ended_at IS NULL
    JOIN schools_section c ON c.id = e.section_id AND c.ended_at IS NULL
    JOIN accounts_teaching t ON t.section_id = c.id AND t.ended_at IS NULL
    JOIN accounts_user u ON u.id = t.user_id AND u.is_active
), home AS MATERIALIZED (
    SELECT DISTINCT home FROM seat
), talk AS MATERIALIZED (
    SELECT t.household_id AS home, max(CASE WHEN told.talk_id IS NULL
        THEN CASE WHEN t.declined_at IS NULL THEN 0 ELSE 2 END
        ELSE CASE WHEN t.ended_at IS NULL THEN 3 ELSE 4 END END) AS far
    FROM welcome_talk t LEFT JOIN LATERAL (
        SELECT a.talk_id FROM welcome_answer a WHERE a.talk_id = t.id AND (a.declined
            OR (a.withdrawn_at IS NULL AND (a.words <> ''
                OR EXISTS (SELECT FROM welcome_sound s WHERE s.answer_id = a.id)))) LIMIT 1) told ON true
    WHERE t.district_id = %(district)s {of_homes} GROUP BY 1
), invited AS MATERIALIZED (
    SELECT DISTINCT i.household_id AS home FROM welcome_invitation i
    WHERE i.district_id = %(district)s {of_homes}
), far AS MATERIALIZED (
    SELECT home, greatest(talk.far, CASE WHEN invited.home IS NULL THEN 0 ELSE 1 END) AS far
    FROM home LEFT JOIN talk USING (home) LEFT JOIN invited USING (home)
), here AS MATERIALIZED (
    SELECT home, far FROM far
    WHERE (%(school)s::bigint IS NULL OR home IN (SELECT home FROM seat WHERE school = %(school)s))
    AND (%(grade)s::text IS NULL OR home IN (SELECT home FROM seat WHERE grade = %(grade)s))
    {of_teacher}
)
SELECT 'everybody', '', '', 0, count(*), NULL::bigint[] FROM home
UNION ALL SELECT 'all', '', '', far, count(*), NULL FROM here GROUP BY far
UNION ALL SELECT 'shown', '', '', 0, count(*), array_agg(home ORDER BY home) FROM here WHERE far = %(far)s
UNION ALL SELECT 'school', s.id::text, s.name, n.far, n.homes, NULL
    FROM (SELECT g.school, far, count(*) AS homes
        FROM (SELECT DISTINCT home, school FROM seat) g JOIN here USING (home) GROUP BY 1, 2) n
    JOIN schools_school s ON s.id = n.school
UNION ALL SELECT 'grade', n.grade, n.grade, n.far, n.homes, NULL
    FROM (SELECT grade, far, count(*) AS homes
        FROM (SELECT DISTINCT home, grade FROM seat) g JOIN here USING (home) GROUP BY 1, 2) n
{by_teacher}
"""
# Without these lines nobody looks who teaches whom: half of the time for a district.
_BY_TEACHER = """
UNION ALL SELECT 'teacher', teacher::text, name, far, count(*), NULL
    FROM lesson JOIN here USING (home) GROUP BY 2, 3, 4
"""
# Of a whole district all talks count: looking each one's home up would only take longer.
_OF_HOMES = "AND household_id IN (SELECT home FROM home)"
_OF_TEACHER = "AND home IN (SELECT home FROM lesson WHERE teacher = %(teacher)s)"


def overview(
    district: District,
    children: QuerySet[Student],
    *,
    narrowed: Narrowed,
    shown: Asked,
    teachers: bool = True,
    whole_district: bool = False,
) -> Overview:
    """Families of these children by how far they have come, in one query whatever their number.

    ``shown``: the state whose families are listed. ``teachers``: whether they are counted by teacher, too.
    ``whole_district``: these children are all of it.
    A family with children in two groups counts in both.
    """
    statement, values = embed(
        _OVERVIEW,
        {"children": children.order_by().values("pk")},
        {
            "district": district.pk,
            "school": narrowed.school,
            "grade": narrowed.grade,
            "teacher": narrowed.teacher,
            "far": _FAR.index(shown),
        },
        by_teacher=_BY_TEACHER if teachers else "",
        of_homes="" if whole_district else _OF_HOMES,
        of_teacher="" if narrowed.teacher is None else _OF_TEACHER,
    )
    found = Overview()
    groups: dict[str, dict[tuple[str, str], Counter[Asked]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        for what, key, name, far, number, homes in cursor.fetchall():
            if what == "everybody":
                found.everybody = number
            elif what == "shown":
                found.shown = homes or []
            elif what == "all":
                found.families[_FAR[far]] = number
            else:
                groups[what][key, name][_FAR[far]] = number
    found.schools, found.grades, found.teachers = (
        [Group(*key, n) for key, n in sorted(groups[what].items(), key=lambda one: one[0][1])]
        for what in ("school", "grade", "teacher")
    )
    return found
