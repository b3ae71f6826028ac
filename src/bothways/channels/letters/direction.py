"""Which way a text runs, and what keeps its own way inside it.

Source: Unicode Standard Annex 9. Phone numbers, times and codes flip inside right-to-left text;
between U+2066 and U+2069 they do not.
"""

import re
import unicodedata

_RIGHT_TO_LEFT = frozenset(
    ["ar", "fa", "prs", "ps", "ur", "he", "yi", "ckb", "sd", "ug", "dv", "syr", "aii", "cld", "ks"]
)
_RIGHT_TO_LEFT_SCRIPTS = frozenset(["Arab", "Aran", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg"])

_LRI, _PDI = "\u2066", "\u2069"
_OPENS = "\u2066\u2067\u2068"
_TURNS = re.compile("[\u2066-\u2069]")
_KEEPS_ITS_WAY = re.compile(
    r"""
      (?:https?://|www\.)[!-~]+                                # web addresses
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                             # mail addresses
    | [A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/[!-~]*)?            # bare hosts and dotted numbers
    | [+(]?[0-9](?:[0-9]|[ .()/:\u2010-\u2013-](?=[0-9( ]))+   # phone numbers, dates, times, ranges
    | [A-Z0-9]{2,}(?:-[A-Z0-9]{2,})+                           # codes
    """,
    re.VERBOSE | re.ASCII,
)


def right_to_left(language: str, text: str = "") -> bool:
    """By the language and script of the tag; a language we do not know goes by most of its letters.

    ``language`` is BCP 47; ``text`` is looked at only for languages we do not know.
    """
    primary, *rest = language.split("-")
    scripts = [part.title() for part in rest if len(part) == 4]
    if scripts:
        return scripts[0] in _RIGHT_TO_LEFT_SCRIPTS
    if primary.lower() in _RIGHT_TO_LEFT:
        return True
    strong = [unicodedata.bidirectional(char) for char in text]
    return strong.count("R") + strong.count("AL") > strong.count("L")


def isolated(text: str) -> str:
    """A line of right-to-left text with its numbers, addresses and codes kept left to right."""
    if any(char in text for char in _OPENS):
        return text  # whoever wrote it has already said what goes which way
    return _KEEPS_ITS_WAY.sub(lambda found: f"{_LRI}{found[0]}{_PDI}", text)


def balanced(line: str) -> str:
    """A line whose isolates all end in it, so that it cannot turn the words after it around."""
    if not _TURNS.search(line):  # nearly every line
        return line
    depth = 0
    kept = []
    for char in line:
        if char in _OPENS:
            depth += 1
        elif char == _PDI:
            if depth == 0:
                continue
            depth -= 1
        kept.append(char)
    return "".join(kept) + _PDI * depth
