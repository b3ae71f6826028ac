"""From the phrasebook in two languages to what became of it, with a script and without."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from bothways.accounts.links import make
from bothways.core import clock
from bothways.languages import phrasebook
from bothways.messaging.models import Delivery, Message
from bothways.messaging.services.leaving import leave_due
from browser.looking import SignIn, look
from people import Cast


@pytest.fixture
def without_script(
    browser: Browser, live_server: LiveServer, everybody: Cast
) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    yield context
    context.close()


def _write(page: Page, everybody: Cast) -> str:
    """Write to room 12 from the phrasebook, take it back, send it; what its Spanish says."""
    one = next(
        entry
        for entry in phrasebook.entries(everybody.district)
        if {"en", "es"} <= set(entry.texts) and entry.purpose != "emergency"
    )
    page.goto("/write/")
    page.check(f"input[value='section:{everybody.room_12.sis_id}']")
    page.click("text=Take it from the phrasebook")
    page.fill("#q", one.title)
    page.click("text=Find")
    page.click(f".items a >> text={one.title}")
    for name in one.placeholders:
        page.fill(f"#value-{name}", "Friday")
    page.click("text=Put it into the message")
    values = dict.fromkeys(one.placeholders, "Friday")
    spanish = phrasebook.fill(one, "es", values)
    expect(page.locator("#body-es")).to_have_value(spanish)
    page.click(".go >> text=Look at it")
    expect(page.locator("h1")).to_contain_text("of 5 families")
    page.click("button[value=now]")
    page.click("text=Undo")
    expect(page.locator(".notices")).to_contain_text("Taken back")
    assert Message.objects.count() == 0
    expect(page.locator("#body-es")).to_have_value(spanish)
    page.click(".go >> text=Look at it")
    page.click("button[value=now]")
    expect(page.locator(".progress")).to_contain_text("Leaves")
    return spanish


def _seen_in_sent(page: Page, spanish: str) -> None:
    leave_due(at=clock.now() + timedelta(seconds=20))
    Message.objects.update(leaves_at=clock.now())
    leave_due(at=clock.now())
    page.goto("/sent/")
    expect(page.locator(".items")).to_contain_text("families saw it")
    page.click(".items a.name")
    page.click("summary >> text=The words")
    expect(page.locator(".letter[lang=es]")).to_have_text(spanish, use_inner_text=True)
    assert Message.objects.count() == 1
    assert Delivery.objects.count() > 0


def test_the_journey_with_a_script(sign_in: SignIn, everybody: Cast) -> None:
    page = sign_in(everybody.mrs_c)
    _seen_in_sent(page, _write(page, everybody))


def test_the_journey_without_a_script(without_script: BrowserContext, everybody: Cast) -> None:
    page = without_script.new_page()
    page.goto(make(everybody.mrs_c))
    page.click("main button")
    _seen_in_sent(page, _write(page, everybody))


def test_what_is_typed_is_kept_and_counted_while_it_is_typed(
    sign_in: SignIn, everybody: Cast
) -> None:
    page = sign_in(everybody.admin)
    page.goto("/write/")
    expect(page.locator("#counted")).to_contain_text("of 5 families can be written to")
    page.locator("#body-en").press_sequentially("The doors are open")
    expect(page.locator("#kept")).to_contain_text("Kept", timeout=15_000)
    page.goto("/write/")
    page.click("text=The doors are open")
    expect(page.locator("#body-en")).to_have_value("The doors are open")


@pytest.mark.parametrize(("width", "language"), [(360, "ar"), (1280, "en")])
def test_every_page_of_writing_fits_and_can_be_used(
    sign_in: SignIn, everybody: Cast, width: int, language: str
) -> None:
    page = sign_in(everybody.admin, width=width, language=language)
    page.goto("/write/")
    page.fill("#body-en", "Our doors are open on Thursday evening. " + "x" * 90)
    found = {"write": look(page)}
    page.click(".go button.first")
    page.wait_for_url("**/write/*/")
    found["check"] = look(page)
    page.goto(f"{page.url}phrasebook/")
    found["phrasebook"] = look(page)
    page.go_back()
    page.click("button[value=now]")
    page.wait_for_url("**/sent/*/")
    found["leaving"] = look(page)
    assert found == {"write": [], "check": [], "phrasebook": [], "leaving": []}
