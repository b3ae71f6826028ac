"""You said, we did: what changed at a school, for everybody, without names, in the reader’s language."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from bothways.feedback.models import Change, ChangeText
from bothways.feedback.queries import board_with, published, text_in
from bothways.languages.phrases import phrase
from bothways.messaging.enums import Origin
from bothways.messaging.rules import shown_as_machine
from bothways.web.family import frame, tongues
from bothways.web.family.wording import Words


@dataclass(frozen=True, slots=True)
class Shown:
    """A change as its reader sees it."""

    day: str
    said: str
    did: str
    language: tongues.Tongue
    machine: str  # that a machine wrote it; "" where a person did


@frame.family_page
def changes(request: HttpRequest, slug: str) -> HttpResponse:
    """The public page of a school; the same page for a wrong address as for every other wrong one."""
    board = board_with(slug)
    if board is None or request.method == "POST":
        return frame.closed(request)
    school = board.school
    tag = frame.language_of(request)
    words = Words(tag)
    rows = published(school)
    shown = [
        _shown(words, change, text)
        for change, texts in rows
        if (text := text_in(tag, texts, change.language)) is not None
    ]
    return frame.show(
        "board",
        tag,
        {
            "school": school.name,
            "lead": words.say("board_lead", school=school.name),
            "changes": shown,
            "untranslated": any(one.language.tag != tag for one in shown),
            **frame.call(words, school.phone or school.district.phone),
        },
    )


def _shown(words: Words, change: Change, text: ChangeText) -> Shown:
    at = change.published_at or change.at
    machine = shown_as_machine(Origin(text.origin), reviewed=text.reviewed)
    return Shown(
        day=words.date(at.astimezone(change.school.district.zone).date()),
        said=text.said,
        did=text.did,
        language=tongues.switch(text.language, [text.language]).first[0],
        machine=phrase(text.language, "machine_made") if machine else "",
    )
