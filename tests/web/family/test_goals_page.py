"""Goals on a family's own pages, and on a student's."""

from datetime import timedelta

import pytest

from bothways.cases.models import Goal, GoalEvent
from bothways.cases.services.goals import GoalDraft, set_goal
from bothways.core import clock
from bothways.messaging.models import Entry
from messaging.world import World
from web.family.homes import Family, family, open_pages


@pytest.fixture
def home(world: World) -> Family:
    return family(world)


def draft(words: str, **more: object) -> GoalDraft:
    return GoalDraft(words, "en", clock.now().date() + timedelta(days=30), **more)  # type: ignore[arg-type]


def test_a_family_proposes_a_goal_and_somebody_owes_an_answer(home: Family) -> None:
    browser = open_pages(home.alician)
    answer = browser.post(
        "/home/goals", {"about": home.troy.pk, "words": "Troy sleeps well", "home": "Bed at nine"}
    )
    assert answer.status_code == 303
    goal = Goal.objects.get()
    assert (goal.student, goal.guardian, goal.home_does) == (home.troy, home.alician, "Bed at nine")
    assert Entry.objects.get().body == "Troy sleeps well"
    page = browser.get("/home/goals").content.decode()
    assert "Troy sleeps well" in page
    assert "School has not yet said what it does" in page


def test_a_student_s_own_goal_stays_from_the_family_s_page(home: Family) -> None:
    goal = set_goal(
        student=home.troy,
        draft=draft("I stop being late", only_school=True),
        by=home.troy,
        form_key="own",
    )
    browser = open_pages(home.alician)
    assert "I stop being late" not in browser.get("/home/goals").content.decode()
    assert "I stop being late" not in browser.get("/home/take.json").content.decode()
    answer = browser.post("/home/goals", {"goal": goal.pk, "value": "5"})
    assert answer.status_code == 404
    assert GoalEvent.objects.filter(value=5).count() == 0


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"about": "999999999999999999999", "words": "x"},
        {"about": "TROY", "words": " "},
        {"about": "TROY", "words": "x" * 10_001},
        {"about": "TROY", "words": "x", "until": "tomorrow"},
        {"about": "TROY", "words": "x", "until": "1999-01-01"},
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_is_lost(
    home: Family, sent: dict[str, str]
) -> None:
    sent = {name: str(home.troy.pk) if v == "TROY" else v for name, v in sent.items()}
    answer = open_pages(home.alician).post("/home/goals", sent)
    assert answer.status_code == 422
    assert Goal.objects.count() == 0


def test_a_goal_of_another_home_is_not_there(home: Family) -> None:
    stranger = home.world.student("Ana")
    home.world.home(stranger, guardians=[home.world.guardian("Rosa")])
    goal = set_goal(student=stranger, draft=draft("Ana sings"), by=stranger, form_key="a")
    browser = open_pages(home.alician)
    assert "Ana sings" not in browser.get("/home/goals").content.decode()
    assert browser.post("/home/goals", {"goal": goal.pk, "value": "4"}).status_code == 404
