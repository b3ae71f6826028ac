"""The form of Write: what was typed, as a message, and as fields again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.consent.queries import standing
from bothways.core import clock
from bothways.languages.codes import LANGUAGES, direction, name_in, normalise
from bothways.messaging.audience import Audience, children
from bothways.messaging.enums import Origin, Purpose, Tone
from bothways.messaging.fanout import Fanned
from bothways.messaging.rules import may_go
from bothways.messaging.services.messages import BY_HAND, Draft, Source, UnusableMessage
from bothways.people.models import Guardian, Household, Student
from bothways.reach.queries import period_start
from bothways.schools.models import District
from bothways.web.staff.audience_form import Choice
from bothways.web.staff.door import StaffRequest
from bothways.web.staff.origins import Made, origin_of, plain
from bothways.web.staff.scope import children_of, homes_of


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language of the form. ``families``: of this audience who read it; None until they were counted."""

    tag: str
    name: str
    direction: str
    families: int | None
    subject: str
    body: str
    origin: Origin | None  # None: no words
    engine: str = ""
    warnings: tuple[str, ...] = ()
    checked: bool = False  # the writer reads this language and went through a machine's words
    reviewed: bool = False
    vital: bool = False  # a machine's words of this purpose wait for a person
    tail: bool = False  # few read it, and nothing is written in it
    alone: bool = False  # all readers of this audience read it


def start(request: StaffRequest) -> QueryDict:
    """What the address fills in: a family to write to, those not reached, or those of a message."""
    data = QueryDict(mutable=True)
    family = request.GET.get("family", "")
    if family.isascii() and family.isdigit():
        data["who"] = f"family:{family}"
        data["purpose"] = Purpose.PERSONAL.value
        data["about"] = request.GET.get("about", "")
        data["tone"] = request.GET.get("tone", "")
    again = request.GET.get("again", "")
    if again:
        data["who"] = f"again:{again}"
    if "unreached" in request.GET:
        since = period_start(request.district, clock.now()).astimezone(request.district.zone)
        data["only_unreached"] = "1"
        data["not_reached_since"] = since.date().isoformat()
    return data


def draft_of(data: QueryDict, choice: Choice, *, made: Mapping[str, Made], user: User) -> Draft:
    """The message that was typed. Raises UnusableMessage."""
    purpose = data.get("purpose", "")
    if purpose not in set(Purpose):
        raise UnusableMessage(_("Choose what kind of message it is."))
    tone = data.get("tone", "")
    if tone not in set(Tone):
        raise UnusableMessage(_("Choose whether it is good news, a concern, or neither."))
    bodies = written(data)
    subjects = {tag: " ".join(data.get(f"subject-{tag}", "").split())[:200] for tag in bodies}
    return Draft(
        purpose=Purpose(purpose),
        audience=choice.audience,
        bodies=bodies,
        subjects={tag: subject for tag, subject in subjects.items() if subject},
        student=choice.student,
        school=choice.school,
        tone=Tone(tone) if purpose == Purpose.PERSONAL else Tone.NEITHER,
        sources={
            tag: _source(data, tag, made.get(tag), body, user) for tag, body in bodies.items()
        },
    )


def written(data: QueryDict) -> dict[str, str]:
    """Language → words, of the languages in which there are any."""
    found = {}
    for name, body in data.items():
        tag = normalise(name.removeprefix("body-")) if name.startswith("body-") else None
        if tag and isinstance(body, str) and body.strip():
            found[tag] = plain(body)
    return found


def _source(data: QueryDict, tag: str, made: Made | None, body: str, user: User) -> Source:
    origin = origin_of(made, body)
    if made is None or origin is Origin.PERSON:
        return BY_HAND
    checked = origin is Origin.MACHINE and data.get(f"checked-{tag}") == "1"
    return Source(
        origin=origin,
        engine=made.engine if origin is Origin.MACHINE else "",
        reviewed_by=user if checked else None,
    )


def unreviewed(draft: Draft, district: District) -> list[str]:
    """Languages whose words are a machine's and do not go out for this purpose before a person saw them."""
    return [
        tag
        for tag in draft.bodies
        for source in (draft.sources.get(tag, BY_HAND),)
        if not may_go(
            source.origin,
            reviewed=source.reviewed_by is not None,
            purpose=draft.purpose.value,
            vital=district.vital_purposes,
        )
    ]


