"""Write to families: words and audience, then exact counts, then once."""

from collections import Counter
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.channels.enums import Channel
from bothways.core import clock
from bothways.languages.codes import LANGUAGES, direction, name_in
from bothways.messaging import rendering
from bothways.messaging.enums import MessageKind, Purpose, Tone
from bothways.messaging.fanout import Fanned
from bothways.messaging.fates import load_of
from bothways.messaging.services.messages import Draft, UnusableMessage, count, send
from bothways.people.models import Guardian, HouseholdStudent
from bothways.reach.queries import period_start
from bothways.schools.models import District
from bothways.web.models import new_key, once
from bothways.web.staff.audience_form import Choice, Offer, UnusableChoice, offer, read
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.scope import children_of
from bothways.web.staff.segments import Length, length


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language version of the form."""

    tag: str
    name: str
    direction: str
    families: int
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Preview:
    """One version as it goes out."""

    tag: str
    name: str
    direction: str
    subject: str
    body: str
    text: str
    length: Length
    letter_from: str
    letter_lines: tuple[str, ...]


@require_http_methods(["GET", "POST"])
@staff(Permission.MESSAGE_WRITE)
def write(request: StaffRequest) -> HttpResponse:
    choices = offer(request.user)
    if request.method == "GET":
        return _form(request, choices, _start(request))
    step = request.POST.get("step", "")
    if step == "change":
        return _form(request, choices, request.POST)
    try:
        choice = read(request.POST, request.user, choices)
        draft = _draft(request.POST, choice)
        if step == "send":
            return _send(request, draft, choices)
        fanned = count(draft, district=request.district, by=request.user)
    except (UnusableChoice, UnusableMessage) as error:
        return _form(request, choices, request.POST, wrong=str(error))
    return _check(request, choice, draft, fanned)


def _start(request: StaffRequest) -> QueryDict:
    """What the address fills in: a family to write to, or those not reached."""
    data = QueryDict(mutable=True)
    family = request.GET.get("family", "")
    if family.isascii() and family.isdigit():
        data["who"] = f"family:{family}"
        data["purpose"] = Purpose.PERSONAL.value
        data["about"] = request.GET.get("about", "")
        data["tone"] = request.GET.get("tone", "")
    if "unreached" in request.GET:
        since = period_start(request.district, clock.now()).astimezone(request.district.zone)
        data["only_unreached"] = "1"
        data["not_reached_since"] = since.date().isoformat()
    return data


def _form(
    request: StaffRequest, choices: Offer, data: QueryDict, *, wrong: str = ""
) -> HttpResponse:
    tongues = _tongues(request.user, request.district, data)
    home: Choice | None = None
    who = data.get("who", "")
    if who.startswith("family:"):
        try:
            home = read(data, request.user, choices)
        except UnusableChoice as error:
            wrong = wrong or str(error)
    context = {
        "choices": choices,
        "who": who or _first(choices),
        "family": home,
        "children": list(
            children_of(request.user).filter(homes__household=home.home) if home else []
        ),
        "about": data.get("about", ""),
        "grades": data.getlist("grade"),
        "list": data.get("list", ""),
        "only_unreached": data.get("only_unreached"),
        "not_reached_since": data.get("not_reached_since")
        or period_start(request.district, clock.now())
        .astimezone(request.district.zone)
        .date()
        .isoformat(),
        "purpose_now": data.get("purpose") or Purpose.ROUTINE.value,
        "purposes": _purposes(request.user),
        "tones": [tone.value for tone in Tone],
        "tone_now": data.get("tone", ""),
        "starter": _starter(data, home),
        "tongues": tongues,
        "wrong": wrong,
        "load": load_of(home.home.pk, at=clock.now()) if home and home.home else None,
    }
    return render(request, "staff/write/write.html", context, status=422 if wrong else 200)


def _starter(data: QueryDict, home: Choice | None) -> str:
    """What to think of before good news is written: shown in the empty field, never sent."""
    if data.get("tone") != Tone.GOOD:
        return ""
    name = home.student.called if home and home.student else ""
    if not name:
        return _("What did you see? When? What does it show about the child? Say it as you saw it.")
    return _(
        "What did you see %(child)s do? When? What does it show about %(child)s? Say it as you saw it."
    ) % {"child": name}


def _first(choices: Offer) -> str:
    if choices.everybody:
        return "all"
    if choices.schools:
        return f"school:{choices.schools[0].sis_id}"
    return "mine" if choices.sections else "list"


def _purposes(user: User) -> list[str]:
    found = [Purpose.ROUTINE, Purpose.TIMELY, Purpose.PERSONAL]
    if user.can(Permission.MESSAGE_EMERGENCY):
        found.append(Purpose.EMERGENCY)
    return [purpose.value for purpose in found]


def _tongues(user: User, district: District, data: QueryDict) -> list[Tongue]:
    """The district's own language first, then by how many families read each."""
    families = readers(user)
    first = district.default_language
    tags = sorted(
        {*families, *LANGUAGES, first} - {""},
        key=lambda tag: (tag != first, -families[tag], name_in(tag, "en")),
    )
    return [
        Tongue(
            tag=tag,
            name=name_in(tag, "en"),
            direction=direction(tag),
            # Whom nobody asked is written to in the district's own language.
            families=families[tag] + (families[""] if tag == first else 0),
            subject=data.get(f"subject-{tag}", ""),
            body=data.get(f"body-{tag}", ""),
        )
        for tag in tags
    ]


