"""What partners adds to the district of the pages benchmark: what families told, and the work with them.

Everything is drawn from the ids of families: one in a hundred has all of it, most have a part.
"""

from datetime import timedelta
from typing import Any

from django.db import connection

from bothways.core import clock

_COUNSELOR = (
    """
INSERT INTO accounts_user (password, district_id, sis_id, email, given, family, phone, is_active, roster)
SELECT '', s.district_id, 'counselor-' || s.id, 'counselor-' || s.id || '@example.org', 'Staff', 'C', '',
    true, '{}' FROM schools_school s
""",
    """
INSERT INTO accounts_membership (district_id, user_id, role, school_id, from_roster)
SELECT u.district_id, u.id, 'counselor', split_part(u.sis_id, '-', 2)::bigint, false
FROM accounts_user u WHERE u.sis_id LIKE 'counselor-%%'
""",
)
# A family, its first adult, its first child and that child's teacher.
_HOMES = (
    """
CREATE TEMPORARY TABLE bench_home AS
SELECT DISTINCT ON (g.household_id) g.household_id AS home, g.id AS adult, g.district_id AS district,
    st.id AS child, st.school_id AS school, coalesce(t.user_id, o.user_id) AS teacher
FROM people_guardian g JOIN people_link l ON l.guardian_id = g.id
JOIN people_student st ON st.id = l.student_id
JOIN accounts_membership o ON o.school_id = st.school_id AND o.role = 'office'
LEFT JOIN people_enrollment e ON e.student_id = st.id
LEFT JOIN accounts_teaching t ON t.section_id = e.section_id
ORDER BY g.household_id, g.id, st.id
""",
    "ANALYZE bench_home",
)
_WELCOME = (
    """
INSERT INTO welcome_talk (district_id, household_id, guardian_id, how, held_by_id, interpreter,
    language, began_at, ended_at, declined_at)
SELECT district, home, adult, 'call', teacher, '', 'en', %(now)s - interval '40 days',
    CASE WHEN home %% 10 < 5 THEN %(now)s - interval '39 days' END, NULL
FROM bench_home WHERE home %% 10 < 6
""",
    """
INSERT INTO welcome_answer (district_id, talk_id, question, student_id, words, language, word_class,
    danger, declined, at, by_id, how)
SELECT t.district_id, t.id, q.code, CASE WHEN q.child THEN h.child END, 'He explains to others how it works.',
    'en', CASE q.code WHEN 'hard' THEN 'speaker_only' ELSE 'family' END, false, false, t.began_at,
    t.held_by_id, 'call'
FROM welcome_talk t JOIN bench_home h ON h.home = t.household_id
CROSS JOIN (VALUES ('story', false), ('good_at', true), ('hopes', true), ('hard', false),
    ('help', false), ('carers', false)) q(code, child)
""",
    """
INSERT INTO welcome_carer (district_id, answer_id, at)
SELECT district_id, id, at FROM welcome_answer WHERE question = 'carers' AND talk_id %% 3 = 0
""",
)
_BARRIERS = (
    """
INSERT INTO barriers_familybarrier (district_id, household_id, code, noted_at, noted_by_id, ended_how)
SELECT district, home, b.code, %(now)s - interval '30 days', teacher, ''
FROM bench_home CROSS JOIN LATERAL (SELECT DISTINCT unnest(ARRAY[
    (ARRAY['transport', 'nights', 'language', 'time', 'minutes', 'internet', 'reading', 'care'])
        [1 + (home / 7) %% 8],
    (ARRAY['time', 'money', 'transport', 'past_hurt'])[1 + (home / 11) %% 4]]) AS code) b
WHERE home %% 20 < 3
""",
    """
INSERT INTO barriers_telling (district_id, barrier_id, guardian_id, at, by_id, source, source_ref, words,
    word_class)
SELECT b.district_id, b.id, h.adult, b.noted_at, b.noted_by_id, 'conversation', '',
    'The bus stops at six.', 'family'
FROM barriers_familybarrier b JOIN bench_home h ON h.home = b.household_id
""",
    """
INSERT INTO barriers_familyhelp (district_id, household_id, code, state, since, by_id)
SELECT district, home, s.code, s.state, %(now)s - interval '9 days', teacher FROM bench_home
CROSS JOIN (VALUES ('ride', 'in_place'), ('by_phone', 'offered')) s(code, state)
WHERE home %% 20 < 3 AND (home / 20 + length(s.code)) %% 2 = 0
""",
)
_FEEDBACK = (
    # One in three is still owed, of the others half were told.
    """
INSERT INTO feedback_item (district_id, school_id, household_id, guardian_id, student_id, kind, words,
    language, word_class, source, source_ref, made_by_id, at, owner_id, due_on, closed_at, outcome, came,
    came_language, came_by_machine, told_at, helped, helped_words)
SELECT district, school, home, adult, child, CASE home %% 2 WHEN 0 THEN 'request' ELSE 'observation' END,
    'A ride home after chess, please.', 'en', 'family', 'talk', 'bench-' || home, teacher,
    %(now)s - (home %% 80) * interval '1 day', teacher, %(now)s::date + (home %% 14)::int - 7,
    CASE WHEN state > 0 THEN %(now)s - interval '2 days' END, CASE WHEN state > 0 THEN 'done' ELSE '' END,
    CASE WHEN state > 0 THEN 'The late bus stops at Elm Street now.' ELSE '' END, 'en', false,
    CASE WHEN state > 1 THEN %(now)s - interval '1 day' END, '', ''
FROM (SELECT *, (home / 25) %% 3 AS state FROM bench_home WHERE home %% 25 IN (0, 5)) h
""",
    """
INSERT INTO feedback_step (item_id, did, at, by_id, words)
SELECT id, 'made', at, made_by_id, '' FROM feedback_item
UNION ALL SELECT id, 'closed', closed_at, owner_id, '' FROM feedback_item WHERE closed_at IS NOT NULL
""",
)
_INVITED = """
INSERT INTO surveys_invitation (district_id, survey_id, household_id, promise, code, language, grade,
    school_id, weight, questions, at, done, done_on, part, not_them)
SELECT district, %(survey)s, home, %(promise)s, %(mark)s || translate(lpad(home::text, 11, '0'),
    '0123456789', 'BCDFGHJKMN'), 'en', '05', school, 1, %(questions)s, %(now)s - interval '9 days',
    (home / %(one_in)s) %% 5 < 2, CASE WHEN (home / %(one_in)s) %% 5 < 2 THEN %(now)s::date - 3 END, 0,
    false FROM bench_home WHERE home %% %(one_in)s = 0
"""
_ANSWERED = """
INSERT INTO surveys_answer (invitation_id, item, value, words, language)
SELECT i.id, q.item, CASE q.kind WHEN 'rating' THEN 1 + (i.household_id / 3 + length(q.item)) %% 5
    WHEN 'mark' THEN (i.household_id / 7 + ascii(right(q.item, 1))) %% 2 END,
    CASE q.kind WHEN 'words' THEN 'More evenings like this one.' ELSE '' END, 'en'
FROM surveys_invitation i CROSS JOIN unnest(%(items)s::text[], %(kinds)s::text[]) q(item, kind)
WHERE i.survey_id = %(survey)s AND i.done
"""
_CASES = (
    """
INSERT INTO cases_case (district_id, student_id, title, language, stage, opened_at, opened_by_id, form_key,
    consent, consent_at, consent_how, consent_by_id, definition, said_in, home_agreed_at, school_agreed_at,
    closed_why, closed_words)
SELECT district, child, 'Homework in the evening', 'en', 'try', %(now)s - interval '45 days', teacher,
    'bench-' || home, 'given', %(now)s - interval '44 days', 'call', adult,
    'Puts the day’s homework into the tray.', '{}', %(now)s - interval '40 days',
    %(now)s - interval '40 days', '', ''
FROM bench_home WHERE home %% 100 = 0
""",
    # The teacher and the counselor of the bench work on each one of their school.
    """
INSERT INTO cases_member (case_id, part, user_id, guardian_id, joined_at)
SELECT c.id, 'lead', coalesce(x.id, c.opened_by_id), NULL::bigint, c.opened_at FROM cases_case c
JOIN people_student st ON st.id = c.student_id
LEFT JOIN accounts_user x ON x.sis_id = %(teacher)s AND st.school_id = %(school)s
UNION ALL
SELECT c.id, 'counselor', u.id, NULL, c.opened_at FROM cases_case c
JOIN people_student st ON st.id = c.student_id
JOIN accounts_user u ON u.sis_id = 'counselor-' || st.school_id
UNION ALL SELECT c.id, 'family', NULL, c.consent_by_id, c.opened_at FROM cases_case c
""",
    """
INSERT INTO cases_caseevent (case_id, kind, at, user_id, before, after, words)
SELECT c.id, e.kind, c.opened_at + e.days * interval '1 day', c.opened_by_id, e.before, e.after, ''
FROM cases_case c CROSS JOIN (VALUES ('opened', 0, '', ''), ('consent', 1, '', 'given'),
    ('stage', 3, 'sees', 'definition'), ('defined', 4, '', ''), ('stage', 5, 'definition', 'baseline'),
    ('stage', 15, 'baseline', 'plan'), ('plan_begun', 15, '', '')) e(kind, days, before, after)
""",
    """
INSERT INTO cases_contribution (case_id, member_id, stage, about, words, language, word_class, at, how,
    danger, form_key)
SELECT m.case_id, m.id, 'sees', a.about, 'He begins by himself when the phone is away.', 'en', 'family',
    m.joined_at + n * interval '5 days', 'page', false, 'bench-' || m.id || a.about || n
FROM cases_member m CROSS JOIN (VALUES ('strength'), ('sees')) a(about) CROSS JOIN generate_series(1, 3) n
""",
    """
INSERT INTO cases_plan (case_id, number, home_part, school_part, student_part, said_in, levels, starts_on,
    review_on, made_at, made_by_id)
SELECT id, 1, 'The phone in the kitchen.', 'Writes the tasks down.', 'Packs the bag.', '{}',
    '["none", "one", "two", "three", "four"]', %(now)s::date - 30, %(now)s::date + 20,
    %(now)s - interval '30 days', opened_by_id FROM cases_case
""",
    """
INSERT INTO cases_measure (district_id, case_id, what, said_in, kind, better, home, school, gradebook,
    ask_home, ask_at, starts_on, ends_on, stopped, made_at)
SELECT c.district_id, c.id, 'pieces of homework ' || n, '{}', 'count', 'up', true, true, false, 'never',
    '18:00', %(now)s::date - 42, %(now)s::date + 20, false, %(now)s - interval '42 days'
FROM cases_case c CROSS JOIN generate_series(1, 4) n
""",
    """
INSERT INTO cases_measurepoint (measure_id, day, side, value, how, at, words)
SELECT m.id, d::date, s.side, (m.id + extract(day FROM d)::int + length(s.side)) %% 5, 'page', d, ''
FROM cases_measure m CROSS JOIN (VALUES ('home'), ('school')) s(side)
CROSS JOIN LATERAL (SELECT d FROM generate_series(m.starts_on, %(now)s::date - 1, interval '1 day') d
    WHERE extract(isodow FROM d) < 6 ORDER BY d DESC LIMIT 30) days
""",
)
_GOALS = (
    """
INSERT INTO cases_goal (district_id, student_id, set_by, guardian_id, words, language, home_does,
    school_does, student_does, see_it, said_in, word_class, until, state, made_at, ask_every, ask_weekday,
    ask_at, form_key, end_words)
SELECT district, child, 'family', adult, 'Reads every evening', 'en', 'Ten minutes with a book.',
    CASE home %% 20 WHEN 0 THEN '' ELSE 'Sends books home.' END, 'Chooses the book.', 'Tells the story.',
    '{}', 'family', %(now)s::date + (home %% 60)::int - 5, 'open', %(now)s - interval '30 days', 'never',
    3, '17:00', 'bench-' || home, '' FROM bench_home WHERE home %% 10 = 0
""",
    """
INSERT INTO cases_goalevent (goal_id, kind, at, guardian_id, by_student, words, language, value, before,
    form_key)
SELECT g.id, CASE n WHEN 0 THEN 'set' ELSE 'checked' END, g.made_at + n * interval '7 days', g.guardian_id,
    false, '', '', CASE WHEN n > 0 THEN n END, '{}', 'bench-' || g.id || '-' || n
FROM cases_goal g CROSS JOIN generate_series(0, 4) n
""",
    """
INSERT INTO cases_talk (district_id, student_id, household_id, opened_at, opened_by_id, form_key,
    school_view, family_view, family_language, family_how, family_class, aim, who_comes, needs, place)
SELECT district, child, home, %(now)s - interval '6 days', teacher, 'bench-' || home, 'Left the room twice.',
    'Nobody asked us.', 'en', 'call', 'family', 'He is glad to come.', '', '', ''
FROM bench_home WHERE home %% 50 = 0
""",
    "INSERT INTO cases_talkmember (talk_id, user_id) SELECT id, opened_by_id FROM cases_talk",
    """
INSERT INTO cases_talknote (talk_id, by_id, at, words, word_class, form_key)
SELECT id, opened_by_id, opened_at, 'Begin with his drawing.', 'family', 'bench-' || id FROM cases_talk
""",
    # One family in four was told something good about its child, one in ten a worry.
    """
INSERT INTO outreach_personcontact (district_id, household_id, guardian_id, way, at, result, words,
    word_class, by_id, tone)
SELECT district, home, adult, 'call', %(now)s - (home %% 50) * interval '1 day', 'talked', '', 'family',
    teacher, CASE WHEN home %% 4 = 0 THEN 'good' ELSE 'concern' END
FROM bench_home WHERE home %% 4 = 0 OR home %% 10 = 3
""",
)


