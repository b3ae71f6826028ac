"""Which language a family wrote in, with the one recorded for it as what is likeliest before.

Statistics of letters (py3langid: naive Bayes over byte sequences, its model inside the package, nothing
fetched) are weighed with the recorded language; a script that one of our languages has alone decides. Short,
mixed and spelled-in-Latin words are given back as recorded and not sure, rather than as a guess.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from bothways.languages.codes import LANGUAGES

_LINK = re.compile(r"https?://\S+|www\.\S+|\S+@\S+")
# A few bytes of anything look like some language: below this many letters the record is believed.
_FEW = 4
_SURE = 0.8
# How much likelier the recorded language is than another of the twelve, English, and any other one.
_KNOWN, _ENGLISH, _OURS, _OTHER = 1.0, 0.25, 0.08, 0.02
# The model's names for what we call otherwise, and the dialects that are one language to a reader.
_NAMES = {
    "prs": ("fa",),
    "zh-Hans": ("zh", "wuu", "yue"),
    "zh-Hant": ("zh", "wuu", "yue"),
    "ar": ("ar", "ary", "arz"),
    "ht": ("ht", "gcf", "gcr"),
    "es": ("es", "ext", "an"),
    "pt": ("pt",),
}
_ARABIC_IN_LATIN = frozenset(
    [
        "salam",
        "salaam",
        "shukran",
        "shokran",
        "inshallah",
        "inshaallah",
        "mashallah",
        "alhamdulillah",
        "hamdulillah",
        "marhaba",
        "ahlan",
        "afwan",
        "ustaz",
        "ustaza",
        "mudarris",
        "mudarrisa",
        "ibni",
        "ebni",
        "binti",
        "benti",
        "marid",
        "mareed",
        "maridh",
        "alyom",
        "alyawm",
        "elyom",
        "lyom",
        "bukra",
        "bokra",
        "mumkin",
        "momken",
        "ma3",
        "3ala",
        "3ndi",
        "3andi",
        "ana",
        "inti",
        "inta",
        "huwa",
        "hiya",
        "mish",
        "mush",
        "mafi",
        "walad",
        "madrasa",
        "madrassa",
        "wajib",
        "sabah",
        "masa",
        "khair",
        "alkhair",
        "kheir",
        "jazilan",
        "jazeelan",
        "la",
        "na3am",
        "aywa",
        "naam",
    ]
)
_PLAIN_WORDS = frozenset({"la", "ana", "inta", "inti"})  # words of other languages, too
_ALONE = {"ETHIOPIC": "am", "HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja"}
_SCRIPTS = ("LATIN", "ARABIC", "CYRILLIC", "ETHIOPIC", "CJK", "HANGUL", "HIRAGANA", "KATAKANA")
_WRITTEN_WITH = {
    "ar": "ARABIC",
    "prs": "ARABIC",
    "ps": "ARABIC",
    "fa": "ARABIC",
    "ur": "ARABIC",
    "uk": "CYRILLIC",
    "ru": "CYRILLIC",
    "am": "ETHIOPIC",
    "ti": "ETHIOPIC",
    "zh-Hans": "CJK",
    "zh-Hant": "CJK",
    "ja": "CJK",
    "ko": "HANGUL",
}


def detect(text: str, known: str = "") -> tuple[str, bool]:
    """The language of these words as a BCP 47 tag, and whether that is sure.

    ``known``: the language recorded for the family, "" where none is. Never raises; the recorded language (or
    English) and False for what has no words: emoji, numbers, one letter.
    """
    fallback = known or "en"
    words = _words(text)
    letters = [c for c in words if c.isalpha()]
    if not letters:
        return fallback, False
    script = _script(letters)
    if (alone := _alone(script, known)) is not None:
        return alone, True
    if script == "LATIN" and _spelled_arabic(words, known):
        # Arabic as phones without Arabic letters have it: an engine would take it for something else.
        return "ar", known == "ar"
    fits = script == "" or _WRITTEN_WITH.get(known, "LATIN") == script
    if len(letters) < _FEW:
        return (fallback, False) if fits or not known else (_best(words, "", script)[0], False)
    tag, share = _best(words, known if fits else "", script)
    # Half a message in another language: whoever reads it must look.
    return tag, share >= _SURE and not _mixed(words, tag)


def _words(text: str) -> str:
    text = _LINK.sub(" ", unicodedata.normalize("NFC", text))
    kept = "".join(
        c if c.isalpha() or unicodedata.combining(c) or c in "'’ʻ3579" else " " for c in text
    )
    return " ".join(kept.split())[:2000]


def _script(letters: list[str]) -> str:
    found = Counter(
        next((name for name in _SCRIPTS if unicodedata.name(c, "").startswith(name)), "")
        for c in letters[:400]
    )
    return found.most_common(1)[0][0]


def _alone(script: str, known: str) -> str | None:
    if script == "CJK":
        return known if known in ("zh-Hans", "zh-Hant") else "zh-Hans"
    if script == "ETHIOPIC" and known == "ti":
        return "ti"
    return _ALONE.get(script)


def _spelled_arabic(words: str, known: str) -> bool:
    each = words.casefold().split()
    hits = [word for word in each if word in _ARABIC_IN_LATIN]
    telling = [word for word in hits if word not in _PLAIN_WORDS]
    if known == "ar":
        return bool(telling) and len(hits) * 3 >= len(each)
    return len(telling) >= 2 and len(hits) * 2 >= len(each)


def _best(words: str, known: str, script: str) -> tuple[str, float]:
    """The likeliest language, and its share among all."""
    shares: dict[str, float] = defaultdict(float)
    for code, share in _identifier().rank(words):
        tag = _tag(str(code), known)
        if script and _WRITTEN_WITH.get(tag, "LATIN") != script:
            continue
        shares[tag] += float(share) * _weight(tag, known)
    total = sum(shares.values())
    if not total:
        return known or "en", 0.0
    tag = max(shares, key=lambda one: shares[one])
    return tag, shares[tag] / total


def _tag(code: str, known: str) -> str:
    if known and code in _NAMES.get(known, (known,)):
        return known
    return next((tag for tag, codes in _NAMES.items() if code in codes), code)


def _weight(tag: str, known: str) -> float:
    if tag == known:
        return _KNOWN
    if tag == "en":
        return _ENGLISH
    return _OURS if tag in LANGUAGES else _OTHER


def _mixed(words: str, tag: str) -> bool:
    """Whether one half of a longer text is another language than the whole."""
    each = words.split()
    if len(each) < 8:
        return False
    half = len(each) // 2
    for part in (each[:half], each[half:]):
        other, share = _best(" ".join(part), tag, "")
        if other != tag and share > 0.6:
            return True
    return False


@cache
def _identifier() -> LanguageIdentifier:
    # A quarter of a second and some 60 MB, once in a process: only where words are read.
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
