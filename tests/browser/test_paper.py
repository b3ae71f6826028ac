"""Paper in a real browser, at 360 px and with the keyboard alone: scan, give out, look at a newsletter."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bothways.messaging.audience import Audience
from bothways.messaging.enums import State
from bothways.messaging.models import Bag, Delivery
from bothways.messaging.services.newsletters import make
from browser.looking import SignIn, look
from people import Cast
from web.happenings import happened, in_the_bag, printed, to, write


def shot(page: Page, name: str) -> None:
    """Where PICTURES names a folder, a picture of the page for whoever wants to look at it."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_returned_letters_are_scanned_one_after_the_other_without_a_mouse(
    sign_in: SignIn, everybody: Cast
) -> None:
    letter = to(write(everybody, everybody.mrs_c), everybody.emilys_home)
    page = sign_in(everybody.office, width=360)
    page.goto("/letters/returned/")
    expect(page.locator("#id_code")).to_be_focused()
    # A scanner types what the square says, and Enter.
    page.keyboard.type("https://other.example/r/BBBB-CCCC-DDDD")
    page.keyboard.press("Enter")
    expect(page.locator(".wrong")).to_contain_text("No letter to your families has this code")
    expect(page.locator("#id_code")).to_be_focused()
    page.keyboard.type(f"https://grandbend.example/r/{letter.code}")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("Emily Parker")
    assert everybody.emilys_mother.points.get().state == "failing"
    shot(page, "returned-360")
    assert look(page) == []
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip().startswith("Undo"):
            break
    page.keyboard.press("Enter")
    expect(page.locator(".notice.success")).to_contain_text("Undone")
    assert everybody.emilys_mother.points.get().state == "unknown"


def test_a_teacher_gives_out_the_letters_of_the_class_with_the_keyboard(
    sign_in: SignIn, everybody: Cast
) -> None:
    message = write(everybody, everybody.mrs_c)
    for home, child in (
        (everybody.emilys_home, everybody.emily),
        (everybody.luiss_home, everybody.luis),
    ):
        in_the_bag(to(message, home), child, everybody.room_12)
    page = sign_in(everybody.mrs_c, width=360)
    page.click(".fold > summary")
    page.click(".fold nav >> text=Give out letters")
    shot(page, "bags-360")
    page.click(".items .btn")
    expect(page.locator("input[name=given]:checked")).to_have_count(2)
    shot(page, "room-360")
    assert look(page) == []
    page.locator("input[name=given]").first.focus()
    page.keyboard.press("Space")  # Luis is not here
    page.keyboard.press("Enter")
    expect(page.locator(".notice.success")).to_contain_text("1 letter given out. 1 waits")
    states = dict(Delivery.objects.filter(bag__isnull=False).values_list("bag__student", "state"))
    assert states == {
        everybody.luis.pk: State.DELIVERED.value,
        everybody.emily.pk: State.PRINTED.value,
    } or states == {
        everybody.emily.pk: State.DELIVERED.value,
        everybody.luis.pk: State.PRINTED.value,
    }
    assert sorted(Bag.objects.values_list("missed", flat=True)) == [0, 1]


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(360, "light", "en"), (360, "dark", "ar"), (1280, "light", "en"), (1280, "dark", "en")],
)
def test_the_pages_about_paper_fit_and_can_be_used_by_everybody(
    sign_in: SignIn, everybody: Cast, width: int, scheme: str, language: str
) -> None:
    did = happened(everybody)
    news = write(everybody, everybody.principal, Audience(grades=("05",)))
    posted = to(news, everybody.emilys_home)
    Delivery.objects.filter(pk=posted.pk).update(state="printed", rank=State.PRINTED.rank)
    printed(posted)
    in_the_bag(did.handover, everybody.luis, everybody.room_12)
    made = make(
        school=everybody.elementary,
        messages=[news],
        picture=None,
        alt="",
        by=everybody.office,
    )
    page = sign_in(everybody.admin, width=width, scheme=scheme, language=language)
    wrong = {}
    for path in (
        "/letters/",
        "/letters/ways/",
        "/letters/returned/",
        "/letters/bags/",
        f"/letters/bags/{everybody.room_12.pk}/",
        f"/letters/newsletter/?school={everybody.elementary.pk}",
        f"/letters/newsletter/{made.pk}/",
        f"/families/{everybody.emilys_home.pk}/wishes/",
        f"/sent/{news.pk}/",
    ):
        page.goto(path)
        for summary in page.locator("main details > summary").all():
            summary.click()
        page.wait_for_load_state("networkidle")
        name = path.partition("?")[0].strip("/").replace("/", "-")
        shot(page, f"{name}-{width}-{scheme}-{language}")
        if found := look(page):
            wrong[path] = found
    assert wrong == {}
