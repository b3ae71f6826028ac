"""Good news counted: what was heard, from whom, over all families, and one step to write it."""

from datetime import timedelta

import pytest

from bothways.accounts.models import User
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose, State, Tone
from bothways.messaging.models import Delivery, Message
from bothways.messaging.services.messages import Draft, send
from bothways.outreach import good_news as heard
from bothways.outreach.enums import Result, Way
from bothways.outreach.services.contacts import note_contact
from bothways.people.models import Household, Student
from bothways.reach.queries import period_start
from bothways.web.staff.good_news import families_of
from people import Cast, guardian, home, student
from web.visiting import Visit


def note_to(
    cast: Cast, by: User, child: Student, tone: Tone, state: State = State.DELIVERED
) -> Message:
    message, _fanned = send(
        Draft(
            Purpose.PERSONAL,
            Audience(students=(child.sis_id or "",)),
            {"en": "Troy explained fractions to a friend today.", "es": "…", "ar": "…"},
            {},
            student=child,
            tone=tone,
        ),
        district=cast.district,
        by=by,
    )
    Delivery.objects.filter(message=message).update(state=state.value, rank=state.rank)
    return message


def figures(cast: Cast, user: User) -> heard.Heard:
    now = clock.now()
    since = period_start(cast.district, now)
    return families_of(user, since=since, now=now).heard


def test_every_family_of_my_children_counts_also_one_that_cannot_be_told(everybody: Cast) -> None:
    assert figures(everybody, everybody.mrs_c) == heard.Heard(
        families=5, from_school=0, from_me=0, cannot=1
    )


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        (State.ACCEPTED, 0),
        (State.UNDELIVERED, 0),
        (State.DELIVERED, 1),
        (State.SEEN, 1),
        (State.ANSWERED, 1),
    ],
)
def test_only_what_arrived_was_heard(everybody: Cast, state: State, counted: int) -> None:
    note_to(everybody, everybody.mrs_c, everybody.troy, Tone.GOOD, state)
    found = figures(everybody, everybody.mrs_c)
    assert (found.from_school, found.from_me) == (counted, counted)


@pytest.mark.parametrize("tone", [Tone.CONCERN, Tone.NEITHER])
def test_a_concern_is_not_good_news(everybody: Cast, tone: Tone) -> None:
    note_to(everybody, everybody.mrs_c, everybody.troy, tone)
    assert figures(everybody, everybody.mrs_c).from_school == 0


def test_a_colleagues_good_news_is_heard_from_school_and_not_from_me(everybody: Cast) -> None:
    note_to(everybody, everybody.counselor, everybody.troy, Tone.GOOD)
    found = figures(everybody, everybody.mrs_c)
    assert (found.from_school, found.from_me, found.not_yet, found.not_from_me) == (1, 0, 3, 4)


def test_a_good_talk_at_emilys_fence_counts_though_no_machine_reaches_it(everybody: Cast) -> None:
    for tone, result in ((Tone.GOOD, Result.NO_ANSWER), (Tone.NEITHER, Result.TALKED)):
        talk(everybody, everybody.emilys_home, tone, result)
    assert figures(everybody, everybody.mrs_c).from_me == 0
    talk(everybody, everybody.emilys_home, Tone.GOOD, Result.TALKED)
    assert figures(everybody, everybody.mrs_c).from_me == 1


def talk(cast: Cast, home: Household, tone: Tone, result: Result) -> None:
    note_contact(
        household=home,
        guardian=None,
        way=Way.VISIT,
        result=result,
        words="Emily reads to her brother.",
        by=cast.mrs_c,
        tone=tone,
    )


def test_news_of_last_term_is_not_of_this_one(everybody: Cast) -> None:
    message = note_to(everybody, everybody.mrs_c, everybody.troy, Tone.GOOD)
    since = period_start(everybody.district, clock.now())
    Message.objects.filter(pk=message.pk).update(sent_at=since - timedelta(seconds=1))
    assert figures(everybody, everybody.mrs_c).from_school == 0


def test_news_for_all_has_no_tone(everybody: Cast) -> None:
    message, _fanned = send(
        Draft(Purpose.ROUTINE, Audience(), {"en": "Book fair."}, {}, tone=Tone.GOOD),
        district=everybody.district,
        by=everybody.principal,
    )
    assert message.tone == ""


def test_the_ratio_has_its_denominator(everybody: Cast) -> None:
    for child, tone in (
        (everybody.troy, Tone.GOOD),
        (everybody.emily, Tone.GOOD),
        (everybody.troy, Tone.CONCERN),
        (everybody.nour, Tone.NEITHER),
    ):
        note_to(everybody, everybody.mrs_c, child, tone)
    note_to(everybody, everybody.counselor, everybody.troy, Tone.CONCERN)
    talk(everybody, everybody.emilys_home, Tone.GOOD, Result.TALKED)
    since = period_start(everybody.district, clock.now())
    found = heard.written(district=everybody.district, user=everybody.mrs_c, since=since)
    assert found == heard.Written(good=3, concern=1, unmarked=1)
    assert found.whole == 5


