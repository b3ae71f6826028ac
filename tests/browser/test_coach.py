"""The coach beside the words: found while typing, put in or refused by keyboard, and all without a script."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from bothways.accounts.links import make
from browser.looking import SignIn, look
from people import Cast

HARSH = "Troy is lazy and never does his homework. You must sign the log."
SHOTS = os.environ.get("COACH_SHOTS", "")


@pytest.fixture
def without_script(
    browser: Browser, live_server: LiveServer, everybody: Cast
) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    yield context
    context.close()


def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def test_better_words_are_put_in_and_others_refused(sign_in: SignIn, everybody: Cast) -> None:
    page = sign_in(everybody.mrs_c)
    page.goto("/write/")
    page.fill("#body-en", HARSH)
    order = page.locator(".coach-line[data-rule=demand]")
    expect(order).to_be_visible()
    assert look(page) == []
    for width, scheme in ((1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_timeout(400)  # colors fade over
        assert look(page) == []
        _shoot(page, f"coach-{width}-{scheme}")
    order.locator("[data-coach-put]").press("Enter")
    expect(page.locator("#body-en")).to_have_value(
        "Troy is lazy and never does his homework. Could you please sign the log? "
        "If that is hard right now, tell me and we will find another way."
    )
    expect(order).to_have_count(0)
    label = page.locator(".coach-line[data-rule=label]")
    label.locator("[data-coach-not]").press("Enter")
    expect(label).to_be_hidden()
    page.locator("#body-en").press_sequentially(" Troy was kind to a new boy.")
    expect(page.locator(".coach-line[data-rule=only_bad]")).to_have_count(0)
    expect(label).to_be_hidden()


def test_without_a_script_a_button_shows_the_same(
    without_script: BrowserContext, live_server: LiveServer, everybody: Cast
) -> None:
    page = without_script.new_page()
    page.goto(make(everybody.mrs_c))
    page.click("main button")
    page.goto("/write/")
    page.fill("#body-en", HARSH)
    page.click("text=Look at my words")
    expect(page.locator(".coach-line[data-rule=label]")).to_be_visible()
    expect(page.locator("#body-en")).to_have_value(HARSH)
    page.goto("/coach/")
    expect(page.locator("h1")).to_contain_text("Words that keep the door open")
    _shoot(page, "moves")
