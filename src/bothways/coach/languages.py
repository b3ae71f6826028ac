"""In which of the coach's languages a text is, by its small words."""

import re
from collections.abc import Sequence

_EN = frozenset(
    [
        "the",
        "and",
        "to",
        "of",
        "is",
        "in",
        "that",
        "it",
        "you",
        "for",
        "was",
        "on",
        "are",
        "with",
        "his",
        "her",
        "he",
        "she",
        "your",
        "this",
        "be",
        "have",
        "not",
        "we",
        "my",
        "as",
        "at",
        "by",
        "from",
        "will",
        "can",
        "our",
        "but",
        "if",
        "they",
        "do",
        "has",
        "would",
        "please",
        "what",
        "i",
        "am",
        "me",
        "an",
        "or",
        "all",
        "so",
        "no",
        "when",
        "there",
        "their",
    ]
)
_ES = frozenset(
    [
        "el",
        "la",
        "los",
        "las",
        "de",
        "que",
        "y",
        "en",
        "un",
        "una",
        "su",
        "sus",
        "se",
        "es",
        "por",
        "con",
        "para",
        "no",
        "lo",
        "le",
        "como",
        "mas",
        "pero",
        "al",
        "del",
        "ha",
        "ya",
        "usted",
        "muy",
        "me",
        "mi",
        "nos",
        "si",
        "cuando",
        "esta",
        "este",
        "hay",
        "fue",
        "son",
        "tiene",
        "hoy",
        "ella",
        "nuestro",
        "les",
        "sin",
        "sobre",
        "o",
        "a",
    ]
)
_SHARED = frozenset(("a", "me", "no", "he", "has", "son"))


_THEIRS = re.compile(r"[a-zA-ZáéíóúüñÁÉÍÓÚÜÑàèçïöôê]")


def foreign(text: str) -> bool:
    """Whether its letters are neither English nor Spanish: another script, or other accents again and again."""
    letters = [char for char in text if char.isalpha()]
    others = sum(not _THEIRS.match(char) for char in letters)
    return others > 2 and others * 20 > len(letters)


def looks_like(words: Sequence[str], declared: str) -> str | None:
    """ "en", "es", or None where neither shows (another language, or too little to tell: then as declared)."""
    english = sum(word in _EN and word not in _SHARED for word in words)
    spanish = sum(word in _ES and word not in _SHARED for word in words)
    if len(words) < 6 or (english == spanish == 0 and len(words) < 12):
        other = {"en": spanish - english, "es": english - spanish}.get(declared, 0)
        return declared if other < 2 else {"en": "es", "es": "en"}[declared]
    best, count = max((("en", english), ("es", spanish)), key=lambda pair: pair[1])
    if count / len(words) < 0.1:
        return None
    if declared in ("en", "es") and abs(english - spanish) <= 2:
        return declared
    return best