def test_class_by_class_stands_by_name_and_counts_own_notes_only(everybody: Cast) -> None:
    note_to(everybody, everybody.mrs_c, everybody.troy, Tone.GOOD)
    note_to(everybody, everybody.counselor, everybody.emily, Tone.GOOD)
    found = heard.rooms(
        list(heard.teachers(district=everybody.district, schools=None)),
        district=everybody.district,
        schools=None,
        since=period_start(everybody.district, clock.now()),
    )
    assert [(room.user.given, room.heard, room.families) for room in found] == [
        ("Clara", 1, 5),
        ("Okafor", 0, 1),
    ]


def test_a_principal_sees_the_teachers_of_one_school(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.principal).get("/good-news/classes/").content.decode()
    assert ("Clara Staff" in page, "Okafor Staff" in page) == (True, False)


def test_one_tap_starts_a_note_about_troy_that_is_still_empty(
    everybody: Cast, visit: Visit
) -> None:
    client = visit(everybody.mrs_c)
    page = client.get("/good-news/").content.decode()
    address = (
        f"/write/?family={everybody.troys_home.pk}&amp;about={everybody.troy.pk}&amp;tone=good"
    )
    assert address in page
    form = client.get(address.replace("&amp;", "&")).content.decode()
    assert f'<option value="{everybody.troy.pk}" selected>' in form
    assert '<input type="radio" name="tone" value="good" checked>' in form
    assert '<input type="radio" name="purpose" value="personal" checked>' in form
    assert 'placeholder="What did you see Troy do?' in form
    assert "></textarea>" in form[form.index('id="body-en"') :][:400]
    assert client.get("/good-news/").status_code == 200
    assert Message.objects.count() == 0


def test_the_mark_is_kept_when_the_note_is_sent(everybody: Cast, visit: Visit) -> None:
    client = visit(everybody.mrs_c)
    form = {
        "who": f"family:{everybody.troys_home.pk}",
        "about": str(everybody.troy.pk),
        "purpose": "personal",
        "tone": "good",
        "body-en": "Troy explained fractions to a friend today.",
    }
    checked = client.post("/write/", {**form, "draft": "one"}, follow=True)
    assert "Good news" in checked.content.decode()
    client.post("/write/one/send/", {"turn": "1", "when": "now"})
    assert Message.objects.get().tone == "good"


def test_a_tone_that_is_none_is_refused(everybody: Cast, visit: Visit) -> None:
    form = {"who": "mine", "purpose": "personal", "tone": "praise\x00", "body-en": "Hello."}
    answer = visit(everybody.counselor).post(
        "/write/", {**form, "who": f"family:{everybody.troys_home.pk}"}
    )
    assert answer.status_code == 422
    assert "good news, a concern, or neither" in answer.content.decode()


def test_a_teacher_elsewhere_is_offered_only_the_sister(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.teacher_elsewhere).get("/good-news/").content.decode()
    assert ("about Maya" in page, "about Troy" in page, "Emily" in page) == (True, False, False)


def test_the_first_page_says_it_in_one_line(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.mrs_c).get("/reach/").content.decode()
    assert "4 families have not heard something good yet" in page
    assert (
        "have not heard something good yet"
        not in visit(everybody.office).get("/reach/").content.decode()
    )


def test_a_full_class_is_listed_in_pages(everybody: Cast, visit: Visit) -> None:
    for number in range(60):
        child = student(f"Child{number}", "Ngo", everybody.elementary, everybody.room_12)
        home([child], [guardian(everybody.district, "Adult", "Ngo", email=f"n{number}@x.org")])
    page = visit(everybody.mrs_c).get("/good-news/?page=2").content.decode()
    assert page.count("Write something good about") == 14


@pytest.mark.parametrize("for_me", [False, True])
def test_a_long_list_read_in_parts_says_what_the_short_one_says(
    everybody: Cast, monkeypatch: pytest.MonkeyPatch, for_me: bool
) -> None:
    note_to(everybody, everybody.mrs_c, everybody.troy, Tone.GOOD)
    note_to(everybody, everybody.mrs_c, everybody.nour, Tone.GOOD, State.ACCEPTED)
    talk(everybody, everybody.emilys_home, Tone.GOOD, Result.TALKED)
    now = clock.now()
    since = period_start(everybody.district, now)

    def of(homes: list[int] | None) -> heard.Families:
        return heard.Families(
            homes,
            Student.objects.live(),
            district=everybody.district,
            user=everybody.principal,
            since=since,
            now=now,
        )

    everyone = list(Household.objects.filter(ended_at=None).values_list("pk", flat=True))
    short = of(everyone)
    listed = list(short.waiting(for_me=for_me))
    assert {one.household for one in listed} >= {everybody.nours_home.pk}
    monkeypatch.setattr(heard, "AT_ONCE", 0)
    for families in (of(everyone), of(None)):
        assert families.heard == short.heard
        waiting = families.waiting(for_me=for_me)
        assert list(waiting) == listed
        assert (waiting[1:3], waiting[len(listed) :]) == (listed[1:3], [])
