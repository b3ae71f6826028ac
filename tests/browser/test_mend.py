"""Contact data mended in a real browser, at 360 px and with the keyboard alone."""

from playwright.sync_api import expect

from bothways.people.models import ContactPoint, Merge
from browser.looking import SignIn
from people import Cast
from web import mended


def test_the_office_makes_sure_of_a_number_with_the_keyboard(
    sign_in: SignIn, everybody: Cast
) -> None:
    mended.said(everybody)
    page = sign_in(everybody.office)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/families/")
    page.locator("text=Contact data to mend").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Contact data to mend")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator("main >> text=Call and make sure").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Did Ruth Parker say this?")
    page.locator("button[value=yes]").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.success")).to_contain_text("Changed.")
    assert ContactPoint.objects.filter(address="+13125550155", ended_at=None).count() == 1


def test_two_rows_are_made_one_and_taken_apart_with_the_keyboard(
    sign_in: SignIn, everybody: Cast
) -> None:
    mended.alike(everybody)
    page = sign_in(everybody.office)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/families/mend/same/")
    page.locator("main >> text=Compare").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".sides article")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator("input[value=one]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("She told us at the door.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.success")).to_contain_text("One person now")
    assert Merge.objects.get().words == "She told us at the door."
    page.locator("main >> text=Take apart").focus()
    page.keyboard.press("Enter")
    page.locator("main button.danger").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".notice.success")).to_contain_text("Two people again")
    assert Merge.objects.get().undone_by == everybody.office
