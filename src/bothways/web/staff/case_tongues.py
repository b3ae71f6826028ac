"""The boxes for each language in a case's steps: words known already, and which boxes the coach reads."""

from typing import Any

from django.utils.translation import gettext as _

from bothways.cases.models import Case
from bothways.coach.book import LANGUAGES
from bothways.languages.codes import name_in
from bothways.languages.services import From, suggest
from bothways.web.staff.case_forms import InTongues


def with_suggestions(form: InTongues, fresh: InTongues, case: Case, posted: Any) -> int:
    """Fill the empty boxes of ``fresh`` beside what was typed; how many boxes got words.

    From memory and the phrasebook alone: a case keeps no mark of whence its words are, so an engine's words
    would reach the family as a person's.
    """
    typed = {
        name: str(posted.get(name, "")).replace("\0", "") for name in fresh.fields if name in posted
    }
    child = case.student
    names = [child.name, child.called, *(m.name for m in case.members.all())]
    filled = 0
    for name in form.told:
        empty = [tag for tag in form.tongues if not typed.get(f"{name}-{tag}", "").strip()]
        words = typed.get(name, "")
        if not empty or len(words) > (getattr(fresh.fields.get(name), "max_length", 0) or 0):
            continue
        known = suggest(
            case.district,
            words,
            source=case.language,
            targets=empty,
            names=[one for one in names if one],
            machine=False,
        )
        for tag, said in known.items():
            typed[f"{name}-{tag}"] = said.text
            fresh.fields[f"{name}-{tag}"].help_text = (
                _("From memory: look at it before you keep it.")
                if said.origin is From.MEMORY
                else _("From the phrasebook: look at it before you keep it.")
            )
            filled += 1
    fresh.initial = {**fresh.initial, **typed}
    return filled


def coached(form: Any, of: str, language: str) -> list[tuple[str, str, str]]:
    """(id of a box, its language, its name where there are several) for words in languages of the coach."""
    if not of:
        return []
    boxes = [(of, language), *((f"{of}-{tag}", tag) for tag in getattr(form, "tongues", ()))]
    known = [(box, tag) for box, tag in boxes if tag in LANGUAGES]
    return [(box, tag, name_in(tag, "en") if len(known) > 1 else "") for box, tag in known]
