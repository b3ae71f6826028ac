"""Talks between this adult and the school, for “take it along”: what was agreed, never what was prepared."""

from bothways.cases.enums import Side
from bothways.cases.models import Talk
from bothways.cases.talk_queries import Own, own_talks
from bothways.channels.letters.booklet import Item
from bothways.outreach.enums import Way
from bothways.web.family.chapter import Part
from bothways.web.family.inside import Visit

_WAYS = {
    Way.AT_SCHOOL.value: "case_school",
    Way.VISIT.value: "case_home",
    Way.CALL.value: "check_phone",
}
_SIDES = {
    Side.HOME.value: "goal_home",
    Side.SCHOOL.value: "goal_school",
    Side.STUDENT.value: "goal_student",
}


def along(visit: Visit) -> Part:
    """The adult’s own talks: day, place or way, the shared aim, the steps, and when somebody asks again."""
    items, data = [], []
    for one in own_talks(visit.guardian, visit.children):
        items += _items(visit, one)
        talk = one.talk
        data.append(
            {
                "child": _called(talk),
                "at": one.at.astimezone(visit.district.zone).isoformat() if one.at else None,
                "held": talk.held_at is not None,
                "way": one.way,
                "place": talk.place,
                "aim": one.aim,
                "steps": [
                    {
                        "side": step.side,
                        "words": step.words,
                        "by": step.due.isoformat(),
                        "done": step.done_at is not None,
                    }
                    for step in one.steps
                ],
                "follow_up": one.follow_up.isoformat() if one.follow_up else None,
            }
        )
    return Part("talks", visit.words["talk_room"], items, data)


def _called(talk: Talk) -> str:
    return talk.student.called or talk.student.name


def _items(visit: Visit, one: Own) -> list[Item]:
    words, child = visit.words, _called(one.talk)
    way = words[_WAYS[one.way]] if one.way in _WAYS else ""
    when = visit.date(one.at) if one.at else ""
    # What a person of the school wrote stands in the school's language, our own words in the reader's.
    written = visit.district.default_language
    found = [Item(" · ".join(filter(None, (child, when, way))), one.talk.place, written)]
    if one.aim:
        found.append(Item(words["talk_agenda_aim"], one.aim, written))
    for step in one.steps:
        side = words.say(_SIDES[step.side], child=child)
        until = words.say("goal_until", date=words.date(step.due))
        done = words["home_done"] if step.done_at else ""
        found.append(Item(" · ".join(filter(None, (side, until, done))), step.words, written))
    if one.follow_up:
        found.append(Item(f"{words['goal_say']} {words.date(one.follow_up)}"))
    return found
