"""Emily's parents, from a fence and two dogs to a first talk: as the tutorial tells it, click by click.

docs/tutorial/a-family-hard-to-reach.md tells the same story; where PICTURES names a folder, its pictures
are made here.
"""

import io
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from pytest_django.live_server_helper import LiveServer

from bothways.accounts.models import User
from bothways.cases.models import Goal
from bothways.core import clock
from bothways.feedback.models import Item
from bothways.ledger.enums import Level
from bothways.ledger.models import ContactEvent
from bothways.ledger.queries import strongest_since
from bothways.messaging.models import Delivery
from bothways.outreach.enums import PlanState, TaskKind
from bothways.outreach.models import FamilyPlan, PersonContact, Task, Visit
from bothways.reach.queries import period_start
from bothways.web.family import entering, frame
from browser.looking import SignIn, look
from people import Cast
from web import steps
from web.happenings import in_the_bag

EMILY_SAYS = "It is hopeless. Only Aunt Jo at the laundry gets them to listen."
DOGS = "Two Dobermans behind a chain-link fence. The gate does not close."
MAY_SAY = "Mrs. C from school would be glad to talk, and it is good news."
CARD = "Emily read aloud to the little ones on Tuesday. They asked for more."
HOPES = "That she likes going. We did not."
ASKS = "Letters that one can read. And not always on a Friday."
DID = "From now on you get one page, in large letters, on Mondays."
GOAL = "Emily reads to her little brother three evenings a week."
PRIVATE = (EMILY_SAYS, "Aunt Jo", "Dobermans", "chain-link", "hopeless")


class Story:
    """Who does what; each method is one chapter and ends where the next begins."""

    def __init__(self, cast: Cast, sign_in: SignIn) -> None:
        self.cast = cast
        self.sign_in = sign_in
        self.home = cast.emilys_home.pk
        self.page = sign_in(cast.mrs_c)

    def go(self, path: str) -> None:
        self.page.goto(path)

    def fine(self, picture: str = "") -> None:
        """The page is right at both widths; and a picture of it for the tutorial."""
        wrong = []
        for width in (1280, 360):
            self.page.set_viewport_size({"width": width, "height": 900})
            wrong += [f"{width} px, {self.page.url}: {one}" for one in look(self.page)]
        self.page.set_viewport_size({"width": 1280, "height": 900})
        assert wrong == []
        if picture:
            shot(self.page, picture)

    def keep(self, form: str, button: str) -> None:
        self.page.locator(form).get_by_role("button", name=button).click()
        expect(self.page.locator(".notice.success").first).to_be_visible()

    def finish(self, result: str, words: str, learned: str = "", guardian: bool = False) -> None:
        """What came of the step that is open on the page."""
        self.page.locator(f"form.outcome input[name=result][value={result}]").check()
        if guardian:
            self.page.select_option(
                "form.outcome select[name=guardian]", str(self.cast.emilys_mother.pk)
            )
        self.page.fill("form.outcome textarea[name=words]", words)
        self.page.fill("form.outcome textarea[name=learned]", learned)
        self.page.locator("form.outcome").get_by_role("button", name="Keep this").click()

    def next_is(self, kind: TaskKind, why: str, owner: User | None = None) -> Task:
        """On the plan's page: what is next, and it stands there."""
        self.go(f"/families/{self.home}/plan/")
        self.page.select_option("select[name=next-kind]", kind.value)
        self.page.select_option("select[name=next-owner]", str((owner or self.cast.mrs_c).pk))
        self.page.fill("input[name=next-why]", why)
        self.keep("form[action$='/plan/next/']", "This is next")
        plan = FamilyPlan.objects.select_related("next_task").get(household=self.home)
        assert plan.next_task is not None
        assert plan.next_task.kind == kind.value
        return plan.next_task


def shot(page: Page, name: str, *, clip: int = 900) -> None:
    """Where PICTURES names a folder, a picture for the tutorial: the part that one sees first."""
    if folder := os.environ.get("PICTURES"):
        size = page.viewport_size or {"width": 1280, "height": 900}
        page.screenshot(
            path=Path(folder) / f"{name}.png",
            clip={"x": 0, "y": 0, "width": size["width"], "height": clip},
        )


@pytest.fixture
def story(everybody: Cast, sign_in: SignIn) -> Story:
    for throttle in (frame.misses, entering.asking, entering.typing):
        throttle.forget()
    return Story(everybody, sign_in)


@pytest.fixture
def library(browser: Browser, live_server: LiveServer) -> Iterator[Callable[[], Page]]:
    """A computer in the public library: the family has no phone."""
    contexts = []

    def open_() -> Page:
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": 360, "height": 740}
        )
        contexts.append(context)
        return context.new_page()

    yield open_
    for context in contexts:
        context.close()


