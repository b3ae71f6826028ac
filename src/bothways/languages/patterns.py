"""The little language of replies.toml and danger.toml, compiled to regular expressions.

Every pattern is matched on folded text whose words each end in one space (in Chinese: on text
without spaces), so that a match always begins and ends at a word.
"""

import re
from collections.abc import Callable, Iterable

Fold = Callable[[str], str]

_TOKEN = re.compile(r"(?:\([^)]*\)|[^\s(])+")
_PIECE = re.compile(r"\(([^)]*)\)|(\*)|([^(*]+)")
_NEVER = re.compile(r"(?!)")
# Arabic, Dari and Pashto write "and" and "so" onto the word that follows.
_JOINED_BEFORE = {"ar": "(?:و|ف)?", "prs": "(?:و)?", "ps": "(?:و)?"}


def compile_all(phrases: Iterable[str], fold: Fold, language: str) -> re.Pattern[str]:
    """One expression that finds any of the phrases; one that never matches if there are none."""
    spaced = language != "zh-Hans"
    # Longer ones first: "درست است" before "درست", so that a row of phrases is cut rightly.
    longest_first = sorted(phrases, key=len, reverse=True)
    every = [_expression(phrase, fold, spaced) for phrase in longest_first]
    if not every:
        return _NEVER
    start = r"(?<!\S)" + _JOINED_BEFORE.get(language, "") if spaced else ""
    return re.compile(f"{start}(?:{'|'.join(every)})")


def _expression(phrase: str, fold: Fold, spaced: bool) -> str:
    return "".join(_word(token, fold, spaced) for token in _TOKEN.findall(phrase))


def _word(written: str, fold: Fold, spaced: bool) -> str:
    end = " " if spaced else ""
    if written == "~":
        return r"(?:\S+ ){0,3}?" if spaced else r"\S{0,6}?"
    if written == ".":
        return r"\Z"
    optional = False
    parts: list[str] = []
    for group, star, plain in _PIECE.findall(written):
        if star:
            if parts and _is_ethiopic(parts[-1][-1]):
                parts[-1] = parts[-1][:-1] + _any_vowel(parts[-1][-1])
            parts.append(r"[^\s]*" if spaced else r"\S{0,4}?")
        elif plain:
            parts.append(_literal(plain, fold, spaced))
        else:
            choices = group.split("|")
            optional = optional or "" in choices
            words = "|".join(_choice(choice, fold, spaced) for choice in choices if choice)
            lone = (
                spaced
                and written.startswith("(")
                and written.endswith(")")
                and written.count("(") == 1
            )
            parts.append(f"(?:{words})" + ("?" if "" in choices and not lone else ""))
    whole = "".join(parts) + end
    return f"(?:{whole})?" if spaced and optional and written.count("(") == 1 else whole


def _choice(choice: str, fold: Fold, spaced: bool) -> str:
    """One alternative, which may be several words and may end in ``*``."""
    pieces = [
        r"[^\s]*" if piece == "*" else _literal(piece, fold, spaced)
        for piece in re.split(r"(\*)", choice)
        if piece
    ]
    return "".join(pieces)


def _literal(text: str, fold: Fold, spaced: bool) -> str:
    folded = fold(text)
    if not folded:
        raise ValueError(f"nothing is left of “{text}” when it is folded")
    return re.escape(folded if spaced else folded.replace(" ", ""))


def _is_ethiopic(char: str) -> bool:
    return "\u1200" <= char <= "\u137f"


def _any_vowel(syllable: str) -> str:
    """In Amharic an ending changes the vowel of the syllable before it: ገድል → ገድለኝ."""
    first = ord(syllable) & ~7
    return f"[{chr(first)}-{chr(first + 7)}]"
