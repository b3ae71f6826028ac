"""The database as a roster again: what the last roster said of everybody who is still here.

Corrections made here are not in it: read in again, it changes nothing.
"""

import json
from typing import Any

from django.db import connection

from bothways.roster import rows
from bothways.roster.records import District as DistrictRecord
from bothways.roster.records import Enrollment, Parsed, School, Section, Term
from bothways.schools.models import District

KINDS = (
    "school",
    "term",
    "section",
    "student",
    "guardian",
    "staff",
    "contact",
    "link",
    "enrollment",
    "birth_date",
)
_SECTIONS = """
SELECT x.sis_id, c.sis_id, x.title FROM schools_section x JOIN schools_school c ON c.id = x.school_id
WHERE x.district_id = %s AND x.ended_at IS NULL ORDER BY x.id
"""
_CONTACTS = """
SELECT x.sis_id, s.sis_id, x.roster FROM people_contactperson x
JOIN people_student s ON s.id = x.student_id
WHERE x.district_id = %s AND x.ended_at IS NULL AND s.ended_at IS NULL ORDER BY x.id
"""
_LINKS = """
SELECT s.sis_id, g.sis_id, x.roster FROM people_link x
JOIN people_student s ON s.id = x.student_id AND s.ended_at IS NULL AND s.sis_id IS NOT NULL
JOIN people_guardian g ON g.id = x.guardian_id AND g.ended_at IS NULL AND g.sis_id IS NOT NULL
WHERE x.district_id = %s AND x.ended_at IS NULL AND x.source = 'roster' ORDER BY x.id
"""
_SITTING = """
SELECT x.sis_id, c.sis_id, s.sis_id FROM people_enrollment x
JOIN schools_section c ON c.id = x.section_id AND c.ended_at IS NULL
JOIN people_student s ON s.id = x.student_id AND s.ended_at IS NULL AND s.sis_id IS NOT NULL
WHERE x.district_id = %s AND x.ended_at IS NULL ORDER BY x.id
"""
_TEACHING = """
SELECT x.sis_id, c.sis_id, u.sis_id FROM accounts_teaching x
JOIN schools_section c ON c.id = x.section_id AND c.ended_at IS NULL
JOIN accounts_user u ON u.id = x.user_id AND u.ended_at IS NULL AND u.sis_id IS NOT NULL
WHERE x.district_id = %s AND x.ended_at IS NULL ORDER BY x.id
"""


def to_parsed(district: District) -> Parsed:
    """Every live row that has a roster id, as the whole truth (all modes "bulk")."""
    people = (
        "SELECT sis_id, roster FROM {} WHERE district_id = %s"
        " AND ended_at IS NULL AND sis_id IS NOT NULL ORDER BY id"
    )
    plain = "SELECT {} WHERE district_id = %s AND ended_at IS NULL ORDER BY id"

    def read(sql: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql, [district.pk])
            return list(cursor.fetchall())

    return Parsed(
        format="oneroster",
        version="1.2",
        district=DistrictRecord(district.sis_id, district.name),
        schools=[School(*row) for row in read(plain.format("sis_id, name FROM schools_school"))],
        terms=[
            Term(*row)
            for row in read(
                plain.format("sis_id, title, kind, starts_on, ends_on FROM schools_term")
            )
        ],
        sections=[Section(*row) for row in read(_SECTIONS)],
        students=[
            rows.to_student(key, json.loads(row))
            for key, row in read(people.format("people_student"))
        ],
        guardians=[
            rows.to_guardian(key, json.loads(row))
            for key, row in read(people.format("people_guardian"))
        ],
        contacts=[
            rows.to_contact(key, student, json.loads(row)) for key, student, row in read(_CONTACTS)
        ],
        staff=[
            rows.to_staff(key, json.loads(row)) for key, row in read(people.format("accounts_user"))
        ],
        links=[
            rows.to_link(student, guardian, json.loads(row))
            for student, guardian, row in read(_LINKS)
        ],
        enrollments=[
            *(Enrollment(key, section, user, "student") for key, section, user in read(_SITTING)),
            *(Enrollment(key, section, user, "teacher") for key, section, user in read(_TEACHING)),
        ],
        modes=dict.fromkeys(KINDS, "bulk"),
    )
