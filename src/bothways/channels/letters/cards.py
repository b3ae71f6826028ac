"""Postcards: four on a landscape sheet, fronts on one page and backs on the next, to cut apart."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from bothways.channels.letters.typesetting import Printed, fonts, forget, one_at_a_time

_TEMPLATE = Path(__file__).with_name("card.typ")
ON_A_SHEET = 4
MOST = 420  # characters: more would be smaller than one reads with ease


def typeset_cards(
    cards: Sequence[dict[str, Any]], *, paper: str, title: str, author: str, made_at: datetime
) -> Printed:
    """One PDF of these cards (values as of letters), to print on both sides and flip on the short edge.

    A card's span is its sheet: two pages, which it shares with three others.
    """
    with one_at_a_time:
        try:
            return _typeset(list(cards), paper, title, author, made_at)
        finally:
            forget()


def _typeset(
    cards: list[dict[str, Any]], paper: str, title: str, author: str, made_at: datetime
) -> Printed:
    def compiled(chosen: list[int]) -> bytes:
        data = {
            "paper": paper,
            "title": title,
            "author": author,
            "cards": [cards[n] for n in chosen],
        }
        made: Any = _compiler().compile(
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards=["ua-1"],
            timestamp=made_at.replace(microsecond=0).astimezone(
                timezone(made_at.utcoffset() or timedelta(0))
            ),
        )
        return bytes(made)

    everyone = list(range(len(cards)))
    try:
        return Printed(compiled(everyone), _spans(len(cards)), [])
    except typst.TypstError:
        refused = [n for n in everyone if not _possible(compiled, n)]
        kept = [n for n in everyone if n not in refused]
        if not kept:
            return Printed(b"", [], everyone)
        return Printed(compiled(kept), _spans(len(kept)), refused)


def _possible(compiled: Any, place: int) -> bool:
    try:
        compiled([place])
    except typst.TypstError:
        return False
    return True


def _spans(cards: int) -> list[tuple[int, int]]:
    return [(2 * (n // ON_A_SHEET) + 1, 2) for n in range(cards)]


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(str(_TEMPLATE), root=str(_TEMPLATE.parent), font_paths=fonts())
