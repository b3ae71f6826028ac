"""What this district has translated: kept without names and dates, found again with others in their place."""

import hashlib
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db.models import F

from bothways.core import clock
from bothways.languages.models import Remembered
from bothways.languages.protection import (
    TOKEN,
    Kept,
    Part,
    Protected,
    fold_spaces,
    protect,
    restore,
    said,
    western,
)
from bothways.schools.models import District

# Less alike is of no use to who translates.
ALIKE = 0.75
_CANDIDATES = 200
_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Hit:
    """What was remembered: its words with this text's names and dates in them, and how alike the two are."""

    source_text: str
    text: str
    alike: float  # 1: the same sentence
    reviewed: bool


def keep(
    district: District,
    *,
    source: str,
    source_text: str,
    target: str,
    target_text: str,
    by: int | None,
    reviewed: bool,
    names: Collection[str] = (),
) -> bool:
    """Remember this pair; whether it was kept.

    Words about named people are kept only where each name, date and link of the original is found in the
    translation too, so that tokens can stand for them. What a person went through is not replaced by what
    nobody did.
    """
    if not source_text.strip() or not target_text.strip() or len(source_text) > _LONGEST:
        return False
    whole = protect(source_text, names=names)
    aligned = _with_tokens(target_text, whole.kept, target)
    if aligned is None:
        if any(kept.part is Part.NAME for kept in whole.kept):
            return False
        whole, aligned = Protected(source_text, ()), target_text
    row, made = Remembered.objects.get_or_create(
        district=district,
        source=source,
        target=target,
        key=key_of(whole),
        defaults={
            "source_text": whole.text,
            "target_text": aligned,
            "words": _digests(whole.text),
            "reviewed": reviewed,
            "by_id": by,
            "at": clock.now(),
        },
    )
    if not made and (reviewed or not row.reviewed):
        Remembered.objects.filter(pk=row.pk).update(
            source_text=whole.text,
            target_text=aligned,
            reviewed=reviewed,
            by_id=by,
            at=clock.now(),
        )
    return True


def exact(
    district: District,
    text: str,
    *,
    source: str,
    targets: Collection[str],
    names: Collection[str] = (),
) -> dict[str, Hit]:
    """The same sentence as remembered, by language."""
    whole = protect(text, names=names)
    literal = Protected(text, ())
    keys = [key_of(whole), key_of(literal)]
    rows = Remembered.objects.filter(
        district=district, source=source, target__in=targets, key__in=keys
    ).order_by("reviewed", "at")
    found: dict[str, Hit] = {}
    used: list[int] = []
    for row in rows:
        kept = whole.kept if row.key == keys[0] else ()
        said_ = restore(row.target_text, kept, target=row.target)
        found[row.target] = Hit(text, said_, 1.0, row.reviewed)
        used.append(row.pk)
    Remembered.objects.filter(pk__in=used).update(used=F("used") + 1)
    return found


def near(
    district: District,
    text: str,
    *,
    source: str,
    target: str,
    names: Collection[str] = (),
    most: int = 3,
) -> list[Hit]:
    """Sentences that are nearly this one, the likest first: to look at, never to send as they are."""
    whole = protect(text, names=names)
    compared = fold_spaces(_kinds(whole))
    words = _digests(whole.text)
    if not words:
        return []
    rows = Remembered.objects.filter(
        district=district, source=source, target=target, words__overlap=words
    ).order_by("-at")[:_CANDIDATES]
    hits: list[Hit] = []
    for row in rows:
        matcher = SequenceMatcher(
            None, compared, fold_spaces(_blank(row.source_text)), autojunk=False
        )
        if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
            continue
        if (alike := matcher.ratio()) >= ALIKE:
            same = len(TOKEN.findall(row.source_text)) == len(whole.kept)
            words_ = (
                restore(row.target_text, whole.kept, target=target)
                if same
                else _blank(row.target_text)
            )
            hits.append(Hit(_blank(row.source_text), words_, alike, row.reviewed))
    return sorted(hits, key=lambda hit: (-hit.alike, not hit.reviewed))[:most]


def key_of(whole: Protected) -> str:
    """The digest by which a sentence is found: names and dates by their kind, case and spaces left out."""
    return hashlib.sha256(fold_spaces(_kinds(whole)).encode()).hexdigest()


def _kinds(whole: Protected) -> str:
    # A link must not be found where a name stood; a placeholder is found only by its own name.
    def kind(kept: Kept) -> str:
        return kept.value if kept.part in (Part.PLACEHOLDER, Part.TERM) else f"⟦{kept.part.value}⟧"

    return TOKEN.sub(
        lambda m: kind(whole.kept[int(m.group(1)) - 1]) if whole.kept else m.group(), whole.text
    )


def _blank(text: str) -> str:
    return TOKEN.sub("…", text)


def _digests(text: str) -> list[int]:
    """Each word as a number that fits the database's integer."""
    words = {w for w in fold_spaces(TOKEN.sub(" ", text)).split() if len(w) > 2 or not w.isascii()}
    return sorted({zlib.crc32(word.encode()) - 2**31 for word in words})[:200]


def _with_tokens(text: str, kept: Sequence[Kept], target: str) -> str | None:
    """The translation with tokens where the original has them; None where a part is not found."""
    places: list[tuple[int, int, int]] = []
    digits = western(text)
    taken = bytearray(len(text))
    for number, one in sorted(enumerate(kept, 1), key=lambda pair: -len(pair[1].value)):
        place = _first(digits, (western(one.value), western(said(one, target))), taken)
        if place is None:
            return None
        start, end = place
        taken[start:end] = b"\x01" * (end - start)
        places.append((start, end, number))
    pieces, last = [], 0
    for start, end, number in sorted(places):
        pieces += [text[last:start], f"⟦{number}⟧"]
        last = end
    return "".join([*pieces, text[last:]])


def _first(text: str, forms: Sequence[str], taken: bytearray) -> tuple[int, int] | None:
    for form in forms:
        start = text.find(form)
        while start >= 0:
            if not any(taken[start : start + len(form)]):
                return start, start + len(form)
            start = text.find(form, start + 1)
    return None
