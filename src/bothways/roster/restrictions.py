"""What the words of a custody or restriction column forbid. Pure; when in doubt it blocks and asks."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Kind = Literal["contact", "records", "address", "pick_up"]


@dataclass(frozen=True, slots=True)
class Reading:
    """``unreadable``: a person must read the document; until then ``contact`` is blocked."""

    kinds: frozenset[Kind] = frozenset()
    unreadable: bool = False


NOTHING = Reading()


def _phrases(*phrases: str) -> re.Pattern[str]:
    # A clause must be one of these as a whole. A search inside longer text would read
    # "no restriction on contact" as "no contact".
    return re.compile("|".join(f"(?:{phrase})" for phrase in phrases))


_NEVER = (
    "(?:no|not|never|may not|must not|can not|cannot|can t|shall not|do not|don t"
    "|(?:is )?not (?:allowed|permitted) to)"
)
_CHILD = "(?: (?:with )?(?:(?:the|this|her|his) )?(?:child|children|students?|minor|him|her|them))?"
_ORDERS = "(?:court orders?|custody orders?|orders?|(?:(?:contact|custody|legal) )?restrictions?)"

_NONE = _phrases(
    "none|no|n|na|n a|nil|null|nan|false|0|nothing|blank|not applicable|none known|none on file",
    f"(?:no|without) {_ORDERS}(?: (?:on file|known|apply|exist))?",
    "unrestricted|full access|full rights|joint|shared",
    "(?:joint|shared|full|sole|primary|50 50)(?: legal)?(?: and)?(?: physical)? custody",
)
_FORBIDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "contact",
        _phrases(
            f"{_NEVER} (?:any )?(?:contact|communication|communicate){_CHILD}"
            "(?: (?:allowed|permitted|order|whatsoever|at all|of any kind))?",
            "(?:contact|communication) (?:is )?(?:prohibited|forbidden|barred)",
            "(?:(?:temporary|emergency|permanent) )?(?:restraining|protective|protection) orders?",
            "orders? of protection|tro|injunction|barred",
            "(?:parental )?rights (?:(?:are|were|have been) )?terminated",
        ),
    ),
    (
        "pick_up",
        _phrases(
            f"{_NEVER} (?:to )?(?:pick ?ups?|collect|remove){_CHILD}"
            "(?: (?:from school|at school|allowed|permitted|rights?))?",
            f"(?:do not|don t|never|not|no) release{_CHILD}"
            "(?: to(?: this)?(?: (?:person|parent|adult))?)?",
            "(?:pick ?up|release) (?:is )?(?:prohibited|forbidden|not (?:allowed|permitted))",
            "not (?:authorized|authorised) (?:to|for) pick ?up",
        ),
    ),
    (
        "records",
        _phrases(
            f"{_NEVER} (?:to )?(?:any )?"
            "(?:(?:access to|access|see|view|receive|get|have|inspect|release) )?"
            "(?:(?:the|student|school|educational|education|academic) )*"
            "(?:records?|grades?|report cards?|portal|information)(?: access)?"
            "(?: (?:allowed|permitted))?",
        ),
    ),
    (
        "address",
        _phrases(
            "(?:home )?(?:address|location) (?:is )?"
            "(?:confidential|protected|hidden|withheld|secret|private)",
            "(?:confidential|protected|hidden|withheld) (?:home )?address",
            "(?:hide|withhold|protect) (?:(?:the|this|home) )*address",
            f"{_NEVER} (?:to )?(?:share|show|release|print|disclose|give out)"
            " (?:(?:the|this|home) )*address",
            "no address|address confidentiality program|acp|safe at home",
        ),
    ),
)
_ORDER = re.compile(
    r"(?:(?:as per|per|by|see|under) )?(?:(?:a|the) )?"
    r"(?:court order(?:ed|s)?|judge s order|legal order)(?: (?:says|states|that|of|is|on file))?\b ?"
)
_SUBJECT = re.compile(
    r"(?:(?:the|this) )?(?:parent|guardian|mother|father|adult|person|he|she|they|dad|mom) "
    r"(?=(?:may|must|can|cannot|shall|is|has|not)\b)"
)
_HAS = re.compile(r"(?:has|have) (?=no\b)")
_LIST = re.compile(r"[;,/|\n\r+&]+|\.(?:\s|$)|\band\b|\bor\b")
_CARRIES = ("may not", "must not", "cannot", "can not", "shall not", "do not", "not", "no", "never")


def read(text: str) -> Reading:
    """The kinds of restriction that a text states; none for "", "none", "n/a" and the like.

    Text with any clause that is not understood is unreadable: it blocks contact, beside whatever
    was understood, and asks a person. So does a bare "yes" or "court order on file".
    """
    whole = _fold(text)
    if _NONE.fullmatch(whole) or not any(c.isalnum() for c in text):
        return NOTHING
    kinds: set[Kind] = set()
    unreadable = ordered = False
    carried = ""  # "no contact or pick up": the second part keeps the "no" of the first
    for part in _LIST.split(text.casefold()):
        clause = _fold(part)
        if match := _ORDER.match(clause):
            ordered, clause = True, clause[match.end() :]
        if not clause or _NONE.fullmatch(clause):
            continue  # a list that begins with "none" and goes on with an order is still an order
        clause = _without(_HAS, _without(_SUBJECT, clause))
        found = _forbidden(clause) or (_forbidden(f"{carried} {clause}") if carried else None)
        if found is None:
            unreadable = True
            continue
        kinds.add(found)
        carried = next((word for word in _CARRIES if clause.startswith(f"{word} ")), carried)
    # "Court order" alone does not say what it orders; "court order; no contact" does.
    if unreadable or (ordered and not kinds):
        return Reading(frozenset(kinds | {"contact"}), unreadable=True)
    return Reading(frozenset(kinds))


def concerns(text: str) -> bool:
    """Whether a person should look at this text where it does not say whom it is about."""
    return read(text) != NOTHING or "custody" in text.casefold()


def _forbidden(clause: str) -> Kind | None:
    return next((kind for kind, pattern in _FORBIDS if pattern.fullmatch(clause)), None)


def _without(pattern: re.Pattern[str], clause: str) -> str:
    match = pattern.match(clause)
    return clause[match.end() :] if match else clause


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(
        "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split()
    )
