"""The reach benchmark's district with people in it who open pages: names, words that wait, open steps."""

from typing import Any

from django.db import connection

from bothways.core import clock, ids

CODES = 400  # links that are opened
OPENED = 60  # families whose own pages are open, each with a case
_GIVEN = "Alician Troy Emily Nour Karim Luis Elena Hodan Ana Wei Linh Marie Amina Abebe Oksana João Mia Omar"
_FAMILY = (
    "Dyer Novak Haddad Ortega Reyes Warsame Silva Chen Nguyen Pierre Ali Tesfaye Shevchenko Costa "
    "Johnson O’Brien García-López Smith Brown Miller Davis Wilson Moore Taylor Thomas Jackson White"
)

# Names enough that a search finds some and not all.
_NAMED = """
UPDATE {table} p SET given = x.given, family = x.family, search = lower(x.given || ' ' || x.family)
FROM (SELECT id, (%(given)s::text[])[1 + abs(hashint8(id * 3)) %% cardinality(%(given)s::text[])] AS given,
    (%(family)s::text[])[1 + abs(hashint8(id * 5)) %% cardinality(%(family)s::text[])]
        || ' ' || to_hex(abs(hashint8(id * 11)) %% 4000) AS family FROM {table}) x
WHERE x.id = p.id
"""
_RECIPIENTS = """
INSERT INTO messaging_recipient (delivery_id, link_id)
SELECT d.id, l.id FROM messaging_delivery d
JOIN people_guardian g ON g.household_id = d.household_id
JOIN people_link l ON l.guardian_id = g.id
JOIN people_contactpoint p ON p.guardian_id = g.id AND p.kind = d.kind AND p.match = d.match
"""
# One family in 25 wrote and waits; their teacher, or the school's office, owes the answer.
_TALKS = """
INSERT INTO messaging_conversation (district_id, household_id, student_id, school_id, owner_id,
    waiting_since, last_at)
SELECT DISTINCT ON (hs.household_id) st.district_id, hs.household_id, st.id, st.school_id,
    coalesce(t.user_id, o.user_id), CASE WHEN hs.household_id %% 3 > 0
        THEN %(now)s - (hs.household_id %% 90) * interval '1 hour' END,
    %(now)s - (hs.household_id %% 90) * interval '1 hour'
FROM people_householdstudent hs JOIN people_student st ON st.id = hs.student_id
JOIN accounts_membership o ON o.school_id = st.school_id AND o.role = 'office'
LEFT JOIN people_enrollment e ON e.student_id = st.id
LEFT JOIN accounts_teaching t ON t.section_id = e.section_id
WHERE hs.household_id %% 25 = 0 ORDER BY hs.household_id, st.id
"""
_ENTRIES = """
INSERT INTO messaging_entry (district_id, conversation_id, from_family, at, channel, kind, match,
    language, body, meaning, danger, word_class)
SELECT c.district_id, c.id, true, c.last_at - n * interval '1 day', 'text', 'phone', '', 'es',
    'Gracias. ¿Puede llamarme después de las seis?', 'words', false, 'family'
FROM messaging_conversation c CROSS JOIN generate_series(0, 5) n
"""
# And for one in 30 a person has a step to take.
_TASKS = """
INSERT INTO outreach_task (district_id, household_id, school_id, student_id, kind, owner_id, role, due,
    interpreter, why, automatic, state, opened_at, closed_why)
SELECT DISTINCT ON (hs.household_id) st.district_id, hs.household_id, st.school_id, st.id, 'call',
    o.user_id, 'office', %(now)s::date + (hs.household_id %% 9)::int - 3, '', 'Two texts, no sign.',
    true, 'open', %(now)s - interval '3 days', ''
FROM people_householdstudent hs JOIN people_student st ON st.id = hs.student_id
JOIN accounts_membership o ON o.school_id = st.school_id AND o.role = 'office'
WHERE hs.household_id %% 30 = 7 ORDER BY hs.household_id, st.id
"""
_LEADERS = """
INSERT INTO accounts_membership (district_id, user_id, role, school_id, from_roster)
SELECT u.district_id, u.id, %(role)s, CASE %(role)s WHEN 'principal'
    THEN split_part(u.sis_id, '-', 2)::bigint END, false
FROM accounts_user u WHERE u.sis_id = %(which)s
"""
# A browser in which somebody's own pages are open; its cookie is kept as a digest.
_SESSION = """
INSERT INTO web_familysession (district_id, guardian_id, digest, made_at, expires_at, device)
SELECT district_id, id, encode(sha256(convert_to(%(cookie)s, 'UTF8')), 'hex'), now(),
    now() + interval '1 day', 'Android' FROM people_guardian WHERE id = %(adult)s
"""