def test_emilys_parents_from_a_fence_to_a_first_talk_and_what_came_of_it(
    story: Story, library: Callable[[], Page]
) -> None:
    the_visit_failed(story)
    what_we_learn(story)
    what_stands_in_the_way(story)
    good_news_in_the_bag(story)
    word_is_passed_on(story)
    they_meet(story)
    they_tell(story)
    you_said_we_did(story)
    a_goal_together(story)
    the_school_has_reached_them(story)
    what_they_see(story, library())


def the_visit_failed(story: Story) -> None:
    """The school has not reached them: that stands on Today, and a fence is noted as a try."""
    task = steps.step(story.cast)
    page = story.page
    story.go("/")
    expect(page.locator("#not-reached")).to_be_visible()
    page.locator("section:has(#due) .items", has_text="Emily Parker").locator("a.btn").first.click()
    expect(page.locator("h1")).to_contain_text("Emily Parker")
    story.fine()
    story.finish("no_answer", "A high fence. Nobody came to the gate.")
    task.refresh_from_db()
    assert task.state == "done"
    assert strongest(story) is Level.ATTEMPTED


def what_we_learn(story: Story) -> None:
    """A plan keeps what was tried, what was learned, and what Emily suggests."""
    page = story.page
    story.go(f"/families/{story.home}/plan/")
    page.get_by_role("button", name="Begin a plan").click()
    expect(page.locator("#tried")).to_be_visible()
    for kind, words, protected in (
        ("learned", "Grandmother trusts Mr. Bell, who drives the bus.", False),
        ("learned", DOGS, True),
        ("student", EMILY_SAYS, False),
    ):
        page.locator(f"input[name=note-kind][value={kind}]").check()
        page.fill("textarea[name=note-words]", words)
        if kind == "student":
            page.select_option("select[name=note-student]", str(story.cast.emily.pk))
        page.locator("input[name=note-protected]").set_checked(protected)
        story.keep("form[action$='/plan/note/']", "Keep this")
    expect(page.locator("section:has(#learned)")).to_contain_text(EMILY_SAYS)
    expect(page.locator("section:has(#learned)")).not_to_contain_text("Dobermans")
    story.fine("hard-to-reach-plan")


def what_stands_in_the_way(story: Story) -> None:
    """One tap each; and from then on nobody stands at their door unless they ask."""
    page = story.page
    story.go(f"/families/{story.home}/")
    for code in ("phone", "nights", "past_hurt", "safety"):
        page.locator("#in-the-way details.tap > summary").click()
        page.locator(f"#in-the-way button[name=barrier][value={code}]").click()
        expect(page.locator(".notice.success").first).to_be_visible()
    expect(page.locator("#in-the-way article")).to_have_count(4)
    assert set(story.cast.emilys_home.barriers.values_list("code", flat=True)) == {
        "phone",
        "nights",
        "past_hurt",
        "safety",
    }
    story.fine()
    if os.environ.get("PICTURES"):
        hurt = page.locator("#in-the-way article", has_text="School has hurt before")
        hurt.screenshot(path=Path(os.environ["PICTURES"]) / "hard-to-reach-in-the-way.png")
    at_the_door = story.next_is(TaskKind.VISIT, "Once more at the fence")
    plan_the_meeting(story, at_the_door, place="home", words="The gate", agreed=False)
    expect(page.locator("[role=alert]").first).to_contain_text("Offer another place")
    assert not Visit.objects.exists()
    story.go(f"/tasks/{at_the_door.pk}/")
    page.locator("summary", has_text="This step makes no sense").click()
    page.fill("form[action$='/drop/'] textarea", "Not at their door.")
    story.keep("form[action$='/drop/']", "Leave it out")


def plan_the_meeting(story: Story, task: Task, *, place: str, words: str, agreed: bool) -> None:
    page, cast = story.page, story.cast
    story.go(f"/tasks/{task.pk}/visit/")
    at = (clock.now() + timedelta(minutes=30)).astimezone(cast.district.zone)
    page.fill("input[name=planned_at]", f"{at:%Y-%m-%dT%H:%M}")
    page.select_option("select[name=companion]", str(cast.counselor.pk))
    page.locator(f"input[name=place][value={place}]").check()
    page.fill("input[name=place_words]", words)
    page.locator("input[name=agreed]").set_checked(agreed)
    page.fill("input[name=agreed_how]", "Word came by Jo")
    page.locator("input[name=safety_asked]").check()
    page.fill("textarea[name=safety_note]", DOGS)
    page.get_by_role("button", name="Keep the plan").click()


