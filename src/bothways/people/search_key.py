"""How a name is made comparable when somebody searches for it, and what counts as nearly it.

``Student.search`` and ``Guardian.search`` hold ``core.text.fold`` of the names: no accents, no case. Here
letters that people write one for the other become one besides (alef maqsura and yeh, đ and d, the Amharic
letters of one sound), and signs inside names go (tatweel, the ʻokina). The database does the same in
``people_key`` (migration 0007), so an index keeps itself right whoever writes a row; a test holds the two
together.

A word of a name is indexed forwards and backwards, the latter after ``~``. In scripts of few letters every
word that is one slip away is asked for by itself; in others, one slip leaves the first or the last half of a
word as it was, so whatever is one slip away begins or ends like what was typed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from bothways.core.text import fold

Way = Callable[[str], Iterator[str]]

MOST_WORDS = 6
LONGEST = 64  # letters of a typed word that are compared
LONGEST_SLIP = 30  # a longer word is taken for another only where it begins or ends the same
SHORTEST_SLIP = 4

# Letters that a key holds; a word in another script, or with a letter besides, is sought by its halves.
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяіїёўџљњћђјѕқғңөұүһәї",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويپچژگټډړڼڅځښ",
)

_SAME = {
    "ىیېۍے": "ي",
    "کڪګ": "ك",
    "ةہھەۀ": "ه",
    "ٱ": "ا",
    "đð": "d",
    "ø": "o",
    "łľ": "l",
    "ħ": "h",
    "ı": "i",
    "ŧ": "t",
    "æ": "a",
    "œ": "o",
    "ґ": "г",
    "є": "е",
    **{
        "".join(chr(series + i) for series in many): chr(one + i)
        for many, one in (((0x1220,), 0x1230), ((0x1340,), 0x1338))
        for i in range(7)
    },
    # Of these the first and the fourth sound alike.
    **{
        "".join(chr(series + i) for series in many): chr(one + i)
        for many, one in (((0x1210, 0x1280), 0x1200), ((0x12D0,), 0x12A0))
        for i in (1, 2, 4, 5, 6)
    },
    "\u1210\u1213\u1280\u1283\u1203": "\u1200",
    "\u12d0\u12d3\u12a3": "\u12a0",
}
_DROPPED = "\u0640\u0621\u02b9\u02bb\u02bc\u02bd\u02be\u02bf"
FROM = "".join(_SAME) + _DROPPED
TO = "".join(one * len(many) for many, one in _SAME.items())
_TABLE = str.maketrans(FROM[: len(TO)], TO, _DROPPED)


def key(text: str) -> str:
    """“O’Brien” → “o brien”, “Đặng” → “dang”, “فاطمـة” → “فاطمه”; what the database holds of a name."""
    return " ".join(fold(text).translate(_TABLE).split())


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed, as words: as they stand, and with two neighbours written as one."""

    words: tuple[str, ...]

    @property
    def variants(self) -> tuple[tuple[str, ...], ...]:
        """“de la cruz” is also “dela cruz” and “de lacruz”: people write it so."""
        words = self.words
        joined = (
            (*words[:i], words[i] + words[i + 1], *words[i + 2 :]) for i in range(len(words) - 1)
        )
        return (words, *(variant for variant in joined if all(len(w) <= LONGEST for w in variant)))

    @property
    def query(self) -> str:
        """A tsquery: each word begins a word of the name, or two of its words one after the other."""
        return _all(self.variants, _begins)

    @property
    def whole_query(self) -> str:
        """A tsquery: each word is a word of the name."""
        return _all(self.variants, _whole)

    @property
    def near_queries(self) -> list[list[str]]:
        """For each word tsqueries, one of which fits a name that has it with one slip at most.

        Hundreds of narrow ones: each is answered at once, where one of hundreds of words is not.
        """
        return [list(_near_queries(word)) for word in self.words]

    @property
    def near_patterns(self) -> list[str]:
        """For each word a regular expression over ``" " + key + " "``."""
        return [_slips(word) for word in self.words]


def wanted(typed: str) -> Wanted | None:
    """The words of a name in what was typed; None where there is no letter in it."""
    words = tuple(word[:LONGEST] for word in key(typed).split()[:MOST_WORDS])
    return Wanted(words) if any(not word.isdigit() for word in words) else None


def _all(variants: tuple[tuple[str, ...], ...], way: Way) -> str:
    return " | ".join(
        "(" + " & ".join(f"({' | '.join(way(word))})" for word in variant) + ")"
        for variant in variants
    )


def _whole(word: str) -> Iterator[str]:
    yield f"'{word}'"


# Only letters and digits come here: nothing needs quoting but for the mark itself.
def _begins(word: str) -> Iterator[str]:
    yield f"'{word}':*"
    if _can_slip(word) and len(word) <= LONGEST_SLIP:
        # “obrien” is found as “o brien”, “maryann” as “mary ann”.
        for at in range(1, len(word)):
            # A short beginning would be that of too many: such a rest is a whole word.
            star = ":*" if len(word) - at >= 3 else ""
            yield f"('{word[:at]}' & '{word[at:]}'{star})"
        for one, two in product((2, 3), (2, 3)):
            if len(rest := word[one + two :]) >= 3:
                # “delacruz” as “de la cruz”.
                yield f"('{word[:one]}' & '{word[one : one + two]}' & '{rest}':*)"


def _nearly(word: str) -> Iterator[str]:
    yield f"'{word}':*"
    if _can_slip(word):
        half = max(2, (len(word) - 1) // 2)
        yield f"'{word[:half]}':*"
        yield f"'~{word[: -half - 1 : -1]}':*"
        if len(word) == SHORTEST_SLIP:
            # The two in the middle swapped leaves neither half.
            yield f"'{word[0]}{word[2]}{word[1]}{word[3]}'"


def _near_queries(word: str) -> Iterator[str]:
    if _can_slip(word) and (letters := _letters(word)):
        yield f"'{word}':*"
        yield from (f"'{other}'" for other in sorted(_edits(word, letters)))
    else:
        yield " | ".join(_nearly(word))


def _letters(word: str) -> str:
    """The letters that may stand for one of this word; "" where its script has too many to try each."""
    if len(word) > LONGEST_SLIP:
        return ""
    found = [alphabet for alphabet in _ALPHABETS if set(word) & set(alphabet)]
    return "".join(found) if set(word) <= set("".join(found)) else ""


def _edits(word: str, letters: str) -> set[str]:
    """Each word with one letter less, more or another, or with two neighbours swapped."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    return {
        *(a + b[1:] for a, b in cuts if b),
        *(a + letter + b[1:] for a, b in cuts if b for letter in letters),
        *(a + letter + b for a, b in cuts for letter in letters),
        *(a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1),
    } - {word}


def _can_slip(word: str) -> bool:
    """Long enough for a slip to be told from another name; a sign of Chinese is a whole word."""
    return len(word) >= SHORTEST_SLIP and not any("\u2e80" <= c <= "\ud7ff" for c in word)


def _slips(word: str) -> str:
    """A word of a name that begins as typed, or differs in one letter, one too few or many, or two swapped."""
    found = [f"{word}[^ ]*"]
    if _can_slip(word):
        if len(word) > LONGEST_SLIP:
            return "."
        letter = "[^ ]"
        for at in range(len(word)):
            found.append(f"{word[:at]}{letter}?{word[at + 1 :]}")
            found.append(f"{word[:at]}{letter}{word[at:]}")
            if at + 1 < len(word) and word[at] != word[at + 1]:
                found.append(f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}")
    return f" (?:{'|'.join(found)}) "
