"""A short way through the day for each role, and from a father's Arabic to a voice that he hears."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from bothways.accounts.models import User
from bothways.core import clock
from bothways.interpreters.enums import BookingState, Occasion, Part
from bothways.interpreters.models import Booking
from bothways.interpreters.services import Person, ask, take_in
from bothways.languages.models import Reading
from bothways.languages.services import From, Suggestion, _digest
from bothways.messaging.audience import Audience
from bothways.messaging.enums import MessageKind, Origin, Purpose, State
from bothways.messaging.models import Alert, Delivery, Entry, Message
from bothways.messaging.services.messages import Draft, Source, send
from bothways.messaging.services.sounds import record_version
from bothways.outreach.enums import RequestKind
from bothways.outreach.models import FamilyRequest, PersonContact
from bothways.outreach.services import requests
from bothways.people.models import ContactPoint
from browser.looking import SignIn, look
from people import Cast
from web import steps
from web.happenings import happened, to, write

THEIRS = "نور مريض اليوم. هل يمكنكم الاتصال بي مساءً؟"
IN_ENGLISH = "Nour is ill today. Can you call me in the evening?"
OURS = "We hope Nour is well soon. I will call at six."
IN_ARABIC = "نتمنى الشفاء العاجل لنور. سأتصل في السادسة."
VOICE = b"ID3\x04\x00 Samir reads it"

Enter = Callable[[User, bool], Page]


@pytest.fixture
def enter(sign_in: SignIn, browser: Browser, live_server: LiveServer) -> Iterator[Enter]:
    """Sign in; without a script in a browser that runs none."""
    contexts: list[BrowserContext] = []

    def open_(user: User, script: bool) -> Page:
        signed = sign_in(user, width=360)
        if script:
            return signed
        context = browser.new_context(
            java_script_enabled=False,
            base_url=live_server.url,
            viewport={"width": 360, "height": 900},
        )
        contexts.append(context)
        context.add_cookies(signed.context.cookies())  # type: ignore[arg-type]
        page = context.new_page()
        page.goto("/")
        return page

    yield open_
    for context in contexts:
        context.close()


def fits(page: Page, script: bool) -> list[str]:
    """What is wrong with the page as it is now, on a phone and on a desk; axe needs a script."""
    found = []
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        if script:
            found += [f"{width} px, {page.url}: {one}" for one in look(page)]
        else:
            wide = page.evaluate("document.documentElement.scrollWidth") - width
            found += [f"{width} px, {page.url}: {wide} px too wide"] if wide > 0 else []
    return found


both_ways = pytest.mark.parametrize("script", [True, False], ids=["script", "none"])


@both_ways
def test_the_principal_gives_a_family_that_is_not_reached_to_a_colleague(
    enter: Enter, everybody: Cast, script: bool
) -> None:
    happened(everybody)
    step = steps.step(everybody, owner=everybody.principal)
    page = enter(everybody.principal, script)
    expect(page.locator("#not-reached")).to_contain_text("of 5 families")
    page.locator("section:has(#due) .items a.btn").first.click()
    expect(page.locator("h1")).to_contain_text("Emily Parker")
    assert fits(page, script) == []
    page.select_option("select[name$=to]", label=_called(page, "Marisol"))
    page.get_by_role("button", name="Hand over").click()
    step.refresh_from_db()
    assert step.owner == everybody.liaison


def _called(page: Page, name: str) -> str:
    """The choice in which this name stands."""
    options = page.locator("select[name$=to] option").all_inner_texts()
    return next(option for option in options if name in option)


@both_ways
def test_a_teacher_tells_something_good(enter: Enter, everybody: Cast, script: bool) -> None:
    happened(everybody)
    page = enter(everybody.mrs_c, script)
    turn = page.locator("section[aria-labelledby=good] li", has_text="Nour")
    turn.get_by_role("link", name="Write").click()
    assert page.locator("input[name=tone][value=good]").is_checked()
    assert fits(page, script) == []
    page.fill("#body-en", "Nour explained fractions to the whole table today.")
    page.locator(".go >> text=Look at it").click()
    page.locator("button[value=now]").click()
    sent = Message.objects.latest("pk")
    assert (sent.purpose, sent.tone, sent.student) == ("personal", "good", everybody.nour)
    assert fits(page, script) == []


@both_ways
def test_the_office_keeps_a_number_that_a_grandmother_gave(
    enter: Enter, everybody: Cast, script: bool
) -> None:
    page = enter(everybody.office, script)
    page.goto(f"/families/{everybody.emilys_home.pk}/")
    page.click("text=Add a number, email or address")
    assert fits(page, script) == []
    page.select_option("select[name=guardian]", str(everybody.emilys_mother.pk))
    page.fill("[name=address]", "(312) 555-0144")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator("main")).to_contain_text("(312) 555-0144")
    point = ContactPoint.objects.get(match="+13125550144")
    assert point.guardian == everybody.emilys_mother


@both_ways
def test_a_counselors_protected_note_is_for_few(
    enter: Enter, everybody: Cast, script: bool
) -> None:
    page = enter(everybody.counselor, script)
    page.goto(f"/families/{everybody.emilys_home.pk}/note/")
    page.select_option("#id_result", "talked")
    page.fill("#id_words", "She asked for a bed at the shelter.")
    page.get_by_label("Named staff only").check()
    page.get_by_role("button", name="Keep this").click()
    expect(page.locator(".story")).to_contain_text("a bed at the shelter")
    assert fits(page, script) == []
    assert PersonContact.objects.get().by == everybody.counselor
    other = enter(everybody.office, script)
    other.goto(f"/families/{everybody.emilys_home.pk}/")
    expect(other.locator(".story")).not_to_contain_text("shelter")
    expect(other.locator(".story")).to_contain_text("Protected words")


@both_ways
def test_a_liaison_goes_from_the_case_load_to_a_visit(
    enter: Enter, everybody: Cast, script: bool
) -> None:
    going = steps.going(
        everybody,
        steps.step(everybody, owner=everybody.liaison),
        visitor=everybody.liaison,
        by=everybody.liaison,
        planned_at=clock.now() + timedelta(seconds=5),  # today, also shortly before midnight
    )
    page = enter(everybody.liaison, script)
    page.goto("/families/")
    expect(page.locator("main")).to_contain_text("Emily Parker")
    expect(page.locator("main")).not_to_contain_text("Nour Haddad")  # is on nobody's list
    page.goto("/")
    page.click("text=Open the visit")
    page.click("text=We are at the door")
    assert fits(page, script) == []
    page.click("text=We are out")
    going.refresh_from_db()
    assert going.checked_in_at is not None
    assert going.checked_out_at is not None


def _asked(cast: Cast) -> Booking:
    """Yusuf is asked to come to a conversation with Nour's family."""
    yusuf = take_in(
        Person(
            school=cast.elementary,
            part=Part.INTERPRETER,
            tongues=[("ar", "en")],
            user=cast.interpreter,
        ),
        district=cast.district,
        by=cast.office,
        adult=True,
    )
    starts = clock.now() + timedelta(hours=3)
    return ask(
        interpreter=yusuf,
        language="ar",
        occasion=Occasion.CONVERSATION,
        starts=starts,
        ends=starts + timedelta(hours=1),
        by=cast.mrs_c,
        household=cast.nours_home,
        outside_hours=True,
    )


