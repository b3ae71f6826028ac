"""How hard a text is to read. Published formulas; sources in docs/explanation/coach.md."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_WORD = re.compile(r"[a-z0-9ñ]+(?:['-][a-z0-9ñ]+)*")
_LETTERS = re.compile(r"[a-z]")
_VOWELS_EN = re.compile(r"[aeiouy]+")

LONG_SENTENCE = 30  # words
ENOUGH = 25  # words below which a formula says nothing


@dataclass(frozen=True, slots=True)
class Level:
    """``grade``: years of school; ``hard``: well above what a 13-year-old reads with ease."""

    grade: float
    hard: bool


def words(text: str) -> list[str]:
    """The words of a folded text."""
    return _WORD.findall(text)


def english(sentences: list[str]) -> Level:
    """Flesch-Kincaid grade (Kincaid et al. 1975): 0.39 words/sentence + 11.8 syllables/word - 15.59."""
    per_sentence, per_word = _means(sentences, _syllables_en)
    grade = 0.39 * per_sentence + 11.8 * per_word - 15.59
    return Level(grade, grade >= 11.5)


def spanish(sentences: list[str]) -> Level:
    """INFLESZ scale (Barrio-Cantalejo et al. 2008) on Szigriszt-Pazos' perspicuity (1993):
    206.835 - 62.3 syllables/word - words/sentence; below 40 is “very difficult”, 55 to 65 “normal”."""
    per_sentence, per_word = _means(sentences, _syllables_es)
    ease = 206.835 - 62.3 * per_word - per_sentence
    grade = min(16.0, max(3.0, 8 + (60 - ease) / 5))
    return Level(grade, ease < 43)


def _means(sentences: list[str], syllables: Callable[[str], int]) -> tuple[float, float]:
    per = [words(s) for s in sentences]
    per = [[w for w in ws if _LETTERS.search(w)] for ws in per]
    per = [ws for ws in per if ws]
    count = sum(map(len, per)) or 1
    return count / max(1, len(per)), sum(syllables(w) for ws in per for w in ws) / count


def _syllables_en(word: str) -> int:
    found = len(_VOWELS_EN.findall(word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and found > 1:
        found -= 1
    if word.endswith("ed") and not word.endswith(("ted", "ded")) and found > 1:
        found -= 1
    return max(1, found)


def _syllables_es(word: str) -> int:
    # On folded words: two strong vowels are two syllables, a weak one beside a strong one is none.
    count = 0
    last = ""
    for char in word:
        if char in "aeo":
            count += last != "weak"
            last = "strong"
        elif char in "iuy":
            if last == "strong":
                last = "glide"
            elif last != "weak":
                count += 1
                last = "weak"
        else:
            last = ""
    return max(1, count)
