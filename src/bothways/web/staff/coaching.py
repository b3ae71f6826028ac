"""The coach beside the words: advice on what somebody is writing. Nothing of it is stored or logged."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models.functions import Lower
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from bothways.coach import Advice, Finding, Kind, Rule, check
from bothways.coach.book import LANGUAGES, book
from bothways.coach.check import MOST, judges
from bothways.coach.model import Host, reword
from bothways.languages.codes import normalise
from bothways.people.models import Guardian, Student
from bothways.web.staff.door import StaffRequest, staff

_NAMES = {"en": "English", "es": "Español"}
_SIDES = {"en": ("Instead of", "Perhaps"), "es": ("En vez de", "Quizá")}
# Here only the writer can word the sentence anew: “never” replaced alone could turn it round.
_SAY_ANEW = (Rule.HARD_TO_READ, Rule.ABSOLUTE)
_WORD = re.compile(r"[^\W\d_][\w'’-]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A finding as the panel shows it."""

    rule: str
    title: str
    words: str
    reason: str
    better: str
    start: int | str
    end: int | str
    fits: bool  # the better words can stand in the place of these
    first: str = ""


@dataclass(frozen=True, slots=True)
class Advised:
    """What the panel shows of one text."""

    lang: str
    lines: tuple[Line, ...]
    judged: bool
    empty: bool
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """A panel: the id of its textarea, and the advice where it was asked for."""

    of: str
    advised: Advised | None


def beside(
    bodies: Sequence[tuple[str, str]], data: QueryDict, request: StaffRequest, *, look: bool
) -> list[Beside]:
    """The panels of a form with one text a language: (language, words)."""
    kind = _kind(data)
    return [
        Beside(f"body-{tag}", advised(body, lang=tag, kind=kind, request=request) if look else None)
        for place, (tag, body) in enumerate(bodies)
        if tag in LANGUAGES and (place == 0 or body.strip())
    ]


@require_POST
@staff(None)
def look(request: StaffRequest) -> HttpResponse:
    """The findings alone for the panel's script, or a page of their own without one."""
    words, lang = _words(request.POST)
    if len(words) > MOST:
        return HttpResponse(status=413)
    advice = advised(words, lang=lang, kind=_kind(request.POST), request=request)
    name = "coach/findings.html" if request.headers.get("X-Coach") else "coach/looked.html"
    answer = render(request, name, {"advice": advice, "words": words})
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
@staff(None)
def moves(request: StaffRequest) -> HttpResponse:
    """Every rule with its reason, a bad and a good example, by the six moves."""
    lang = request.GET.get("lang", "")
    lang = lang if lang in LANGUAGES else "es" if request.LANGUAGE_CODE.startswith("es") else "en"
    by_move: dict[str, list[Mapping[str, str]]] = {}
    for rule in Rule:
        texts = book(lang).entries[rule].texts
        why = texts.get("why") or texts["why_long"].replace("{n}", "34")
        shown = {**texts, "why": why.replace("{word}", "MTSS")}
        by_move.setdefault(texts["move"], []).append(shown)
    hard, better = _SIDES[lang]
    values = {
        "lang": lang,
        "languages": list(_NAMES.items()),
        "moves": [{"name": name, "rules": rules} for name, rules in by_move.items()],
        "hard": hard,
        "better": better,
    }
    return render(request, "coach/moves.html", values)


def advised(words: str, *, lang: str, kind: Kind | None, request: StaffRequest) -> Advised:
    """Advice on these words, for a template."""
    advice = check(words, lang=lang, kind=kind)
    tag = lang.split("-")[0]
    shown = tag if tag in LANGUAGES else "en"
    lines = tuple(_line(words, one, shown) for one in advice.findings)
    return Advised(
        shown, lines, judges(words, lang), not words.strip(), _wording(words, advice, request)
    )


def _line(words: str, one: Finding, lang: str) -> Line:
    there = one.start is not None and one.end is not None
    return Line(
        rule=one.rule.value,
        title=book(lang).entries[one.rule].texts["title"],
        words=words[one.start : one.end] if there else "",
        reason=one.reason,
        better=one.suggestion,
        start=one.start if one.start is not None else "",
        end=one.end if one.end is not None else "",
        fits=one.rule not in _SAY_ANEW and not _loses(words, one),
        first="1" if one.rule is Rule.ONLY_BAD else "",
    )


def _loses(words: str, one: Finding) -> bool:
    """Whether words with blanks would stand in the place of a figure that the writer gave."""
    if one.start is None or "[" not in one.suggestion:
        return False
    return any(char.isdigit() for char in words[one.start : one.end])


def _words(data: QueryDict) -> tuple[str, str]:
    """The words and their language: sent by the script, or those of the form that the button stands in."""
    if "words" in data and "coach_of" not in data:
        return str(data["words"]), data.get("lang") or "en"
    of = data.get("coach_of", "")
    names = (of, of.removeprefix("id_"), of.removeprefix("id-"))
    words = next((str(data[name]) for name in names if data.get(name)), "")
    return words, normalise(of.rsplit("-", 1)[-1]) or data.get("language") or "en"


def _kind(data: QueryDict) -> Kind | None:
    """What the writer marked the note as, else None: it is guessed."""
    said = data.get("kind") or data.get("tone") or ""
    return Kind(said) if said in set(Kind) else None


def _wording(words: str, advice: Advice, request: StaffRequest) -> str:
    host = Host(settings.COACH_MODEL_URL, settings.COACH_MODEL_NAME, settings.COACH_MODEL_KEY)
    if not host.usable or not advice.findings or not words.strip():
        return ""
    return reword(words, advice.findings, host=host, names=_known_names(words, request)) or ""


def _known_names(words: str, request: StaffRequest) -> set[str]:
    """Words of the text that are the name of somebody in this district."""
    said = {word.lower() for word in _WORD.findall(words)}
    found: set[str] = set()
    fields = ((Student, ("given", "family", "preferred")), (Guardian, ("given", "family")))
    for model, names in fields:
        for field in names:
            lowered: Any = model._default_manager.filter(district=request.district)
            found |= set(
                lowered.annotate(low=Lower(field))
                .filter(low__in=said)
                .values_list(field, flat=True)
                .distinct()
            )
    return found
