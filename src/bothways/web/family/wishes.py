"""How the school reaches this adult, in which language, and when: theirs to change, stop and start."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from babel.dates import get_day_names
from django.http import HttpResponse, QueryDict

from bothways.consent.models import Preference, Stop
from bothways.consent.services import Unusable as UnusableHours
from bothways.consent.services import prefer, start, stop
from bothways.core.phone import show as shown
from bothways.languages.codes import LANGUAGES, own_name
from bothways.languages.phrases import phrase
from bothways.messaging.services import proving
from bothways.people import changes
from bothways.people.changes import Told, Unusable
from bothways.people.enums import ChangeHow, PointKind, PointState
from bothways.people.masking import masked
from bothways.people.models import ContactPoint, PointChange
from bothways.people.services import correct_guardian, read_address
from bothways.roster.services import rebuild_households
from bothways.web.family.inside import Visit, inside, on
from bothways.web.family.right import LABELS, MOST_TYPED, NEW, SHOWN, New

MOST_POINTS = 20
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class WayHere:
    """One address of theirs, how we know that it works, and whether they stopped it."""

    point: ContactPoint
    label: str
    shown: str
    state: str
    good: bool
    stopped: bool
    by_carrier: bool


def _points(visit: Visit) -> list[ContactPoint]:
    return list(
        visit.guardian.points.filter(ended_at=None)
        .exclude(why="wrong_person")
        .order_by("position", "pk")[:MOST_POINTS]
    )


def ways_of(visit: Visit, points: Sequence[ContactPoint]) -> list[WayHere]:
    """Their own addresses; a home that is kept hidden is not shown here either: others may look on."""
    words = visit.words
    stops: dict[tuple[str, str], set[str]] = {}
    for kind, match, who in Stop.objects.filter(
        district=visit.district, match__in=[p.match for p in points], lifted_at=None
    ).values_list("kind", "match", "by"):
        stops.setdefault((kind, match), set()).add(who)
    found = []
    for point in points:
        by = stops.get((point.kind, point.match), set())
        hidden = point.kind == PointKind.POSTAL and visit.guardian.address_hidden
        state = words["home_untried"]
        if point.state == PointState.FAILING:
            state = words["home_fails"]
        elif point.state == PointState.WORKING:
            state = (
                words.say("home_works", date=visit.date(point.state_at))
                if point.state_at
                else words["home_works_plain"]
            )
        found.append(
            WayHere(
                point=point,
                label=words[_LABELS[point.kind]]
                if point.kind in _LABELS
                else _NAMES.get(point.kind, words["home_this_device"]),
                shown=words["home_hidden"] if hidden else _shown(point),
                state=state,
                good=point.state == PointState.WORKING,
                stopped=Stop.By.OURS in by,
                by_carrier=Stop.By.CARRIER in by,
            )
        )
    return found


_LABELS = {kind.value: key for kind, key in LABELS.items()}
_NAMES = {PointKind.WHATSAPP.value: "WhatsApp"}


def _shown(point: ContactPoint) -> str:
    if point.kind in (PointKind.PHONE, PointKind.WHATSAPP):
        return shown(point.address)
    return "" if point.kind == PointKind.PUSH else point.address


@inside
def ways(visit: Visit) -> HttpResponse:
    """All ways with what we know of each; POST stops or starts one, changes or adds, or proves a change."""
    points = _points(visit)
    if visit.request.method != "POST":
        return _ways(visit, points)
    posted = visit.posted()
    if posted is None:
        return _ways(visit, points, status=403)
    by_id = {str(point.pk): point for point in points}
    for name, change in (("stop", stop), ("start", start)):
        point = by_id.get(posted.get(name, ""))
        if point is not None:
            change(
                district=visit.district,
                kind=point.kind,
                match=point.match,
                by=Stop.By.OURS,
                at=visit.now,
            )
            return visit.on("family-ways", saved="1")
    if "code" in posted:
        return _prove(visit, points, posted)
    return _change(visit, points, posted)


def _ways(
    visit: Visit,
    points: Sequence[ContactPoint],
    *,
    typed: dict[str, str] | None = None,
    unreadable: dict[str, str] | None = None,
    wrong_code: bool = False,
    status: int = 200,
) -> HttpResponse:
    words = visit.words
    form = visit.request.GET.get("change", "").replace("\x00", "")[:40]
    said = _said(visit, form)
    waits = [change for change in said if change.confirmed_at is None]
    proof = proving.waiting(form) if waits else None
    told = ""
    if said and not waits:
        told = words["check_done"]
    elif waits and proof is None:
        told = words.say("check_office", school=visit.district.name)
    bad = unreadable or {}
    return visit.show(
        "ways",
        {
            "title": words["home_ways"],
            "ways": ways_of(visit, points),
            "told": told,
            "sent": words.say("check_code_sent", end=masked(proof.point.kind, proof.point.address))
            if proof
            else "",
            "change": form,
            "wrong_code": wrong_code,
            "rule": words[
                "stop_emergencies"
                if visit.district.emergencies_pass_stops
                else "stop_no_emergencies"
            ],
            "new": [
                New(
                    name=f"new_{kind.value}",
                    label=words[NEW[kind]],
                    kind=kind.value,
                    typed=(typed or {}).get(kind.value, ""),
                    wrong=words.say("check_unreadable", end=bad[kind.value])
                    if kind.value in bad
                    else "",
                )
                for kind in SHOWN
            ],
        },
        status=status,
    )


def _said(visit: Visit, form: str) -> list[PointChange]:
    if not form:
        return []
    return list(PointChange.objects.filter(form=form, guardian=visit.guardian).order_by("pk"))


def _change(visit: Visit, points: Sequence[ContactPoint], posted: QueryDict) -> HttpResponse:
    """Propose what is right instead: a code to an older point that works proves it, or a person asks."""
    key = visit.form_key(posted)
    typed: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    told: list[Told] = []
    gone = [point for point in points if posted.get(f"point_{point.pk}") == "wrong"]
    for kind in SHOWN:
        text = posted.get(f"new_{kind.value}", "").replace("\x00", "").strip()[:MOST_TYPED]
        typed[kind.value] = text
        of_kind = [point for point in gone if point.kind == kind.value]
        if text:
            try:
                read_address(kind, text, visit.district.region)
            except Unusable:
                unreadable[kind.value] = text[:80]
            # The new one takes the place of the one that went, if it is one.
            told.append(Told(kind, of_kind.pop() if len(of_kind) == 1 else None, text))
        told += [Told(kind, point, "") for point in of_kind]
    if unreadable:
        return _ways(visit, points, typed=typed, unreadable=unreadable, status=422)
    if not told:
        return visit.on("family-ways")
    try:
        changes.propose(guardian=visit.guardian, told=told, form=key, how=ChangeHow.PAGE)
    except Unusable:
        visit.wrong = visit.words["page_press_again"]
        return _ways(visit, points, typed=typed, status=422)
    # Whoever found this phone open is not its owner: a change asks for a code once more.
    proving.ask_proof(form=key, guardian=visit.guardian)
    return visit.on("family-ways", change=key)


def _prove(visit: Visit, points: Sequence[ContactPoint], posted: QueryDict) -> HttpResponse:
    form = posted.get("change", "").replace("\x00", "")[:40]
    if not _said(visit, form):
        return visit.on("family-ways")
    done = proving.prove(form=form, code=posted.get("code", "")[:40])
    if done is None:
        return _ways(visit, points, wrong_code=True, status=422)
    if any(change.kind == PointKind.POSTAL.value for change in done):
        rebuild_households(visit.district, [visit.guardian.pk])
    return visit.on("family-ways", change=form)


@inside
def language(visit: Visit) -> HttpResponse:
    """In which language the school talks and writes, whether somebody interprets, hearing before reading."""
    guardian = visit.guardian
    if visit.request.method == "POST":
        posted = visit.posted()
        if posted is not None:
            speaks = _tag(posted.get("speaks", ""), guardian.speaks)
            reads = _tag(posted.get("reads", ""), guardian.reads)
            hears = "hears" in posted
            correct_guardian(
                guardian=guardian,
                speaks=speaks,
                reads=reads,
                # Not ticked says nothing of somebody of whom nothing was known.
                can_read=False
                if hears
                else (True if guardian.can_read is False else guardian.can_read),
                address_hidden=guardian.address_hidden,
                wants_interpreter="interpreter" in posted,
                by=None,
            )
            # In the language that was chosen just now.
            return visit.on("family-language", saved="1") if reads == "" else _in(reads)
    tags = list(LANGUAGES)
    tags += [tag for tag in (guardian.speaks, guardian.reads) if tag and tag not in tags]
    return visit.show(
        "language",
        {
            "title": visit.words["home_languages"],
            "tongues_here": [(tag, own_name(tag)) for tag in dict.fromkeys(tags)],
            "guardian": guardian,
        },
        status=422 if visit.wrong else 200,
    )


def _in(reads: str) -> HttpResponse:
    return on("family-language", saved="1", **({"lang": reads} if reads in LANGUAGES else {}))


def _tag(wish: str, now: str) -> str:
    return wish if wish in LANGUAGES or wish == "" else now


@inside
def quiet(visit: Visit) -> HttpResponse:
    """Their own quiet hours, the day of what can wait, what to respect: for their home."""
    home, words = visit.guardian.household, visit.words
    if home is None:
        return visit.show("quiet", {"title": words["home_quiet"], "nothing": True})
    wish = Preference.objects.filter(household=home).first() or Preference(household=home)
    values: dict[str, object] = {
        "from": f"{wish.quiet_from:%H:%M}" if wish.quiet_from else "",
        "until": f"{wish.quiet_until:%H:%M}" if wish.quiet_until else "",
        "day": wish.digest_day,
        "customs": wish.customs,
    }
    if visit.request.method == "POST":
        posted = visit.posted()
        if posted is not None:
            values |= {
                "from": posted.get("quiet_from", "")[:8],
                "until": posted.get("quiet_until", "")[:8],
                "customs": posted.get("customs", "")[:2000],
            }
            day = posted.get("day", "")
            values["day"] = int(day) if day in set("0123456") else None
            try:
                prefer(
                    household=home,
                    digest_day=int(day) if day in set("0123456") else None,
                    digest_at=wish.digest_at,
                    quiet_from=_time(posted.get("quiet_from", "")),
                    quiet_until=_time(posted.get("quiet_until", "")),
                    customs=posted.get("customs", "")[:2000],
                    by=None,
                )
            except (UnusableHours, ValueError):
                visit.wrong = words["home_quiet_wrong"]
            else:
                return visit.on("family-quiet", saved="1")
    district = visit.district
    return visit.show(
        "quiet",
        {
            "title": words["home_quiet"],
            "values": values,
            "school": words.say(
                "home_quiet_school",
                n=f"{district.quiet_from:%H:%M}",
                m=f"{district.quiet_until:%H:%M}",
            ),
            "digests": district.digest_day is not None,
            "days": [(number, _day(words.tag, number)) for number in range(7)],
        },
        status=422 if visit.wrong else 200,
    )


def _time(typed: str) -> time | None:
    """A time of day; None for nothing. Raises ValueError."""
    return time.fromisoformat(typed.strip()) if typed.strip() else None


def _day(tag: str, number: int) -> str:
    """A day's name as it stands alone: phrases have it as it stands in a sentence."""
    if tag == "ht":
        return phrase(tag, _DAYS[number])
    names = get_day_names(
        "wide", "stand-alone", locale={"prs": "fa_AF", "zh-Hans": "zh_Hans"}.get(tag, tag)
    )
    return str(names[number])