def fill_pages(families: int, lines: int) -> None:
    """Fill the empty database with a district whose pages have something to show."""
    from bothways.commands.bench.pages_partners import fill_partners
    from bothways.commands.bench.reach_district import fill
    from bothways.commands.bench.staff_district import fill_staff
    from bothways.reach.facts import refresh
    from bothways.schools.models import District, School

    fill(families, lines)
    fill_staff(families)
    first = School.objects.earliest("pk").pk
    now = clock.now()
    names: dict[str, Any] = {"given": _GIVEN.split(), "family": _FAMILY.split()}
    with connection.cursor() as cursor:
        for table in ("people_student", "people_guardian"):
            cursor.execute(_NAMED.format(table=table), names)
        cursor.execute(_RECIPIENTS)
        for statement in (_TALKS, _ENTRIES, _TASKS):
            cursor.execute(statement, {"now": now})
        for role, number in (("principal", 2), ("district_admin", 3)):
            cursor.execute(
                _LEADERS,
                {"role": role, "which": f"staff-{first}-{number}"},
            )
    fill_partners(first)
    _give_codes()
    refresh(District.objects.get(), now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _give_codes() -> None:
    """Codes as they are printed, for the deliveries that will be opened."""
    from bothways.messaging.models import Delivery

    opened = list(
        Delivery.objects.filter(recipients__isnull=False, channel="text")
        .order_by("household_id")
        .distinct("household_id")[:CODES]
    )
    for delivery in opened:
        delivery.code = ids.code()
    Delivery.objects.bulk_update(opened, ["code"])


class Guests:
    """Who opens pages, and which."""

    def __init__(self) -> None:
        from bothways.accounts.models import User
        from bothways.messaging.models import Delivery
        from bothways.schools.models import School
        from bothways.surveys.models import Invitation

        # The first school's principal, one of its teachers, and somebody for the whole district.
        self._school = School.objects.earliest("pk")
        self._staff = {
            who: User.objects.get(sis_id=f"staff-{self._school.pk}-{number}")
            for who, number in (("principal", 2), ("teacher", 4), ("district", 3))
        }
        self._counselor = User.objects.get(sis_id=f"counselor-{self._school.pk}")
        self._codes: list[str] = list(
            Delivery.objects.extra(where=["length(code) = 12 AND code !~ '[^A-Z]'"])
            .order_by("pk")
            .values_list("code", flat=True)[:CODES]
        )

        self._survey_codes: list[str] = list(
            Invitation.objects.filter(done=False)
            .order_by("pk")
            .values_list("code", flat=True)[:CODES]
        )

    def visitor(self) -> Any:
        from django.test import Client

        return Client(SERVER_NAME="127.0.0.1")

    def staff(self) -> dict[str, Any]:
        """A signed-in browser for each: one who serves a school, one a class, one the whole district."""
        from django.test import Client

        browsers = {}
        for who, user in self._staff.items():
            client = Client(SERVER_NAME="127.0.0.1")
            client.force_login(user)
            browsers[who] = client
        return browsers

    def counselor(self) -> Any:
        from django.test import Client

        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(self._counselor)
        return client

    def cases(self, who: str) -> list[int]:
        """Cases on which this person works."""
        from bothways.cases.queries import cases_for

        user = self._counselor if who == "counselor" else self._staff[who]
        return list(cases_for(user).order_by("pk").values_list("pk", flat=True)[:CODES])

    def goals(self, who: str) -> list[int]:
        """Children whom this person serves and who have a goal."""
        from bothways.cases.goal_queries import goals_for

        found = goals_for(self._staff[who]).order_by("student_id")
        return list(found.values_list("student_id", flat=True)[:CODES])

    def surveys(self) -> list[int]:
        from bothways.surveys.models import Survey

        return list(Survey.objects.order_by("pk").values_list("pk", flat=True))

    def survey_code(self, n: int) -> str:
        return self._survey_codes[n % len(self._survey_codes)]

    def opened(self) -> list[tuple[str, int]]:
        """Adults of a case whose own pages are open: the cookie's value and the case."""
        from bothways.cases.models import Case
        from bothways.cases.queries import family_cases

        found = []
        for case in Case.objects.select_related("consent_by").order_by("pk"):
            if case.consent_by is None or not family_cases(case.consent_by, clock.now()).exists():
                continue  # an order of today closes it
            value = f"bench-{case.pk}"
            with connection.cursor() as cursor:
                cursor.execute(_SESSION, {"cookie": value, "adult": case.consent_by_id})
            found.append((value, case.pk))
            if len(found) == OPENED:
                break
        return found

    def code(self, n: int) -> str:
        return self._codes[n % len(self._codes)]

    def homes(self, who: str) -> list[int]:
        """Families that this person serves."""
        from bothways.people.models import Household, HouseholdStudent, Student

        children = Student.objects.live().visible_to(self._staff[who])
        served = HouseholdStudent.objects.filter(student__in=children).values("household_id")
        found = Household.objects.filter(pk__in=served).order_by("pk")
        return list(found.values_list("pk", flat=True)[:CODES])

    def talks(self, who: str) -> list[int]:
        from bothways.messaging.queries import conversations_for

        found = conversations_for(self._staff[who]).order_by("pk")
        return list(found.values_list("pk", flat=True)[:CODES])

    def messages(self) -> list[int]:
        from bothways.messaging.models import Message

        return list(Message.objects.filter(sent_at__isnull=False).values_list("pk", flat=True)[:5])

    def searches(self, who: str) -> dict[str, list[str]]:
        """What is typed, by its kind; of people whom this person serves where it is about one."""
        from bothways.people.models import ContactPoint, Student

        children = Student.objects.live().visible_to(self._staff[who]).order_by("pk")[:CODES]
        people = [(child.given, child.family, child.sis_id or "") for child in children]
        adults = [given for given, _family, _id in people]
        numbers = ContactPoint.objects.filter(
            kind="phone", guardian__household__in=self.homes(who)[:100]
        )
        return {
            "by name": [f"{given} {family}" for given, family, _id in people],
            "by a common name": ["Nguyen", "maria", "o'brien", "Troy"],
            "by a letter": ["a", "n", "o"],
            "with a slip": [f"{given[:-1]} {family[1:]}" for given, family, _id in people],
            "by a given name": [name.lower()[:4] for name in adults],
            "by number": [number.address[-7:] for number in numbers] or ["5550100"],
            "by id": [sis_id for _given, _family, sis_id in people],
            "by a street": ["elm st", "Elm Street", "12 elm st"],
            "nobody": ["Xylokarpos Quvvyzt", "zzzz", "+19999999999"],
        }

    def form(self, who: str) -> dict[str, str]:
        """A message as it is typed, to all whom this person may write to."""
        whom = {"principal": f"school:{self._school.sis_id}", "district": "all"}.get(who, "mine")
        return {
            "who": whom,
            "purpose": "routine",
            "step": "check",
            "draft": f"bench-{who}",
            "body-en": "School closes at noon on Friday. Please tell us that you saw this.",
            "body-es": "La escuela cierra el viernes a mediodía. Díganos que lo vio, por favor.",
        }
