"""The words about one child, in the reader's language. Only phrases, names and what teachers wrote."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bothways.channels.letters.dates import long_date
from bothways.languages.codes import direction, fallbacks
from bothways.languages.phrases import languages, phrase
from bothways.progress.enums import Standing
from bothways.progress.rules import Piece, Week

_ISOLATE, _END = "\u2068", "\u2069"
_LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    body: str


def written_for(tags: Sequence[str], default: str) -> list[str]:
    """In which of our languages readers of these get a text; ours for the district's where none fits."""
    ours = set(languages())
    found = {
        step
        for tag in {tag or default for tag in tags}
        if (step := next((s for s in (tag, *fallbacks(tag)) if s in ours), None)) is not None
    }
    if not found:
        found = {next((s for s in (default, *fallbacks(default)) if s in ours), "en")}
    return sorted(found)


def apart(text: str, tag: str) -> str:
    """A title as it was written, kept from mixing with the words around it.

    Marks only where they are needed: in a text message one of them costs half its length.
    """
    text = text if len(text) <= _LONGEST_TITLE else text[: _LONGEST_TITLE - 1].rstrip() + "…"
    if direction(tag) == "rtl" or any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        return f"{_ISOLATE}{text}{_END}"
    return text


def _phrase(tag: str, key: str, **values: object) -> str:
    """Like ``phrase``; names in another direction than the sentence are set apart there, too."""
    if direction(tag) == "ltr":
        values = {name: apart(str(value), tag) for name, value in values.items()}
    return phrase(tag, key, **values)


def absence(tag: str, *, child: str, day: date) -> Words:
    return Words(
        _phrase(tag, "absence_title", child=child),
        " ".join(
            (
                _phrase(tag, "absence_body", child=child, date=long_date(tag, day)),
                phrase(tag, "absence_help"),
            )
        ),
    )


def _line(tag: str, piece: Piece) -> str:
    told = apart(piece.title, tag)
    if piece.course:
        told = f"{apart(piece.course, tag)}: {told}"
    if piece.due is not None:
        told = f"{told} ({_phrase(tag, 'work_due', date=long_date(tag, piece.due))})"
    return f"– {told}"


def schoolwork(tag: str, *, child: str, week: Week, until: date | None, offer: bool) -> Words:
    """What is missing, until when it is taken, what would help; and what goes well."""
    lines = [_phrase(tag, "work_missing", child=child)]
    lines += [_line(tag, piece) for piece in week.missing]
    if week.more:
        lines.append(phrase(tag, "work_more", n=week.more))
    said = []
    if until is not None:
        said.append(_phrase(tag, "work_until", date=long_date(tag, until)))
    if week.standing is Standing.NEEDS_TALK:
        said.append(phrase(tag, "work_talk"))
    else:
        said.append(_phrase(tag, "work_offer" if offer else "work_ask", child=child))
    lines.append(" ".join(said))
    if week.going_well:
        courses = ", ".join(apart(name, tag) for name in week.going_well)
        lines.append(phrase(tag, "work_well", courses=courses))
    return Words(_phrase(tag, "work_title", child=child), "\n".join(lines))


def all_here(tag: str, *, child: str) -> Words:
    return Words(
        _phrase(tag, "work_good_title", child=child), _phrase(tag, "work_good", child=child)
    )


def days_missed(
    tag: str, *, child: str, since: date, days: int, usual: int | None, school: str
) -> Words:
    """The total, beside what is usual where that may be said.

    Parents take their own child's absences for about half of what they are, and for fewer than those of
    others; told both by mail, children came more often (Rogers & Feller 2018: chronic absence fell by 10 %).
    """
    said = [_phrase(tag, "days_total", child=child, date=long_date(tag, since), n=days)]
    if usual is not None:
        said.append(_phrase(tag, "days_typical", school=school, m=usual))
    said.append(phrase(tag, "days_ask"))
    return Words(_phrase(tag, "days_title", child=child), "\n".join(said))