def good_news_in_the_bag(story: Story) -> None:
    """A card about something good, home in Emily's bag."""
    page, cast = story.page, story.cast
    story.go(f"/good-news/card/{story.home}/{cast.emily.pk}/")
    page.locator("textarea[name^=words-]").first.fill(CARD)
    story.fine()
    page.get_by_role("button", name="Print this card").click()
    expect(page.locator(".notice.success").first).to_be_visible()
    give_out(story, Delivery.objects.get(household=story.home))
    assert strongest(story) is Level.DELIVERED


def give_out(story: Story, letter: Delivery) -> None:
    """The worker prints; Mrs. C gives out the letters of the class."""
    in_the_bag(letter, story.cast.emily, story.cast.room_12)
    story.go(f"/letters/bags/{story.cast.room_12.pk}/")
    expect(story.page.locator("input[name=given]:checked")).to_have_count(1)
    story.page.get_by_role("button", name="Given out").click()
    expect(story.page.locator(".notice.success").first).to_contain_text("1 letter given out")


def word_is_passed_on(story: Story) -> None:
    """Aunt Jo is told these words and nothing else, and says what came back."""
    page = story.page
    story.go(f"/families/{story.home}/plan/")
    page.locator("summary", has_text="Add somebody they trust").click()
    page.fill("input[name=trust-name]", "Aunt Jo")
    page.fill("input[name=trust-how]", "At the laundry of the church, in the morning")
    page.fill("textarea[name=trust-may_say]", MAY_SAY)
    story.keep("form[action$='/plan/trust/']", "Keep this")
    task = story.next_is(TaskKind.GO_BETWEEN, "Through somebody they trust")
    story.go(f"/tasks/{task.pk}/")
    expect(page.locator("section:has(#say)")).to_contain_text(MAY_SAY)
    story.fine()
    story.finish(
        "left_word", "Word was passed on.", "Wednesday at ten suits her, at the church laundry."
    )
    task.refresh_from_db()
    assert (task.state, task.contact.way if task.contact else "") == ("done", "go_between")


def they_meet(story: Story) -> None:
    """At a place that is neither school nor home, in a pair, with somebody who waits for them."""
    task = story.next_is(
        TaskKind.NEUTRAL_PLACE,
        "At the church laundry, Wednesday at ten",
        owner=story.cast.liaison,
    )
    teachers = story.page
    page = story.page = story.sign_in(story.cast.liaison)  # another face goes first
    plan_the_meeting(story, task, place="neutral", words="The church laundry", agreed=True)
    expect(page.locator("main")).to_contain_text("The church laundry")
    page.get_by_role("button", name="We are there").click()
    story.fine("hard-to-reach-visit")
    page.get_by_role("button", name="We are out").click()
    story.go(f"/tasks/{task.pk}/")
    story.finish("talked", "Emily reads well. That surprised and pleased her.", guardian=True)
    story.page = teachers
    visit = Visit.objects.get()
    assert (visit.visitor, visit.companion) == (story.cast.liaison, story.cast.counselor)
    assert visit.checked_in_at is not None
    assert visit.checked_out_at is not None
    assert strongest(story) is Level.MET


def they_tell(story: Story) -> None:
    """The questions lay on the table on paper; back at school they are typed in."""
    page, cast = story.page, story.cast
    story.go(f"/families/{story.home}/welcome/")
    page.locator(f"input[name=adult][value='{cast.emilys_mother.pk}']").check()
    page.locator("input[name=how][value=elsewhere]").check()
    page.get_by_role("button", name="Begin, or go on").click()
    page.get_by_role("link", name="The questions on paper").click()
    number = page.locator(".slip-number strong").inner_text()
    story.fine()
    assert not any(one in page.locator("main").inner_text() for one in PRIVATE)
    story.go("/welcome/")
    page.fill("input[name=number]", number)
    page.locator("form[action$='/welcome/number/'] button").click()
    page.fill("textarea[name^=w_hopes_]", HOPES)
    page.fill("textarea[name^=w_help_]", ASKS)
    page.get_by_role("button", name="That was the talk").click()
    expect(page.locator("#told-us")).to_contain_text(HOPES)
    # Before the next word somebody writes: what they told stands there.
    for path in (f"/families/{story.home}/note/?way=call", f"/write/?family={story.home}"):
        story.go(path)
        expect(page.locator(".before")).to_contain_text(HOPES)


