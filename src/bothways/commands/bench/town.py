"""Fill a scratch district straight by SQL: many guardians, each with a number that takes texts."""

from typing import Any

_FILL = """
INSERT INTO schools_school (district_id, sis_id, name, address, phone, email)
SELECT {district}, 'school-' || n, 'School ' || n, n || ' Main Street' || chr(10) || 'Grand Bend', '', ''
FROM generate_series(1, greatest(1, {guardians} / 1000)) n;

CREATE TEMP TABLE one_school AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
FROM schools_school WHERE district_id = {district};

INSERT INTO people_household (district_id, created_at)
SELECT {district}, now() FROM generate_series(1, greatest(1, {guardians} * 3 / 5)) n;

CREATE TEMP TABLE one_home AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
FROM people_household WHERE district_id = {district};

INSERT INTO people_student (district_id, sis_id, roster, local, given, family, preferred, grade, school_id,
    home_language, search, shares_with_guardians)
SELECT {district}, 'st-' || h.place || '-' || child, '{{}}', '{{}}', 'Child ' || h.place, 'Family ' || h.place,
    '', lpad((h.place % 12)::text, 2, '0'), s.id, '', '', false
FROM one_home h CROSS JOIN generate_series(1, 2) child
JOIN one_school s ON s.place = h.place % (SELECT count(*) FROM one_school)
WHERE child = 1 OR h.place % 5 = 0;

CREATE TEMP TABLE one_child AS SELECT st.id, h.id AS home FROM people_student st
JOIN one_home h ON split_part(st.sis_id, '-', 2)::int = h.place WHERE st.district_id = {district};

INSERT INTO people_householdstudent (household_id, student_id) SELECT home, id FROM one_child;

INSERT INTO people_guardian (district_id, sis_id, roster, local, given, family, speaks, reads, address_hidden,
    household_id, search)
SELECT {district}, 'gu-' || n, '{{}}', '{{}}', 'Guardian ' || n, 'Family ' || h.place, '',
    (ARRAY['en', 'en', 'es'])[1 + n % 3], false, h.id, ''
FROM generate_series(0, {guardians} - 1) n JOIN one_home h ON h.place = n % (SELECT count(*) FROM one_home);

INSERT INTO people_link (district_id, student_id, guardian_id, relation, primary_contact, source, roster, local)
SELECT {district}, c.id, g.id, 'parent', true, 'roster', '{{}}', '{{}}'
FROM people_guardian g JOIN one_child c ON c.home = g.household_id WHERE g.district_id = {district};

INSERT INTO people_contactpoint (district_id, guardian_id, kind, address, match, phone_kind, said_mobile,
    state, why, position, source)
SELECT {district}, id, 'phone', '+1512' || lpad((2000000 + split_part(sis_id, '-', 2)::int)::text, 7, '0'),
    '+1512' || lpad((2000000 + split_part(sis_id, '-', 2)::int)::text, 7, '0'), 'unknown', true,
    'unknown', '', 0, 'roster'
FROM people_guardian WHERE district_id = {district};

DROP TABLE one_school, one_home, one_child;
ANALYZE;
"""
CARRIER = "twilio"


def fill(guardians: int, *, name: str = "Bench") -> Any:
    """A District with so many guardians, each with a text number, six homes for ten of them.

    Six children for five homes; a third of the guardians read Spanish; nobody is barred.
    """
    from datetime import time

    from django.db import connection, transaction

    from bothways.schools.models import District

    with transaction.atomic(), connection.cursor() as cursor:
        # No quiet hours and no digest: a benchmark at night, or run again, measures the same.
        district = District.objects.create(
            sis_id=name, name=name, quiet_from=time(0), quiet_until=time(0), digest_day=None
        )
        cursor.execute(_FILL.format(district=int(district.pk), guardians=int(guardians)))
    return district


def texts_go_to(url: str, *, at_once: int = 100) -> None:
    """Let the district's texts go to a stand-in for Twilio at this address."""
    from bothways.channels.services import configure

    configure(
        CARRIER,
        {
            "account_sid": "ACbench",
            "auth_token": "bench",
            "from_number": "+15125550100",
            "base_url": url,
            "concurrency": str(at_once),
        },
    )


def write_to_all(district: Any, purpose: str = "routine") -> Any:
    """Send a message to every family in two languages; the Message and what became of it."""
    from bothways.messaging.audience import Audience
    from bothways.messaging.enums import Purpose
    from bothways.messaging.services.messages import Draft, send

    words = {
        "en": "School closes at noon on Friday. Please tell us that you saw this.",
        "es": "La escuela cierra el viernes a mediodía. Díganos que lo vio, por favor.",
    }
    return send(Draft(Purpose(purpose), Audience(), words, {}), district=district, by=None)
