"""What makes it hard to take part: told by the family itself, in its own words, and taken back by it."""

from django.http import HttpResponse

from bothways.barriers import services
from bothways.barriers.catalogue import Barrier
from bothways.barriers.enums import Source
from bothways.barriers.models import FamilyBarrier, Telling
from bothways.barriers.queries import catalogue, told_to
from bothways.channels.letters.booklet import Item
from bothways.languages.phrases import keys
from bothways.messaging.services.replies import MAX_WORDS
from bothways.people.enums import WordClass
from bothways.web.family.chapter import Part
from bothways.web.family.home import take_words
from bothways.web.family.inside import Visit, inside

_PREFIX = "bar_"


def _sayable(visit: Visit) -> list[Barrier]:
    """The lines of the catalogue that have words in the first person, in every language of ours."""
    said = set(keys())
    return [
        barrier
        for barrier in catalogue(visit.district).offered
        if f"{_PREFIX}{barrier.code}" in said
    ]


def _told(visit: Visit) -> dict[str, Telling]:
    """What stands in their way as this adult may read it, by code, the first telling of each."""
    found: dict[str, Telling] = {}
    for telling in told_to(visit.guardian).select_related("barrier").order_by("at", "pk"):
        found.setdefault(telling.barrier.code, telling)
    return found


@inside
def hard(visit: Visit) -> HttpResponse:
    """Ticked lines hold from now on; what was ticked and is no more is taken back; words go to a person."""
    lines, told = _sayable(visit), _told(visit)
    if visit.request.method == "POST" and visit.guardian.household is not None:
        posted = visit.posted()
        words = "" if posted is None else posted.get("words", "").replace("\x00", "")
        if len(words) > MAX_WORDS:
            visit.wrong = visit.words.say("page_too_long", n=str(MAX_WORDS))
        elif posted is not None:
            ticked, before = set(posted.getlist("line")), set(posted.getlist("before"))
            _keep(visit, lines, told, ticked, before)
            if words.strip():
                return take_words(visit, None, words, None, visit.form_key(posted), None)
            return visit.on("family-hard", saved="1")
    return visit.show(
        "hard",
        {
            "title": visit.words["bar_title"],
            "lines": [
                (line.code, visit.words[f"{_PREFIX}{line.code}"], line.code in told)
                for line in lines
            ],
            "typed": visit.request.POST.get("words", "")[: MAX_WORDS + 1000] if visit.wrong else "",
        },
        status=422 if visit.wrong else 200,
    )


def _keep(
    visit: Visit,
    lines: list[Barrier],
    told: dict[str, Telling],
    ticked: set[str],
    before: set[str],
) -> None:
    """``before``: what was ticked when the page was made; what staff noted since is not taken back unseen."""
    household = visit.guardian.household
    assert household is not None
    for line in lines:
        if line.code in ticked and line.code not in told:
            services.note(
                household=household,
                barrier=line.code,
                by=None,
                source=Source.PAGE,
                word_class=WordClass.SPEAKER_ONLY,
                guardian=visit.guardian,
            )
        elif line.code in before - ticked and line.code in told:
            services.take_back(barrier=told[line.code].barrier, guardian=visit.guardian)


def part(visit: Visit) -> Part:
    """For “take it along”: what they told, and what staff wrote down in words that are theirs to read."""
    known, said = catalogue(visit.district), set(keys())
    items, data = [], []
    for code, telling in _told(visit).items():
        key = f"{_PREFIX}{code}"
        what = visit.words[key] if key in said else known.of(code).words
        row: FamilyBarrier = telling.barrier
        items.append(
            Item(
                f"{what} · {visit.date(row.noted_at)}",
                telling.words,
                "" if key in said else visit.district.default_language,
            )
        )
        data.append(
            {
                "what": what,
                "code": code,
                "since": row.noted_at.astimezone(visit.district.zone).date().isoformat(),
                "words": telling.words,
            }
        )
    return Part("in_the_way", visit.words["bar_title"], items, data)
