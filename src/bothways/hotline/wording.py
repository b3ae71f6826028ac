"""What the hotline says about a class: pure, from work and a language."""

from collections.abc import Sequence

from bothways.channels.letters.dates import long_date
from bothways.hotline.models import Posting
from bothways.hotline.queries import Work
from bothways.hotline.rules import words_for
from bothways.languages.phrases import phrase

# A text is paid by its length, and what is cut is one touch away.
_MOST_OF_ONE = 280
_MOST_OF_ALL = 900
_MOST_TITLES = 6


def told(posting: Posting, tag: str) -> tuple[str, str] | None:
    """(language, words) for this reader; None where it was only spoken."""
    return words_for(tag, posting.bodies, posting.language)


def as_text(work: Sequence[Work], tag: str, links: dict[int, str]) -> str:
    """An answer by text: one paragraph a class, without any child's name; cut where it is long."""
    said: list[str] = []
    has = [(one, one.posting) for one in work if one.posting is not None]
    if not has:
        titles = ", ".join(one.section.title for one in work[:_MOST_TITLES])
        return phrase(tag, "hw_none", section=titles)
    for one, posting in has:
        title = one.section.title
        found = told(posting, tag)
        words = " ".join(found[1].split()) if found else phrase(tag, "hw_listen")
        due = f" {phrase(tag, 'hw_due', day=long_date(tag, posting.due))}." if posting.due else ""
        cut = len(words) > _MOST_OF_ONE or found is None
        if len(words) > _MOST_OF_ONE:
            words = f"{words[:_MOST_OF_ONE].rsplit(' ', 1)[0]} …"
        more = cut or len(has) == 1
        link = f" {phrase(tag, 'hw_more', link=links[one.section.pk])}" if more else ""
        line = f"{title}, {long_date(tag, one.day)}: {words}{due}{link}"
        if said and sum(map(len, said)) + len(line) > _MOST_OF_ALL:
            line = f"{title}: {links[one.section.pk]}"
        said.append(line)
    return "\n".join(said)
