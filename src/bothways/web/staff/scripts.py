"""What to say on a call or a visit: a few sentences in plain words, never a form to read out."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from bothways.outreach.enums import TaskKind


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    lines: list[str]


def script(
    kind: TaskKind,
    *,
    child: str,
    adult: str,
    me: str,
    interpreter: str = "",
    unseen: bool = False,
    passes_on: bool = False,
    in_the_way: Sequence[str] = (),
) -> list[Part]:
    """Before, open with, tell, ask, end with.

    ``child`` and ``adult``: names, empty where unknown; ``interpreter``: the language's name, "" if none is
    needed; ``passes_on``: what may be passed on is written down in the family's plan; ``in_the_way``: what
    makes it hard for them, with what to do about it.
    """
    names = {
        "child": child or _("your child"),
        "adult": adult or _("the adult who cares for the child"),
        "me": me,
        "language": interpreter,
    }
    parts = [Part(_("What stands in the way"), list(in_the_way))] if in_the_way else []
    if interpreter or kind is not TaskKind.CALL:
        parts.append(_before(kind, names))
    if kind is TaskKind.GO_BETWEEN:
        return [*parts, *_through_somebody(names, passes_on)]
    parts += [
        Part(
            _("Open with"),
            [
                _(
                    "“Good day, this is %(me)s from school. Is this %(adult)s? Do you have a moment?”"
                )
                % names,
                _("Then one thing %(child)s did well this week: true, small, from your own class.")
                % names,
            ],
        )
    ]
    tell = _told(kind, names, unseen)
    if tell:
        parts.append(Part(_("Tell"), tell))
    parts.append(
        Part(
            _("Ask"),
            [
                _("“What do you see at home? What does %(child)s enjoy, and what is hard?”")
                % names,
                _("“Is there anything that we at school could do better for you?”"),
                _(
                    "“How would you like to hear from us: text, call, letter? In which language, "
                    "and at what hour?”"
                ),
            ],
        )
    )
    parts.append(
        Part(
            _("End with"),
            [
                _("Say what you will do, and by when. Then do it."),
                _("“Thank you. You know %(child)s best; I am glad we spoke.”") % names,
            ],
        )
    )
    return parts


def _before(kind: TaskKind, names: dict[str, str]) -> Part:
    lines = []
    if names["language"]:
        lines.append(
            _(
                "Have an interpreter with you for %(language)s. Never a child, however well it speaks."
            )
            % names
        )
    if kind is TaskKind.VISIT:
        lines += [
            _("Ask first when you would be welcome, and whether another place would be better."),
            _("Go in a pair. Stay at the door until you are asked in; leave when they wish it."),
        ]
    elif kind is TaskKind.NEUTRAL_PLACE:
        lines.append(
            _("Let them choose: the library, a church, a shop, a park bench. Be there first.")
        )
    elif kind is TaskKind.HANDOVER:
        lines.append(
            _(
                "Into an adult’s hand. If only a child is there, take it back with you: ask when to come."
            )
        )
    elif kind is TaskKind.GO_BETWEEN:
        lines.append(
            _("They are told nothing about the child but what is written down for them to pass on.")
        )
    return Part(_("Before"), lines)


def _told(kind: TaskKind, names: dict[str, str], unseen: bool) -> list[str]:
    lines = []
    if unseen:
        lines.append(_("What they have not seen yet stands below: in short, in your own words."))
    if kind is TaskKind.VISIT:
        lines.append(_("“We are here because we would like to know you. Nothing is wrong.”"))
    return lines


def _through_somebody(names: dict[str, str], passes_on: bool) -> Sequence[Part]:
    what = (
        _("Read out what stands in the plan under their name, word for word.")
        if passes_on
        else _("“Could you tell them that %(me)s from school would be glad to talk?” No more.")
        % names
    )
    return [
        Part(
            _("Open with"),
            [
                _("“We have not found the right way to reach this family yet, and would like to.”"),
                _("“They trust you. Would you pass a word on? You are free to say no.”"),
            ],
        ),
        Part(_("Tell"), [what]),
        Part(
            _("Ask"),
            [_("“What would be a good way, a good place, a good hour for them?”")],
        ),
        Part(_("End with"), [_("“Thank you. May I ask you next week whether you met them?”")]),
    ]
