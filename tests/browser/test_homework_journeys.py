"""Homework in a real browser, at 360 px and with the keyboard alone: posted by its teacher, read by anybody."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from bothways.accounts.links import make
from bothways.core import clock
from bothways.hotline.enums import Source
from bothways.hotline.models import Posting
from bothways.hotline.queries import closed_days
from bothways.hotline.rules import last_school_day
from bothways.hotline.services.posting import codes, put
from bothways.web.family import frame
from people import Cast, cast


@pytest.fixture
def everybody(
    browser: Browser, transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cast:
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))
    return cast()


@pytest.fixture
def small(browser: Browser, live_server: LiveServer, everybody: Cast) -> Iterator[Page]:
    """A small phone without scripts."""
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": 360, "height": 740},
        java_script_enabled=False,
        locale="es-MX",
    )
    frame.misses.forget()
    yield context.new_page()
    context.close()


def in_english(page: Page) -> None:
    """Staff who chose English on a phone that speaks Spanish."""
    page.goto("/hw/")
    there = page.url.partition("/hw")[0]
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": there}])


def fits(page: Page) -> bool:
    """Nothing sticks out to the side."""
    widest = page.locator("body").bounding_box()
    assert widest is not None
    boxes = [box for one in page.locator("main *:visible").all() if (box := one.bounding_box())]
    return max(box["x"] + box["width"] for box in boxes) <= widest["width"] + 1


def test_posting_and_undoing_with_the_keyboard_at_360_pixels(small: Page, everybody: Cast) -> None:
    in_english(small)
    small.goto(make(everybody.mrs_c))
    small.click("main button")
    small.goto("/homework/")
    assert fits(small)
    small.focus(f"#body-{everybody.room_12.pk}")
    small.keyboard.type("Read pages 4-9.")
    keep = small.get_by_role("button", name="Keep it")
    for _tab in range(20):
        if keep.evaluate("one => one === document.activeElement"):
            break
        small.keyboard.press("Tab")
    small.keyboard.press("Enter")
    expect(small.locator(".notice, [role=status]").first).to_contain_text("Families hear it")
    assert Posting.objects.get().bodies == {"en": "Read pages 4-9."}
    back = small.get_by_role("button", name="Take the last change back")
    back.focus()
    small.keyboard.press("Enter")
    expect(small.locator("main")).to_contain_text("Taken back.")
    assert Posting.objects.count() == 0


def test_enter_in_a_field_keeps_and_never_undoes(small: Page, everybody: Cast) -> None:
    in_english(small)
    small.goto(make(everybody.mrs_c))
    small.click("main button")
    small.goto("/homework/")
    small.fill(f"#body-{everybody.room_12.pk}", "Read pages 4-9.")
    small.get_by_role("button", name="Keep it").click()
    small.fill(f"#body-{everybody.room_12.pk}", "Read pages 4-10.")
    small.focus(f"#due-{everybody.room_12.pk}")
    small.keyboard.press("Enter")
    expect(small.locator("main")).to_contain_text("Families hear it from now on.")
    assert Posting.objects.get().bodies == {"en": "Read pages 4-10."}


def test_a_family_finds_it_by_the_number_in_its_language(small: Page, everybody: Cast) -> None:
    today: date = clock.today(everybody.district.timezone)
    put(
        section=everybody.room_12,
        day=last_school_day(today, closed_days(everybody.district, None, today)),
        bodies={"en": "Read pages 4-9.", "es": "Lean las páginas 4 a 9."},
        due=None,
        by=everybody.mrs_c,
        source=Source.WEB,
        language="en",
    )
    code = codes([everybody.room_12])[everybody.room_12.pk]
    small.goto("/hw/")
    small.focus("#code")
    small.keyboard.type(f"{code[:2]} {code[2:]}")
    small.keyboard.press("Enter")
    expect(small.locator("h1")).to_contain_text("Tarea: Room 12")
    expect(small.locator("main")).to_contain_text("Lean las páginas 4 a 9.")
    assert fits(small)
    small.get_by_role("link", name="English").click()
    expect(small.locator("main")).to_contain_text("Read pages 4-9.")
