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

# A clause must be one of these as a whole. A search inside longer text would read
# "no restriction on contact" as "no contact", or worse, the other way round.
_NOTHING = re.compile(
    r"(?:none|no|n|na|n a|nil|null|false|0|nothing|blank|not applicable|none known|none on file"
    r"|(?:no|without) (?:court orders?|orders?|(?:contact |custody |legal )?restrictions?|custody orders?)"
    r"(?: (?:on file|known|apply|exist))?|unrestricted|full access|full rights"
    r"|(?:joint|shared|full|sole|primary|50 50)(?: (?:legal|physical|legal (?:and |& )?physical))? custody"
    r"|joint|shared)"
)
_NEVER = r"(?:no|not|may not|must not|can not|cannot|can t|shall not|do not|don t|never|not allowed to|not permitted to|is not (?:allowed|permitted) to)"
_ANY_CHILD = r"(?: (?:the |this |her |his )?(?:child|children|student|students|minor|him|her|them))?"
_FORBIDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "contact",
        re.compile(
            rf"(?:{_NEVER} (?:any )?(?:contact|communication|communicate|communicate with|contact with)"
            rf"{_ANY_CHILD}(?: (?:allowed|permitted|order|whatsoever|at all|of any kind))?"
            r"|no contact order|(?:contact|communication) (?:is )?(?:prohibited|forbidden|barred)"
            r"|(?:temporary |emergency |permanent )?(?:restraining|protective|protection) orders?"
            r"|orders? of protection|tro|injunction|barred"
            r"|(?:parental )?rights (?:are |were |have been )?terminated)"
        ),
    ),
    (
        "pick_up",
        re.compile(
            rf"(?:{_NEVER} (?:to )?(?:pick ?ups?|be picked up by|collect|remove){_ANY_CHILD}"
            r"(?: (?:from school|at school|allowed|permitted|rights?))?"
            rf"|(?:do not|don t|never|not|no) release{_ANY_CHILD}(?: to(?: this)?(?: (?:person|parent|adult))?)?"
            r"|(?:pick ?up|release) (?:is )?(?:prohibited|forbidden|not (?:allowed|permitted))"
            r"|not (?:authorized|authorised) (?:to|for) pick ?up)"
        ),
    ),
    (
        "records",
        re.compile(
            rf"(?:{_NEVER} (?:to )?(?:any )?(?:access (?:to )?|see |view |receive |get |have |inspect |release )?"
            r"(?:(?:the |student |school |educational |education |academic )*)"
            r"(?:records?|grades?|report cards?|portal|information|record access|records access|portal access)"
            r"(?: access)?(?: (?:allowed|permitted))?)"
        ),
    ),
    (
        "address",
        re.compile(
            r"(?:(?:address|home address|location) (?:is )?(?:confidential|protected|hidden|withheld|secret|private)"
            r"|(?:confidential|protected|hidden|withheld) (?:home )?address"
            rf"|(?:hide|withhold|protect) (?:the |home |this )*address|{_NEVER} (?:to )?(?:share|show|release|print|disclose|give out) (?:the |home )*address"
            r"|(?:no address|address confidentiality program|acp|safe at home))"
        ),
    ),
)
_ORDER = re.compile(
    r"^(?:(?:per|by|see|as per|under) )?(?:a |the )?(?:court order(?:ed)?|judge s order|legal order)(?: (?:says|states|that|of|is|on file))?\b ?"
)
_SUBJECT = re.compile(
    r"^(?:(?:the |this )?(?:parent|guardian|mother|father|adult|person|he|she|they|dad|mom)) (?=(?:may|must|can|shall|is|has|not)\b)"
)
_LIST = re.compile(r"[;,/|\n\r+&]+|\.(?:\s|$)|\band\b|\bor\b")
_HAS = re.compile(r"^(?:has|have) (?=no\b)")


def read(text: str) -> Reading:
    """The kinds of restriction that a text states; none for "", "none", "n/a" and the like.

    Text with any clause that is not understood is unreadable: it blocks contact, beside whatever
    was understood, and asks a person. So does a bare "yes" or "court order on file".
    """
    if not text or text.isspace():
        return NOTHING
    whole = _fold(text)
    if whole in _BLANK or _NOTHING.fullmatch(whole):
        return NOTHING
    kinds: set[Kind] = set()
    unreadable = False
    carried = ""  # "no contact or pick up": the second part keeps the "no" of the first
    for part in _LIST.split(text.casefold()):
        clause = _fold(part)
        if not clause or _NOTHING.fullmatch(clause):
            # A list that begins with "none" and goes on with an order is still an order.
            continue
        if (rest := _ORDER.sub("", clause)) != clause:
            if not rest:
                # "court order" alone does not say what it orders; "court order; no contact" does.
                unreadable = unreadable or len(whole) == len(clause)
                continue
            clause = rest
        clause = _HAS.sub("", _SUBJECT.sub("", clause))
        found = _forbidden(clause) or (_forbidden(f"{carried} {clause}") if carried else None)
        if found is None:
            unreadable = True
            continue
        kinds.add(found)
        carried = next((word for word in _CARRIES if clause.startswith(word + " ")), carried)
    if unreadable or not kinds:
        return Reading(frozenset(kinds | {"contact"}), unreadable=True)
    return Reading(frozenset(kinds))


_BLANK = {"", "null", "nan"}
_CARRIES = ("may not", "must not", "cannot", "can not", "shall not", "do not", "no", "not", "never")


def _forbidden(clause: str) -> Kind | None:
    return next((kind for kind, pattern in _FORBIDS if pattern.fullmatch(clause)), None)


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(
        "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split()
    )