def readers(user: User) -> Counter[str]:
    """How many of the families this user serves read each language (a family of two counts in both)."""
    served = HouseholdStudent.objects.filter(
        student__in=children_of(user), household__ended_at=None
    )
    rows = (
        Guardian.objects.filter(household__in=served.values("household_id"), ended_at=None)
        .order_by()
        .values_list("household_id", "reads", "speaks")
        .distinct()
    )
    return Counter(tag for _home, tag in {(home, reads or speaks) for home, reads, speaks in rows})


def _draft(data: QueryDict, choice: Choice) -> Draft:
    purpose = data.get("purpose", "")
    if purpose not in set(Purpose):
        raise UnusableMessage(_("Choose what kind of message it is."))
    tone = data.get("tone", "")
    if tone not in set(Tone):
        raise UnusableMessage(_("Choose whether it is good news, a concern, or neither."))
    bodies = {
        name.removeprefix("body-"): body.replace("\r\n", "\n").strip()
        for name, body in data.items()
        if name.startswith("body-") and isinstance(body, str) and body.strip()
    }
    subjects = {tag: " ".join(data.get(f"subject-{tag}", "").split())[:200] for tag in bodies}
    return Draft(
        purpose=Purpose(purpose),
        audience=choice.audience,
        bodies=bodies,
        subjects={tag: subject for tag, subject in subjects.items() if subject},
        student=choice.student,
        school=choice.school,
        tone=Tone(tone) if purpose == Purpose.PERSONAL else Tone.NEITHER,
    )


def _check(
    request: StaffRequest, choice: Choice, draft: Draft, fanned: Fanned, *, unsure: bool = False
) -> HttpResponse:
    return render(
        request,
        "staff/write/check.html",
        {
            "choice": choice,
            "draft": draft,
            "emergency": draft.purpose is Purpose.EMERGENCY,
            "unsure": unsure,
            "fanned": fanned,
            "written": fanned.families - sum(fanned.blocked.values()),
            "letters": fanned.deliveries.get(Channel.LETTER.value, 0)
            + fanned.deliveries.get(Channel.HANDOVER.value, 0),
            "at_once": sum(fanned.deliveries.values()) - fanned.digest,
            "load": load_of(choice.home.pk, at=clock.now()) if choice.home else None,
            "previews": previews(draft, request.district),
            "missing": _missing(draft, request.user, request.district),
            "fields": [
                (name, value)
                for name, values in request.POST.lists()
                if name not in ("csrfmiddlewaretoken", "step", "form_key", "sure")
                for value in values
            ],
            "form_key": request.POST.get("form_key") or new_key(),
        },
        status=422 if unsure else 200,
    )


def _missing(draft: Draft, user: User, district: District) -> list[tuple[str, int]]:
    """Languages that many families read and that have no version, most families first."""
    have = set(draft.bodies)
    return [
        (tag, families)
        for tag, families in readers(user).most_common()
        if tag and tag not in have and tag != district.default_language
    ]


def previews(draft: Draft, district: District) -> list[Preview]:
    sender = rendering.sender(district, [draft.school] if draft.school else [])
    shown = []
    for tag, body in draft.bodies.items():
        text = rendering.body_for(
            Channel.TEXT,
            MessageKind.NEWS,
            tag,
            body,
            school=sender.school,
            link=rendering.reply_url("B" * 12),
        )
        shown.append(
            Preview(
                tag=tag,
                name=name_in(tag, "en"),
                direction=direction(tag),
                subject=draft.subjects.get(tag) or sender.school,
                body=body,
                text=text,
                length=length(text),
                letter_from=sender.school,
                letter_lines=sender.address,
            )
        )
    return shown


def _send(request: StaffRequest, draft: Draft, choices: Offer) -> HttpResponse:
    """Send once, however often the button is pressed."""
    if draft.purpose is Purpose.EMERGENCY and request.POST.get("sure") != "1":
        choice = read(request.POST, request.user, choices)
        fanned = count(draft, district=request.district, by=request.user)
        return _check(request, choice, draft, fanned, unsure=True)
    key = request.POST.get("form_key", "")
    if not key:
        raise UnusableMessage(_("Look at the counts first, then send."))

    def work() -> int:
        message, _fanned = send(draft, district=request.district, by=request.user)
        return message.pk

    sent = once(key, user=request.user, work=work)
    messages.success(request, _("It is on its way. What becomes of it shows here."))
    return redirect("sent_message", pk=sent)
