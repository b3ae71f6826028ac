"""Words as the rules read them: one case, no accents, plain quotes, and where each character came from."""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

_PLAIN = {
    **dict.fromkeys("‘’‚‛`´ʼ′", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―", "-"),
    "…": ".",
}
_UNSEEN = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\x00")
_YES = re.compile(r"(?<!\w)([sS])[íÍ](?!\w)")  # without its accent it would be “if”
_LINK = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE
)
_END = re.compile(r"[.!?]+[\"')\]]*(?=[ \n]|$)|\n")
_SHORT = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "st",
        "sr",
        "sra",
        "srta",
        "dra",
        "prof",
        "ud",
        "uds",
        "vs",
        "etc",
        "eg",
        "ie",
        "e.g",
        "i.e",
        "no",
        "num",
        "tel",
        "ext",
        "p.ej",
        "ej",
        "a.m",
        "p.m",
    ]
)
_HOURS = frozenset(("a.m", "p.m"))
_SAID = re.compile(r'"[^"\n]{1,300}"')


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the folded text: ``start`` and ``end`` are places in it."""

    start: int
    end: int
    text: str

    @property
    def asks(self) -> bool:
        return self.text.rstrip("\"')] ").endswith(
            ("?", "?!", "?!!", "?.")
        ) or self.text.startswith("¿")


@dataclass(frozen=True, slots=True)
class Folded:
    """``at[i]``: the code point of the original from which character i of ``text`` came."""

    original: str
    text: str
    at: tuple[int, ...]
    sentences: tuple[Sentence, ...]
    said: tuple[tuple[int, int], ...]  # places of words in quotation marks

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The same stretch in the original, in code points."""
        return self.at[start], self.at[end - 1] + 1 if end > start else self.at[start]

    def written(self, sentence: Sentence) -> str:
        """The sentence as it was written, without links."""
        return _LINK.sub("", self.original[slice(*self.place(sentence.start, sentence.end))])

    def sentence_at(self, place: int) -> Sentence:
        starts = [s.start for s in self.sentences]
        return self.sentences[max(0, bisect_right(starts, place) - 1)]

    def quoted(self, start: int, end: int) -> bool:
        return any(a < start and end < b for a, b in self.said)


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    if char in _UNSEEN:
        return ""
    if char in _PLAIN:
        return _PLAIN[char]
    if char == "\n":
        return "\n"
    if char.isspace():
        return " "
    return "".join(
        c for c in unicodedata.normalize("NFKD", char.lower()) if not unicodedata.combining(c)
    )


def fold(original: str) -> Folded:
    """Read a text of any length and content; never fails."""
    masked = _LINK.sub(lambda m: "_" * len(m.group()), original)
    masked = _YES.sub(r"\1y", masked).replace("\r", "\n")
    chars: list[str] = []
    at: list[int] = []
    last = "\n"
    for place, char in enumerate(masked):
        for plain in _plain(char):
            if plain in " \n" and last in " \n":
                if plain == "\n" and last == " ":
                    chars[-1] = last = "\n"
                continue
            chars.append(plain)
            at.append(place)
            last = plain
    _join_lines(chars, original, at)
    text = "".join(chars)
    return Folded(
        original,
        text,
        (*at, len(original)),
        tuple(_sentences(text, original, at)),
        tuple(match.span() for match in _SAID.finditer(text)),
    )


def _join_lines(chars: list[str], original: str, at: list[int]) -> None:
    """A line that was only wrapped goes on: the next begins small."""
    for i in range(1, len(chars) - 1):
        if chars[i] == "\n" and chars[i - 1] not in ".!?:" and original[at[i + 1]].islower():
            chars[i] = " "


def _sentences(text: str, original: str, at: list[int]) -> list[Sentence]:
    found: list[Sentence] = []
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        if match.group() == ".":
            before = (
                text[max(start, match.start() - 6) : match.start()].rsplit(" ", 1)[-1].strip('("')
            )
            follows = original[at[end + 1]] if end + 1 < len(at) else ""
            if before in _HOURS and follows and not follows.isupper():
                continue
            if before in _SHORT and before not in _HOURS:
                continue
        _keep(found, text, start, end)
        start = end
    _keep(found, text, start, len(text))
    return found or [Sentence(0, 0, "")]


def _keep(found: list[Sentence], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    bare = piece.strip()
    if bare:
        begins = start + len(piece) - len(piece.lstrip())
        found.append(Sentence(begins, begins + len(bare), bare))
