"""What the reach benchmark’s district lacks for those who work in it: staff, classes, words."""

from django.db import connection

# Staff who take the steps of people: a teacher for each 80 children, and an office at each school.
_STAFF = (
    """
INSERT INTO accounts_user (password, district_id, sis_id, email, given, family, phone, is_active, roster)
SELECT '', s.district_id, 'staff-' || s.id || '-' || n, 'staff-' || s.id || '-' || n || '@example.org',
    'Staff', n::text, '', true, '{}'
FROM schools_school s CROSS JOIN generate_series(1, greatest(4, 1 + %(families)s / 40 / 50)) n
""",
    """
INSERT INTO accounts_membership (district_id, user_id, role, school_id, from_roster)
SELECT u.district_id, u.id, CASE split_part(u.sis_id, '-', 3) WHEN '1' THEN 'office' ELSE 'teacher' END,
    split_part(u.sis_id, '-', 2)::bigint, false
FROM accounts_user u WHERE u.sis_id LIKE 'staff-%%'
""",
    """
INSERT INTO schools_section (district_id, school_id, sis_id, title)
SELECT u.district_id, split_part(u.sis_id, '-', 2)::bigint, 'section-' || u.id, 'Class'
FROM accounts_user u WHERE u.sis_id LIKE 'staff-%%'
""",
    """
INSERT INTO accounts_teaching (district_id, user_id, section_id, sis_id)
SELECT c.district_id, split_part(c.sis_id, '-', 2)::bigint, c.id, '' FROM schools_section c
""",
    """
INSERT INTO people_enrollment (district_id, student_id, section_id, sis_id)
SELECT st.district_id, st.id, c.ids[1 + st.id %% cardinality(c.ids)], ''
FROM people_student st JOIN (SELECT school_id, array_agg(id ORDER BY id) AS ids
    FROM schools_section GROUP BY school_id) c ON c.school_id = st.school_id
""",
)
_WORDS = """
INSERT INTO messaging_version (message_id, language, subject, body)
SELECT m.id, v.tag, '', 'School starts at eight.'
FROM messaging_message m, unnest(ARRAY['en', 'es', 'ar', 'zh-Hans', 'vi', 'ht']) AS v(tag)
"""


def fill_staff(families: int) -> None:
    """Staff with roles and classes for the district that ``reach_district.fill`` made."""
    with connection.cursor() as cursor:
        for statement in _STAFF:
            cursor.execute(statement, {"families": families})
        cursor.execute(_WORDS)
