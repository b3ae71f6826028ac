"""What an adult said that asked for something: who looks after it, what came of it, whether it helped."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse

from bothways.channels.letters.booklet import Item as Line
from bothways.core import clock
from bothways.feedback.enums import Helped
from bothways.feedback.models import Item
from bothways.feedback.queries import board_of, items_of_family
from bothways.feedback.rules import MOST_WORDS
from bothways.feedback.services.items import say_helped
from bothways.languages.phrases import phrase
from bothways.web.family.chapter import Part
from bothways.web.family.inside import Visit, inside

MOST = 60
HELPED = {Helped.YES: "told_yes", Helped.LITTLE: "told_little", Helped.NO: "told_no"}


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as the family reads it."""

    item: Item
    day: str
    state: str  # who looks after it and by when; what came of it
    machine: str
    helped: str
    may_answer: bool


@inside
def feedback(visit: Visit) -> HttpResponse:
    """The list; POST takes whether it helped."""
    if visit.request.method == "POST":
        posted = visit.posted()
        if posted is not None:
            typed = posted.get("item", "")
            item = next((one for one in _items(visit) if str(one.pk) == typed), None)
            wish = posted.get("helped", "")
            words = posted.get("words", "")
            if len(words) > MOST_WORDS:
                visit.wrong = visit.words.say("page_too_long", n=str(MOST_WORDS))
            elif item is None or item.closed_at is None or wish not in set(Helped):
                visit.wrong = visit.words["answer_missing"]
            else:
                say_helped(item=item, helped=Helped(wish), words=words)
                return visit.on("family-feedback", saved="1")
    school = visit.school
    board = board_of(school) if school is not None else None
    return visit.show(
        "feedback",
        {
            "title": visit.words["fb_title"],
            "shown": [_shown(visit, item) for item in _items(visit)],
            "helpful": [(helped.value, visit.words[key]) for helped, key in HELPED.items()],
            "board": reverse("board", args=[board.slug]) if board else "",
        },
        status=422 if visit.wrong else 200,
    )


def _items(visit: Visit) -> list[Item]:
    children = [child.pk for child in visit.children]
    return list(items_of_family(visit.guardian, children)[:MOST])


def _shown(visit: Visit, item: Item) -> Shown:
    words = visit.words
    machine = item.came_by_machine and item.closed_at is not None
    return Shown(
        item=item,
        day=visit.date(item.at),
        state=_state(visit, item),
        machine=phrase(item.came_language, "machine_made") if machine else "",
        helped=words[HELPED[Helped(item.helped)]] if item.helped else "",
        may_answer=item.closed_at is not None,
    )


def _state(visit: Visit, item: Item) -> str:
    words = visit.words
    if item.closed_at is not None:
        return words[f"fb_{item.outcome}"]
    owner = item.owner.name if item.owner else words["the_office"]
    if item.due_on < clock.today(visit.district.timezone):
        return words.say("fb_later", name=owner)
    return words.say("fb_with", name=owner, date=words.date(item.due_on))


def along(visit: Visit) -> Part:
    """What they said and what came of it, to take along."""
    shown = [_shown(visit, item) for item in _items(visit)]
    return Part(
        key="feedback",
        title=visit.words["fb_title"],
        items=[
            Line(
                f"{one.day} · {one.state}",
                "\n\n".join(filter(None, (one.item.words, one.item.came, one.helped))),
                one.item.language,
            )
            for one in shown
        ],
        data=[
            {
                "said_on": one.item.at.isoformat(),
                "kind": one.item.kind,
                "words": one.item.words,
                "language": one.item.language,
                "outcome": one.item.outcome,
                "what_came_of_it": one.item.came,
                "helped": one.item.helped,
                "helped_words": one.item.helped_words,
            }
            for one in shown
        ],
    )
