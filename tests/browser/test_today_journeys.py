"""Today in a real browser: in place where a script runs, and the same without one."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from bothways.messaging.models import Delivery
from browser.looking import SignIn, look
from people import Cast
from web import steps
from web.happenings import Happened, happened

WORDS = "Let us pack it together after school."


def _answers(page: Page, did: Happened) -> None:
    row = page.locator(f"#owed-{did.talk.pk}")
    expect(row).to_contain_text("it stays in his bag")
    row.locator("summary").click()
    row.locator("textarea").fill(WORDS)
    row.locator("button").click()


def test_a_teacher_answers_without_leaving_the_page(sign_in: SignIn, everybody: Cast) -> None:
    did = happened(everybody)
    page = sign_in(everybody.mrs_c)
    expect(page.locator("h1")).to_have_text("Two families are waiting for you")
    page.evaluate("window.stayed = true")
    _answers(page, did)
    expect(page.locator(".items > .done")).to_contain_text("Your answer is on its way.")
    expect(page.locator("h1")).to_have_text("One family is waiting for you")
    assert page.evaluate("window.stayed") is True
    assert look(page) == []
    assert did.talk.entries.filter(from_family=False).count() == 1


def test_the_same_with_the_keyboard_alone(sign_in: SignIn, everybody: Cast) -> None:
    did = happened(everybody)
    page = sign_in(everybody.mrs_c, width=360)
    page.locator(f"#owed-{did.talk.pk} summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(WORDS)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".done [role=status]")).to_be_focused()
    assert did.talk.entries.filter(from_family=False).count() == 1


def test_without_script_it_is_the_same_work(
    sign_in: SignIn, everybody: Cast, live_server: LiveServer
) -> None:
    did = happened(everybody)
    signed = sign_in(everybody.mrs_c)
    browser = signed.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    context.add_cookies(signed.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/")
    _answers(page, did)
    expect(page.locator(".notice.success")).to_contain_text("Your answer is on its way.")
    expect(page.locator("h1")).to_have_text("One family is waiting for you")
    page.locator("summary", has_text="More").click()
    page.locator(".menu a", has_text="Sent").click()
    expect(page.locator("h1")).not_to_have_text("One family is waiting for you")
    context.close()
    assert did.talk.entries.filter(from_family=False).count() == 1


def test_words_stay_where_the_connection_breaks(sign_in: SignIn, everybody: Cast) -> None:
    did = happened(everybody)
    page = sign_in(everybody.mrs_c)
    page.context.set_offline(True)
    _answers(page, did)
    row = page.locator(f"#owed-{did.talk.pk}")
    expect(row.locator("[data-could-not]")).to_be_visible()
    assert row.locator("textarea").input_value() == WORDS
    page.context.set_offline(False)
    row.locator("button").click()
    expect(page.locator(".items > .done")).to_be_visible()
    assert did.talk.entries.filter(from_family=False).count() == 1


def test_what_is_unclear_is_sent_again_on_the_spot(sign_in: SignIn, everybody: Cast) -> None:
    did = happened(everybody)
    page = sign_in(everybody.mrs_c)
    page.click("button:has-text('Send again')")
    expect(page.locator(".items > .done")).to_contain_text("1 goes out again.")
    assert Delivery.objects.get(pk=did.held.pk).state == "queued"


def test_menus_close_with_escape_and_hand_back_the_focus(sign_in: SignIn, everybody: Cast) -> None:
    page = sign_in(everybody.admin)
    page.locator(".menu > summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".menu[open]")).to_have_count(1)
    assert look(page) == []
    page.keyboard.press("Escape")
    expect(page.locator(".menu[open]")).to_have_count(0)
    expect(page.locator(".menu > summary").first).to_be_focused()


@pytest.mark.parametrize("width", [360, 768])
def test_the_bar_folds_into_one_line(sign_in: SignIn, everybody: Cast, width: int) -> None:
    happened(everybody)
    page = sign_in(everybody.admin, width=width)
    assert page.locator(".top").evaluate("e => e.getBoundingClientRect().height") < 75
    page.click(".fold > summary")
    expect(page.locator(".panel nav")).to_be_visible()
    assert look(page) == []
    page.click(".panel >> text=Roster")
    expect(page.locator("h1")).to_be_visible()


def test_a_step_of_today_is_one_press_away(sign_in: SignIn, everybody: Cast) -> None:
    task = steps.step(everybody)
    page = sign_in(everybody.mrs_c)
    page.click(f"a[href='/tasks/{task.pk}/']")
    expect(page.locator("h1")).to_be_visible()
    assert page.url.endswith(f"/tasks/{task.pk}/")


@pytest.mark.parametrize(
    ("width", "scheme", "language"), [(360, "dark", "ar"), (1280, "light", "en")]
)
def test_the_gallery_shows_every_part_and_all_can_use_it(
    sign_in: SignIn, everybody: Cast, width: int, scheme: str, language: str
) -> None:
    page = sign_in(everybody.admin, width=width, scheme=scheme, language=language)
    page.goto("/gallery/")
    assert look(page) == []
