"""A passkey in a real browser: made on the account's page, used to sign in, taken away again."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from bothways.accounts.links import make
from browser.looking import look
from people import Cast


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A device that knows its owner's finger (the browser's own virtual authenticator)."""
    context = browser.new_context(base_url=live_server.url.replace("127.0.0.1", "localhost"))
    found = context.new_page()
    tools = context.new_cdp_session(found)
    tools.send("WebAuthn.enable")
    tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    yield found
    context.close()


def test_a_passkey_signs_in_without_a_code_and_can_be_taken_away(
    page: Page, everybody: Cast
) -> None:
    page.goto(make(everybody.principal))
    page.click("main button")
    page.goto("/sign-in/account/")
    assert look(page) == []
    page.click("text=Add a passkey")
    page.fill("#id_name", "office computer")
    assert look(page) == []
    page.click("text=Make the passkey")
    expect(page.locator("h1")).to_have_text("Recovery codes")
    assert page.locator(".codes li").count() == 10
    page.click("text=I have them")
    expect(page.locator("main")).to_contain_text("office computer")
    page.click("main >> text=Sign out here")
    expect(page.locator("h1")).to_have_text("Sign in")
    assert look(page) == []
    page.click("text=Sign in with a passkey")
    expect(page.locator(".who >> nth=0")).to_contain_text("Rosa Staff")
    page.goto("/sign-in/account/")
    page.click("text=Take it away")
    if "confirm" in page.url:  # changed only by whoever shows it once more
        page.click("text=Use my passkey")
    page.click("text=Yes, take it away")
    expect(page.locator("main")).not_to_contain_text("office computer")


def test_a_passkey_is_the_second_step_after_a_link(page: Page, everybody: Cast) -> None:
    page.goto(make(everybody.principal))
    page.click("main button")
    page.goto("/sign-in/account/passkeys/add/")
    page.click("text=Make the passkey")
    expect(page.locator("h1")).to_have_text("Recovery codes")
    page.context.clear_cookies()
    everybody.principal.refresh_from_db()
    page.goto(make(everybody.principal))
    page.click("main button")
    expect(page.locator("h1")).to_have_text("One more step")
    assert look(page) == []
    page.click("text=Use my passkey")
    expect(page.locator(".who >> nth=0")).to_contain_text("Rosa Staff")
