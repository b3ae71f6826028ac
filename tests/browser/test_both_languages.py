"""A father writes in Arabic, Mrs. C reads and answers in English, and he reads Arabic. No script is needed."""

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from bothways.core import clock
from bothways.languages.models import Reading
from bothways.languages.services import From, Suggestion, _digest
from bothways.messaging.audience import Audience
from bothways.messaging.enums import MessageKind
from bothways.messaging.models import Delivery, Entry
from browser.looking import SignIn, look
from people import Cast
from web.happenings import to, write

THEIRS = "نور مريض اليوم. هل يمكنكم الاتصال بي مساءً؟"
IN_ENGLISH = "Nour is ill today. Can you call me in the evening?"
OURS = "We hope Nour is well soon. I will call at six."
IN_ARABIC = "نتمنى الشفاء العاجل لنور. سأتصل في السادسة."


def _phone(browser: Browser, live_server: LiveServer, code: str) -> Page:
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": 360, "height": 740},
        java_script_enabled=False,
        locale="ar",
    )
    page = context.new_page()
    page.goto(f"/r/{code}?lang=ar")
    return page


def test_a_father_and_mrs_c_understand_each_other(
    browser: Browser,
    live_server: LiveServer,
    everybody: Cast,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "bothways.web.staff.answering.suggest",
        lambda *_args, **_named: {"ar": Suggestion(IN_ARABIC, From.MACHINE, "test")},
    )
    only_nour = Audience(students=(everybody.nour.sis_id or "",))
    about = write(everybody, everybody.mrs_c, only_nour, everybody.nour)
    father = _phone(browser, live_server, to(about, everybody.nours_home).code)
    father.fill("#words", THEIRS)
    father.click("button[name=send]")
    entry = Entry.objects.get(from_family=True)
    assert entry.body == THEIRS
    # What the worker does in the background.
    Reading.objects.create(
        district=everybody.district,
        digest=_digest(THEIRS, entry.language),
        reader="en",
        language="ar",
        sure=True,
        translation=IN_ENGLISH,
        engine="test",
        at=clock.now(),
    )
    page = sign_in(everybody.mrs_c)
    page.goto("/inbox/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".theirs .words[lang=ar]")).to_have_text(THEIRS)
    expect(page.locator(".theirs .words[lang=en]")).to_have_text(IN_ENGLISH)
    page.locator("#answer textarea[name=words]").fill(OURS)
    page.get_by_role("button", name="Show it in Arabic").click()
    expect(page.locator("textarea[name=translation]")).to_have_value(IN_ARABIC)
    page.get_by_label("I read Arabic and went through it").check()
    page.get_by_role("button", name="Send in Arabic").click()
    expect(page.locator(".ours .words[lang=ar]")).to_have_text(IN_ARABIC)
    sent = Delivery.objects.get(message__kind=MessageKind.CONVERSATION.value)
    Delivery.objects.filter(pk=sent.pk).update(state="accepted", rank=20)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        for path in (
            f"/inbox/{entry.conversation_id}/",
            "/inbox/?whose=all",
            "/inbox/at-hand/new/",
            "/bookings/",
        ):
            page.goto(path)
            assert look(page) == [], path
    answered = _phone(browser, live_server, sent.code)
    expect(answered.locator("body")).to_contain_text(IN_ARABIC)