def you_said_we_did(story: Story) -> None:
    """What she asked for is somebody's to do, is done, and she reads what came of it on paper."""
    page = story.page
    story.go(f"/families/{story.home}/")
    told = page.locator("#told-us li", has_text=ASKS)
    told.locator("details.tap > summary").click()
    told.get_by_role("button", name="A request").click()
    expect(page.locator(".notice.success").first).to_contain_text("You said, we did")
    item = Item.objects.get()
    assert (item.words, item.source, item.guardian) == (
        ASKS,
        "welcome",
        story.cast.emilys_mother,
    )
    before = set(Delivery.objects.values_list("pk", flat=True))
    story.go(f"/feedback/{item.pk}/")
    page.locator("input[name=outcome][value=done]").check()
    page.fill("#close textarea[name=words]", DID)
    story.fine()
    page.get_by_role("button", name="Close, and tell the family").click()
    expect(page.locator("section:has(#came)")).to_contain_text(DID)
    letter = Delivery.objects.exclude(pk__in=before).get()
    assert letter.channel == "letter"
    give_out(story, letter)


def a_goal_together(story: Story) -> None:
    page, cast = story.page, story.cast
    story.go(f"/families/{story.home}/")
    page.get_by_role("link", name="Set a goal with Emily").click()
    page.locator("input[name=set_by][value=family]").check()
    page.select_option("select[name=guardian]", str(cast.emilys_mother.pk))
    page.fill("textarea[name=words]", GOAL)
    page.fill("textarea[name=home_does]", "We leave the radio off for ten minutes.")
    page.fill("textarea[name=school_does]", "Mrs. C lends two books every Monday.")
    story.fine()
    page.get_by_role("button", name="Keep this goal").click()
    expect(page.locator("h1, main").first).to_contain_text(GOAL)
    assert Goal.objects.get().guardian == cast.emilys_mother
    paper = page.request.get(f"/goals/{Goal.objects.get().pk}/paper/en.pdf")
    words = text_of(paper.body())
    assert "two books" in words
    assert not any(one in words for one in PRIVATE)


def the_school_has_reached_them(story: Story) -> None:
    """The plan is kept, the reach board counts them, the ledger shows every try."""
    page, cast = story.page, story.cast
    story.go(f"/families/{story.home}/plan/")
    page.get_by_role("button", name="We are in contact").click()
    expect(page.locator(".lead")).to_contain_text("We found the way")
    assert FamilyPlan.objects.get().state == PlanState.IN_CONTACT.value
    # The talk is noted by its step; typing it in notes it no second time.
    assert not PersonContact.objects.filter(words="A welcome conversation.").exists()
    events = ContactEvent.objects.filter(household=story.home, withdrawn=None)
    levels = [(e.channel, Level(e.level).name) for e in events.order_by("at", "pk")]
    assert levels == [
        ("visit", "ATTEMPTED"),
        ("handover", "ATTEMPTED"),
        ("handover", "DELIVERED"),
        ("go_between", "ATTEMPTED"),
        ("other_place", "MET"),
        ("handover", "ATTEMPTED"),
        ("handover", "DELIVERED"),
    ]
    story.go(f"/families/{story.home}/")
    expect(page.locator(".glance")).to_contain_text("Yes, since")
    story.fine("hard-to-reach-family")
    story.go("/reach/")
    expect(page.locator("main")).not_to_contain_text("Emily Parker")
    assert cast.emilys_home.barriers.filter(ended_at=None).count() == 4


def what_they_see(story: Story, pc: Page) -> None:
    """A PIN put into her hand opens her pages; Emily's words and the note about the dogs are on none."""
    office = story.sign_in(story.cast.office)
    office.goto(f"/families/{story.home}/own-pages/")
    office.get_by_role("button", name="Make a PIN Ruth Parker").click()
    pin = office.locator(".pin").inner_text()
    pc.goto("/home/enter")
    pc.fill("#pin", pin)
    pc.locator("form:has(#pin) button").click()
    pc.wait_for_url("**/home*")
    assert look(pc) == []
    shot(pc, "hard-to-reach-home-360", clip=740)
    seen = {}
    paths = ("", f"/child/{story.cast.emily.pk}", "/welcome", "/goals", "/feedback", "/hard")
    for path in (*paths, "/said", "/sent", "/looked", "/record", "/cases", "/take"):
        answer = pc.goto(f"/home{path}")
        assert answer is not None
        assert answer.status == 200, path
        seen[path] = pc.content()
    assert HOPES in seen["/welcome"]
    assert DID in seen["/feedback"]
    assert GOAL in seen["/goals"]
    seen["pdf"] = text_of(pc.request.get("/home/take.pdf").body())
    seen["json"] = pc.request.get("/home/take.json").text()
    assert HOPES in seen["json"]
    assert {path: one for path, text in seen.items() for one in PRIVATE if one in text} == {}


def strongest(story: Story) -> Level:
    return strongest_since(story.home, period_start(story.cast.district, clock.now()))


def text_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