def tongues(
    data: QueryDict,
    *,
    user: User,
    district: District,
    made: Mapping[str, Made],
    counted: Fanned | None,
    alone: str = "",
) -> list[Tongue]:
    """The district's own language, then those that these families read, then what was added or written.

    ``alone``: the one language that all of them read.
    """
    first = district.default_language
    have = written(data)
    added = [tag for typed in data.getlist("tongue") if (tag := normalise(typed))]
    subjects = [
        tag
        for name, value in data.items()
        if name.startswith("subject-")
        and str(value).strip()
        and (tag := normalise(name.removeprefix("subject-")))
    ]
    counts = Counter(counted.by_language) if counted else Counter[str]()
    if counted:
        read = set(counted.by_language)
    elif user.is_district_wide:
        read = tags_read(district)
    else:
        counts = readers(user)
        read = set(counts)
    tags = sorted(
        ({*read, *have, *added, *subjects, first} - {""}),
        key=lambda tag: (tag != first, -counts[tag], name_in(tag, "en")),
    )
    vital = data.get("purpose", "") in district.vital_purposes
    return [
        Tongue(
            tag=tag,
            name=name_in(tag, "en"),
            direction=direction(tag),
            families=counts[tag] + (counts[""] if tag == first else 0) if counted else None,
            subject=data.get(f"subject-{tag}", ""),
            body=data.get(f"body-{tag}", ""),
            origin=(origin := origin_of(made.get(tag), have[tag])) if tag in have else None,
            engine=made[tag].engine if tag in made else "",
            warnings=made[tag].warnings if tag in have and tag in made else (),
            checked=data.get(f"checked-{tag}") == "1",
            reviewed=tag in made and made[tag].reviewed,
            vital=vital and tag in have and origin is Origin.MACHINE,
            alone=tag == alone,
        )
        for tag in tags
    ]


def others(shown: Sequence[Tongue]) -> list[tuple[str, str]]:
    """Languages that can be added: (tag, name)."""
    there = {tongue.tag for tongue in shown}
    return sorted(
        ((tag, name_in(tag, "en")) for tag in LANGUAGES if tag not in there), key=lambda one: one[1]
    )


def tags_read(district: District) -> set[str]:
    """All languages that adults of the district read; one look at each adult, and no families counted."""
    rows = (
        Guardian.objects.filter(district=district, ended_at=None)
        .order_by()
        .values_list("reads", "speaks")
        .distinct()
    )
    return {reads or speaks for reads, speaks in rows}


def alone(choice: Choice, *, user: User, district: District) -> str:
    """The language that every adult reads whom this choice means; "" where they read several, or nobody knows.

    An adult who may not be written to today is no reader.
    """
    audience = choice.audience
    if audience == Audience(not_reached_since=audience.not_reached_since):
        found = tags_read(district)
    else:
        links = standing(district=district, at=clock.now(), records=choice.student is not None)
        links = links.filter(
            student__in=children(audience, Student.objects.visible_to(user)).values("pk")
        )
        if audience.households:
            links = links.filter(guardian__household__in=audience.households)
        rows = links.order_by().values_list("guardian__reads", "guardian__speaks").distinct()
        found = {reads or speaks for reads, speaks in rows}
    return found.pop() if len(found) == 1 else ""


def readers(user: User) -> Counter[str]:
    """How many of the families this user serves read each language (a family of two counts in both)."""
    rows = (
        Guardian.objects.filter(household__in=homes_of(user).values("pk"), ended_at=None)
        .order_by()
        .values_list("household_id", "reads", "speaks")
        .distinct()
    )
    return Counter(tag for _home, tag in {(home, reads or speaks) for home, reads, speaks in rows})


def purposes(user: User) -> list[str]:
    found = [Purpose.ROUTINE, Purpose.TIMELY, Purpose.PERSONAL]
    if user.can(Permission.MESSAGE_EMERGENCY):
        found.append(Purpose.EMERGENCY)
    return [purpose.value for purpose in found]


def starter(data: QueryDict, home: Choice | None) -> str:
    """What to think of before good news is written: shown in the empty field, never sent."""
    if data.get("tone") != Tone.GOOD:
        return ""
    name = home.student.called if home and home.student else ""
    if not name:
        return _("What did you see? When? What does it show about the child? Say it as you saw it.")
    return _(
        "What did you see %(child)s do? When? What does it show about %(child)s? Say it as you saw it."
    ) % {"child": name}


def names_in(choice: Choice, user: User) -> list[str]:
    """Names that these words may hold: translations must leave them as they are."""
    found = [user.given, user.family, user.name]
    if choice.school:
        found.append(choice.school.name)
    home: Household | None = choice.home
    if home is not None:
        for child in children_of(user).filter(homes__household=home):
            found += [child.given, child.family, child.called]
        for adult in home.guardians.all():
            found += [adult.given, adult.family]
    return sorted({name for name in found if name})
