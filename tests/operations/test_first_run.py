"""The tutorial “Your first day”, done as it is written: an empty folder, a browser, a letter, an answer."""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from pypdf import PdfReader

from browser.conftest import ARGS, NAMES
from commands.test_up import free_port

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial" / "your-first-day.md"
WORDS = "Emily explained the water cycle to her table on Friday. What does she tell at home?"
ANSWER = "She showed us with a pot and a lid."


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[tuple[str, str, Path]]:
    """(address, the link it printed, the made-up roster) of an installation that just started."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "BOTHWAYS_SECRET_KEY", "DJANGO_SETTINGS_MODULE")
    } | {"BOTHWAYS_HOME": str(tmp_path / "a home")}
    program, port = [sys.executable, "-m", "bothways"], free_port()
    roster = tmp_path / "cedar-hollow.zip"
    subprocess.run([*program, "sample", str(roster)], env=environment, check=True, timeout=60)
    said = tmp_path / "said"
    with said.open("w") as out:
        up = subprocess.Popen(
            [*program, "up", "--port", str(port)], env=environment, stdout=out, stderr=out
        )
    try:
        link = _until(lambda: re.search(r"http\S+/sign-in/begin/\S+", said.read_text()), 120)
        address = f"http://127.0.0.1:{port}"
        assert link[0].startswith(address)
        yield address, link[0], roster
    finally:
        up.send_signal(signal.SIGINT)
        assert up.wait(60) == 0


@pytest.fixture
def page() -> Iterator[Page]:
    named = os.environ.get("CHROMIUM", "")
    found = next((path for name in (named, *NAMES) if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("No Chromium: install Debian's package “chromium”, or name one in CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGS)
        page = browser.new_page()
        page.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        yield page
        browser.close()
        expect.set_options(timeout=5_000)


def test_a_new_office_worker_gets_from_nothing_to_a_first_answer(
    empty: tuple[str, str, Path], page: Page
) -> None:
    address, link, roster = empty
    assert WORDS in TUTORIAL.read_text("utf-8")
    assert ANSWER in TUTORIAL.read_text("utf-8")
    _retry(lambda: page.goto(link))
    page.get_by_label("Your district or school").fill("Cedar Hollow Schools")
    page.get_by_label("Its phone number").fill("(317) 555-0100")
    page.get_by_label("Your given name").fill("Peg")
    page.get_by_label("Your family name").fill("Sorensen")
    page.get_by_label("Your email address").fill("peg@cedarhollow.example")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("0 of 8 done")).to_be_visible()

    page.get_by_role("link", name="Do this Load the roster").click()
    page.locator("input[type=file]").set_input_files(roster)
    page.get_by_role("button", name="See what it would change").click()
    _reload_until(page, lambda: page.get_by_role("button", name="Import this roster").is_visible())
    page.get_by_role("button", name="Import this roster").click()
    _reload_until(page, lambda: page.get_by_text("598 students are in").is_visible())

    page.goto(f"{address}/people/")
    expect(page.get_by_text("45 people")).to_be_visible()
    page.get_by_role("link", name="Duty persons").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Duty persons")

    page.goto(f"{address}/families/")
    page.locator("input[name=q]").fill("Emily")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Emily Pruitt")
    expect(page.get_by_text("we have not tried yet").first).to_be_visible()

    page.get_by_role("main").get_by_role("link", name="Write", exact=True).first.click()
    page.get_by_label("Message in English").fill(WORDS)
    page.get_by_role("button", name="Look at it").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This goes to 1 of 1 families")
    page.get_by_role("button", name="Send to 1 family").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()

    page.goto(f"{address}/letters/")
    _reload_until(page, lambda: page.get_by_role("link", name="Open the PDF").count() == 1)
    tray = page.get_by_role("link", name="Open the PDF").get_attribute("href")
    letter = page.request.get(f"{address}{tray}").body()
    printed = "\n".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(letter)).pages)
    assert "118 Tannery Lane" in printed
    code = re.search(r"(?:[B-W]{4}-){2}[B-W]{4}", printed)
    assert code is not None
    page.get_by_text("They are posted").click()
    page.get_by_role("button", name="Posted", exact=True).click()
    expect(page.get_by_text("1 letter noted as posted")).to_be_visible()

    page.get_by_role("link", name="Enter a returned slip").click()
    page.get_by_label("The code on the paper").fill(code[0])
    page.get_by_role("button", name="Find the letter").click()
    page.get_by_role("main").locator("textarea").fill(ANSWER)
    page.get_by_role("button", name="Enter it").click()
    expect(page.get_by_text("Whoever owes the answer has it now")).to_be_visible()

    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("One family is waiting for you")
    expect(page.get_by_text(ANSWER)).to_be_visible()
    page.goto(f"{address}/reach/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 of 431 families reached")


def _until(found: Callable[[], re.Match[str] | None], seconds: float) -> re.Match[str]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (match := found()) is not None:
            return match
        time.sleep(0.5)
    raise AssertionError("It did not say how to begin.")


def _retry(work: Callable[[], object]) -> None:
    """The server says where it is a moment before it listens."""
    for _ in range(60):
        try:
            work()
        except Exception:
            time.sleep(1)
        else:
            return
    work()


def _reload_until(page: Page, there: Callable[[], bool]) -> None:
    for _ in range(90):
        if there():
            return
        page.wait_for_timeout(1_000)
        page.reload()
    assert there()