@both_ways
def test_an_interpreter_says_yes_and_sees_this_family_and_no_other(
    enter: Enter, everybody: Cast, script: bool
) -> None:
    booking = _asked(everybody)
    page = enter(everybody.interpreter, script)
    page.goto("/bookings/")
    expect(page.locator("main")).not_to_contain_text("Haddad")
    assert fits(page, script) == []
    page.get_by_role("button", name="I come").click()
    booking.refresh_from_db()
    assert booking.state == BookingState.ACCEPTED.value
    page.goto(f"/interpreters/bookings/{booking.pk}/")
    expect(page.locator("main")).to_contain_text("Karim Haddad")
    assert fits(page, script) == []
    for path in (f"/families/{everybody.emilys_home.pk}/", "/families/", "/inbox/"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status in (403, 404), path


@both_ways
def test_a_duty_person_takes_words_of_danger_in_hand(
    enter: Enter, everybody: Cast, script: bool
) -> None:
    did = happened(everybody)
    Alert.objects.create(entry=did.alert.entry, user=everybody.duty, at=clock.now())
    page = enter(everybody.duty, script)
    page.click(".alerts a")
    expect(page.locator(".letter")).to_contain_text("has a gun")
    assert fits(page, script) == []
    page.get_by_role("button", name="I have this in hand").click()
    expect(page.locator(".alerts")).to_have_count(0)
    assert Alert.objects.get(user=everybody.duty).seen_at is not None


@both_ways
def test_the_records_officer_answers_a_mother(enter: Enter, everybody: Cast, script: bool) -> None:
    requests.ask(
        guardian=everybody.emilys_mother,
        kind=RequestKind.CORRECT,
        words="Emily's birthday is the fourth of May.",
        language="en",
        form_key="birthday",
    )
    page = enter(everybody.records, script)
    page.goto("/requests/")
    assert fits(page, script) == []
    page.locator(".items a.btn").click()
    expect(page.locator(".letter")).to_contain_text("the fourth of May")
    page.get_by_label("Done", exact=True).check()
    page.fill("textarea", "We corrected it today. Thank you for telling us.")
    page.get_by_role("button", name="Answer the family").click()
    one = FamilyRequest.objects.get()
    assert (one.answered_at is not None, one.answer) == (
        True,
        "We corrected it today. Thank you for telling us.",
    )
    assert fits(page, script) == []


@both_ways
def test_a_reader_of_arabic_approves_what_a_machine_wrote(
    enter: Enter, everybody: Cast, script: bool
) -> None:
    message, _fanned = send(
        Draft(
            Purpose.PERSONAL,
            Audience(),
            {"en": "Please come on Monday.", "ar": "الرجاء الحضور يوم الأحد."},
            {},
            sources={"ar": Source(Origin.MACHINE, "echo")},
        ),
        district=everybody.district,
        by=everybody.admin,
    )
    _asked(everybody)  # the interpreter's languages are known
    page = enter(everybody.interpreter, script)
    page.goto("/translations/")
    assert fits(page, script) == []
    page.click(".items a")
    expect(page.locator("main")).to_contain_text("A machine wrote this.")
    page.fill("#body", "الرجاء الحضور يوم الاثنين.")
    assert fits(page, script) == []
    page.get_by_role("button", name="Approve and send").click()
    version = message.versions.get(language="ar")
    assert (version.body, version.reviewed_by) == (
        "الرجاء الحضور يوم الاثنين.",
        everybody.interpreter,
    )


@both_ways
def test_a_father_reads_answers_in_arabic_and_hears_the_answer(
    enter: Enter,
    browser: Browser,
    live_server: LiveServer,
    everybody: Cast,
    monkeypatch: pytest.MonkeyPatch,
    script: bool,
) -> None:
    monkeypatch.setattr(
        "bothways.web.staff.answering.suggest",
        lambda *_args, **_named: {"ar": Suggestion(IN_ARABIC, From.MACHINE, "test")},
    )
    only_nour = Audience(students=(everybody.nour.sis_id or "",))
    about = write(everybody, everybody.mrs_c, only_nour, everybody.nour)
    phone = browser.new_context(
        base_url=live_server.url,
        viewport={"width": 360, "height": 740},
        java_script_enabled=script,
        locale="ar",
    )
    father = phone.new_page()
    father.goto(f"/r/{to(about, everybody.nours_home).code}")
    assert father.locator("html").get_attribute("dir") == "rtl"
    father.fill("#words", THEIRS)
    father.click("button[name=send]")
    entry = Entry.objects.get(from_family=True)
    _read_in_english(everybody, entry)
    page = enter(everybody.mrs_c, script)
    page.goto(f"/inbox/{entry.conversation_id}/")
    expect(page.locator(".theirs .words[lang=ar]")).to_have_text(THEIRS)
    expect(page.locator(".theirs .words[lang=en]")).to_have_text(IN_ENGLISH)
    page.locator("#answer textarea[name=words]").fill(OURS)
    page.get_by_role("button", name="Show it in Arabic").click()
    page.get_by_label("I read Arabic and went through it").check()
    page.get_by_role("button", name="Send in Arabic").click()
    expect(page.locator(".ours .words[lang=ar]")).to_have_text(IN_ARABIC)
    sent = Delivery.objects.get(message__kind=MessageKind.CONVERSATION.value)
    state = State.ACCEPTED
    Delivery.objects.filter(pk=sent.pk).update(state=state.value, rank=state.rank)
    version = sent.message.versions.get()
    record_version(version=version, data=VOICE, by=everybody.mrs_c, voice="Samir")
    father.goto(f"/r/{sent.code}")
    expect(father.locator("main")).to_contain_text(IN_ARABIC)
    heard = father.request.get(father.locator("audio").get_attribute("src") or "")
    assert (heard.headers["content-type"], heard.body()) == ("audio/mpeg", VOICE)
    assert fits(father, script) == []
    phone.close()


def _read_in_english(cast: Cast, entry: Entry) -> None:
    """What the worker does in the background."""
    Reading.objects.create(
        district=cast.district,
        digest=_digest(THEIRS, entry.language),
        reader="en",
        language="ar",
        sure=True,
        translation=IN_ENGLISH,
        engine="test",
        at=clock.now(),
    )
