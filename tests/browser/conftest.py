"""One Chromium for all browser tests: Debian's, or the one that CHROMIUM names."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from bothways.accounts.links import make
from bothways.accounts.models import User
from browser.looking import SignIn
from people import Cast, cast

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    named = os.environ.get("CHROMIUM", "")
    found = next((path for name in (named, *NAMES) if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("No Chromium: install Debian's package “chromium”, or name one in CHROMIUM.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; the database is used from here all the same.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=found, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def everybody(
    browser: Browser, transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cast:
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))
    return cast()


@pytest.fixture
def sign_in(browser: Browser, live_server: LiveServer, everybody: Cast) -> Iterator[SignIn]:
    """Sign in as this person with a link, and come out on Today."""
    contexts: list[BrowserContext] = []

    def open_(
        user: User, *, width: int = 1280, scheme: str = "light", language: str = "en"
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            # Nothing here needs a script: what works without works with.
            java_script_enabled=True,
            color_scheme="dark" if scheme == "dark" else "light",
        )
        contexts.append(context)
        context.add_cookies(
            [{"name": "django_language", "value": language, "url": live_server.url}]
        )
        page = context.new_page()
        page.goto(make(user))
        page.click("main button")
        page.wait_for_load_state()  # the scripts as well: what is done in place needs them
        return page

    yield open_
    for context in contexts:
        context.close()
