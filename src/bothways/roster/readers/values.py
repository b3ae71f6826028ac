"""Single cells → plain values: names, yes and no, grades, emails, languages."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from sys import intern

from bothways.languages import codes
from bothways.roster.readers.findings import Findings
from bothways.roster.readers.phones import Numbers, PhoneReader, merge
from bothways.roster.records import NO_ADDRESS, Address, Phone

LONGEST_ID = 255
_LONGEST = 200
_TRUE = {"true", "t", "yes", "y", "1", "x", "✓", "✔", "on", "si", "sí", "oui", "ja", "1.0", "-1"}
_FALSE = {"false", "f", "no", "n", "0", "off", "non", "nein", "0.0"}
_NOTHING = {"", "null", "\\n", "#n/a", "n/a", "na", "none", "-", "--", "unknown", "not specified"}
_NO_LANGUAGE = _NOTHING | {"und", "undetermined", "other", "zxx", "mul", "not known", "declined"}
_EMAIL = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]"
)
_NO_EMAIL = re.compile(
    r"(?:no|none|noemail|no-email|na|unknown|null|nobody)@.*|.*@(?:none|noemail|na)\..*"
)
_GRADE_WORDS = {
    "k": "KG",
    "kg": "KG",
    "kinder": "KG",
    "kindergarten": "KG",
    "0": "KG",
    "00": "KG",
    "pk": "PK",
    "prek": "PK",
    "p": "PK",
    "prekindergarten": "PK",
    "preschool": "PK",
    "-1": "PK",
    "tk": "TK",
    "transitionalkindergarten": "TK",
    "first": "01",
    "second": "02",
    "third": "03",
    "fourth": "04",
    "fifth": "05",
    "sixth": "06",
    "seventh": "07",
    "eighth": "08",
    "ninth": "09",
    "tenth": "10",
    "eleventh": "11",
    "twelfth": "12",
    "freshman": "09",
    "sophomore": "10",
    "junior": "11",
    "senior": "12",
}
_GRADE_NUMBER = re.compile(r"(?:grade|gr|year)?(\d{1,2})(?:\.0+|st|nd|rd|th)?(?:grade)?")


def clean(text: str) -> str:
    """Trimmed, in NFC, on one line, without invisible characters."""
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = "".join(
            c if c.isprintable() or c in _JOINERS else " " if c.isspace() or c < " " else ""
            for c in text
        )
        text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip()


_JOINERS = "\u200c\u200d"  # letters of Persian and Devanagari names change without them


def optional(text: str) -> str:
    """Like clean, and "" for the words that databases write for nothing."""
    text = clean(text)
    return "" if text.casefold() in _NOTHING else text


def note(text: str) -> str:
    """A text of several lines, whole: what it says may be an order of a court."""
    return "\n".join(line for part in text.splitlines() if (line := " ".join(part.split())))


@lru_cache(maxsize=1024)
def boolean(text: str) -> bool | None:
    """Yes or no; None for nothing, ValueError for anything else."""
    word = text.strip().casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    if word in _NOTHING:
        return None
    raise ValueError("neither yes nor no")


def grade(text: str) -> str:
    """The grade as OneRoster (CEDS) writes it: "1st" → "01", "K" → "KG"; others in capitals."""
    word = re.sub(r"[\s_]|(?<=\w)-", "", text.casefold())
    if word in _GRADE_WORDS:
        return _GRADE_WORDS[word]
    if (match := _GRADE_NUMBER.fullmatch(word)) and int(match[1]) <= 13:
        return f"{int(match[1]):02}" if int(match[1]) else "KG"
    return intern(optional(text).upper()[:20])


def items(text: str) -> list[str]:
    """The members of a list in one cell, each once: "a, b,a" → ["a", "b"]."""
    if not text:
        return []
    if "," not in text and ";" not in text and "|" not in text:
        return [text.strip()] if text.strip() else []
    return list(dict.fromkeys(part.strip() for part in re.split(r"[,;|]", text) if part.strip()))


def emails(text: str) -> tuple[tuple[str, ...], bool]:
    """The addresses in a cell, in lower case, and whether something stood there that is none."""
    if not text or text.isspace():
        return (), False
    found: list[str] = []
    broken = False
    for part in re.split(r"[;,|\n]+", text):
        if part.strip().casefold() in _NOTHING:
            continue
        named = re.search(r"<([^<>]*)>", part)  # "Jean Craig <jean@…>"
        words = [named[1]] if named else part.split()
        addresses = [word.strip("()[]\"'.").removeprefix("mailto:").lower() for word in words]
        # "Mc Mahon@…" is not the address of somebody called mahon: all words are, or none is.
        if all(map(is_email, addresses)):
            found += [address for address in addresses if address not in found]
        else:
            broken = True
    return tuple(found), broken


def is_email(address: str) -> bool:
    """Whether mail could be sent there by its form; "noemail@…" says that it could not."""
    return (
        len(address) <= 254
        and _EMAIL.fullmatch(address) is not None
        and ".." not in address
        and ".@" not in address
        and not address.startswith(".")
        and not _NO_EMAIL.fullmatch(address)
    )


class Values:
    """Reads cells whose trouble must be told, and remembers what comes again and again."""

    def __init__(self, findings: Findings, region: str) -> None:
        self.findings, self.region = findings, region
        self._phones = PhoneReader(region)
        self._languages: dict[str, str | None] = {}
        self._addresses: dict[tuple[str, ...], Address] = {}
        self._doubtful: dict[str, int] = {}

    def boolean(self, text: str, file: str, line: int, column: str) -> bool | None:
        if not text:
            return None
        try:
            return boolean(text)
        except ValueError:
            self.findings.flag(file, line, column, "neither yes nor no; taken as not known")
            return None

    def priority(self, text: str, file: str, line: int, column: str) -> int | None:
        if len(text) == 1 and text in "123456789":  # nearly all of them
            return int(text)
        word = optional(text)
        if not word:
            return None
        if match := re.fullmatch(r"(\d{1,3})(?:\.0+|st|nd|rd|th)?", word.casefold()):
            return int(match[1])
        self.findings.flag(file, line, column, "no number; taken as not known")
        return None

    def language(self, text: str, file: str, line: int, column: str) -> str:
        """A BCP 47 tag, "" if there is none."""
        if not text:
            return ""
        if text not in self._languages:
            plain = optional(text)
            nothing = plain.casefold() in _NO_LANGUAGE
            found = "" if nothing else codes.normalise(plain[:100])
            self._languages[text] = None if found is None else intern(found)
        tag = self._languages[text]
        if tag is None:
            self.findings.flag(file, line, column, "this language is not known; taken as not given")
            return ""
        return tag

    def emails(self, text: str, file: str, line: int, column: str) -> tuple[str, ...]:
        if not text:
            return ()
        found, broken = emails(text)
        if broken:
            self.findings.flag(file, line, column, "no email address; not kept")
        return found

    def phones(
        self, cells: Sequence[tuple[str, str, bool]], file: str, line: int
    ) -> tuple[tuple[Phone, ...], tuple[str, ...]]:
        """Numbers and unreadable texts of cells (text, column, said to receive texts)."""
        groups: list[Numbers] = []
        for text, column, texts in cells:
            if not text:
                continue
            numbers = self._phones.read(text, texts=texts)
            groups.append(numbers)
            if numbers.unreadable:
                self.findings.flag(
                    file, line, column, "no phone number that can be dialled; kept as written"
                )
            if numbers.doubtful:
                self._doubtful[file] = self._doubtful.get(file, 0) + 1
                self.findings.flag(
                    file, line, column, "possible, but in no numbering plan; kept, evidence decides"
                )
        if not groups:
            return (), ()
        if len(groups) == 1:
            return groups[0].phones, groups[0].unreadable
        unreadable = dict.fromkeys(text for group in groups for text in group.unreadable)
        return merge(*(group.phones for group in groups)), tuple(unreadable)

    def address(self, parts: tuple[str, ...]) -> Address:
        """From (street, unit, city, state, postal code, country) as written."""
        if not any(parts):
            return NO_ADDRESS
        known = self._addresses.get(parts)
        if known is None:
            known = self._addresses[parts] = Address(*map(optional, parts))
        return known

    def finish(self) -> None:
        """One line for each file on what was flagged many times."""
        for file, count in self._doubtful.items():
            self.findings.flag(
                file,
                1,
                "",
                f"{count:,} phone number{'s are' if count > 1 else ' is'} possible, but in no "
                "numbering plan: perhaps from test data",
            )
        self.findings.tell_the_rest()