def fill_partners(school: int) -> None:
    """Fill it in; ``school``: of those who open pages. ``fill_staff`` came before."""
    values: dict[str, Any] = {
        "now": clock.now(),
        "school": school,
        "teacher": f"staff-{school}-4",
    }
    with connection.cursor() as cursor:
        for statement in (*_COUNSELOR, *_HOMES, *_WELCOME, *_BARRIERS, *_FEEDBACK):
            cursor.execute(statement, values)
        for title, one_in in (("Pulse", 5), ("The long one", 9)):
            _survey(cursor, title, one_in)
        for statement in (*_CASES, *_GOALS):
            cursor.execute(statement, values)
            # The next statement joins what this one made.
            cursor.execute("ANALYZE")


def _survey(cursor: Any, title: str, one_in: int) -> None:
    """One that is open in the whole district, sent to one family in so many and answered by four in ten."""
    from bothways.accounts.models import User
    from bothways.surveys.enums import Promise
    from bothways.surveys.models import Survey
    from bothways.surveys.ready import built_in, pulse, ready_items
    from bothways.surveys.services.making import make

    ready = ready_items()
    short = one_in == 5
    form = pulse([ready["p1"], ready["p2"], ready["p6"]]) if short else built_in("relationship")
    now = clock.now()
    survey = make(
        by=User.objects.get(memberships__role="district_admin"),
        school=None,
        title=title,
        form=form,
        promise=Promise.NAMED if short else Promise.CONFIDENTIAL,
        closes_on=(now + timedelta(days=20)).date(),
    )
    opened = now - timedelta(days=9)
    Survey.objects.filter(pk=survey.pk).update(opened_at=opened, opened_by=survey.made_by)
    values: dict[str, Any] = {
        "survey": survey.pk,
        "promise": survey.promise,
        "mark": title[0],
        "now": now,
        "one_in": one_in,
        "questions": form.questions,
        "items": [item.code for item in form.items],
        "kinds": [item.kind.value for item in form.items],
    }
    cursor.execute(_INVITED, values)
    cursor.execute(_ANSWERED, values)
