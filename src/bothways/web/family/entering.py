"""The door of a family's own pages: where a code may go, the code, a PIN, and out again.

Whatever is typed here, the answer is the same: nobody learns which numbers a school knows.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from bothways.core import clock
from bothways.people.masking import masked
from bothways.people.models import ContactPoint, Guardian, Student
from bothways.schools.models import District
from bothways.web.family import codes, door, frame
from bothways.web.family.forms import is_ours, new_form
from bothways.web.family.inside import COOKIE, PATH, device_of, let_in, on, own_language
from bothways.web.family.notices import reader_of
from bothways.web.family.opening import open_at, sent_with
from bothways.web.family.pins import readable
from bothways.web.family.wording import Words
from bothways.web.throttle import Shared, visitor

# A family asks for a code now and then, and mistypes it; a machine would try all numbers of a town.
asking = Shared("family-ask", most=10, within=3600)
typing = Shared("family-type", most=30, within=3600)
_MOST_TYPED = 320


def _only_district(typed: str) -> District | None:
    """The one district here, else the first in which this number proves somebody."""
    found = list(District.objects.order_by("pk")[:50])
    if len(found) == 1:
        return found[0]
    return next((district for district in found if door.points_at(typed, district)), None)


@frame.family_page
def enter(request: HttpRequest) -> HttpResponse:
    """Ask for a number or mailbox, or for a PIN."""
    tag = frame.language_of(request)
    if request.method != "POST":
        return _entry(request, tag)
    if asking.full(who := visitor(request)):
        return frame.away(request, status=429)
    typed = request.POST.get("contact", "").replace("\x00", "").strip()[:_MOST_TYPED]
    if not typed:
        return _entry(request, tag, status=422)
    asking.count(who)
    district = _only_district(typed)
    points = door.points_at(typed, district) if district else []
    code = door.ask(points=points, language=tag, district=district)
    return on("family-proof", code.key, **_lang(request, tag))


def _entry(
    request: HttpRequest, tag: str, *, wrong: str = "", status: int = 200, left: bool = False
) -> HttpResponse:
    words = Words(tag)
    districts = list(District.objects.order_by("pk")[:2])
    phone = districts[0].phone if len(districts) == 1 else ""
    return frame.show(
        "home/enter",
        tag,
        {
            "wrong": wrong,
            "left": left or "left" in request.GET,
            "district": districts[0].name if len(districts) == 1 else "",
            **frame.call(words, phone),
        },
        status=status,
    )


def _lang(request: HttpRequest, tag: str) -> dict[str, str]:
    return {"lang": tag} if request.GET.get("lang") else {}


@frame.family_page
def enter_from(request: HttpRequest, typed: str) -> HttpResponse:
    """From a message: where a code can go, masked, for the one adult whom that message served.

    Of a letter to two nobody knows who reads: they type their own number.
    """
    if frame.misses.full(who := visitor(request)):
        return frame.too_often(request)
    code = codes.read(typed)
    delivery = sent_with(code) if code else None
    if code is None or delivery is None:
        if code is not None:
            frame.misses.count(who)
        return frame.closed(request)
    opened = open_at(delivery, clock.now())
    known = delivery.languages[0] if delivery.languages else delivery.district.default_language
    if opened is None or opened.expired:
        return frame.closed(request, known=known, district=delivery.district)
    tag = frame.language_of(request, known)
    adult = reader_of(delivery)
    points = door.proving_points(adult) if adult is not None else []
    if not points:
        return on("family-enter", lang=tag)
    if request.method == "POST":
        if not is_ours(
            request,
            f"enter {code}",
            request.POST.get("form_key", ""),
            request.POST.get("csrfmiddlewaretoken", ""),
        ):
            return _choose(tag, code, points, opened.phone, status=403)
        if asking.full(who):
            return frame.away(request, known=known, status=429)
        asking.count(who)
        wish = request.POST.get("point", "")
        point = next((p for p in points if str(p.pk) == wish), points[0])
        asked = door.ask(points=[point], language=tag)
        return on("family-proof", asked.key, lang=tag)
    return _choose(tag, code, points, opened.phone)


def _choose(
    tag: str, code: str, points: list[ContactPoint], phone: str, *, status: int = 200
) -> HttpResponse:
    words = Words(tag)
    return frame.show(
        "home/choose",
        tag,
        {
            "code": code,
            "points": [(point.pk, masked(point.kind, point.address)) for point in points],
            "form": new_form(f"enter {code}"),
            **frame.call(words, phone),
        },
        status=status,
    )


@frame.family_page
def proof(request: HttpRequest, key: str) -> HttpResponse:
    """Type the code; where several adults share the address, then say who one is."""
    code = door.open_code(key)
    tag = frame.language_of(request, code.language if code else "")
    if request.method == "POST":
        if typing.full(who := visitor(request)):
            return frame.away(request, status=429)
        typing.count(who)
        if "name" in request.POST:
            return _who(request, key, tag)
        proved = door.prove(key=key, typed=request.POST.get("code", ""))
        if proved.right and proved.guardian is None:
            return on("family-proof", key, lang=tag)
        if proved.guardian is None:
            return _typing(tag, key, wrong=True, once="once" in request.POST)
        return _in(request, proved.guardian, tag, how="code")
    if code is not None and code.proved_at is not None:
        return frame.show("home/who", tag, {"key": key})
    # Also for a key that there never was: whoever guesses learns nothing.
    return _typing(tag, key)


def _typing(tag: str, key: str, *, wrong: bool = False, once: bool = False) -> HttpResponse:
    return frame.show(
        "home/code", tag, {"key": key, "wrong": wrong, "once": once}, status=422 if wrong else 200
    )


def _who(request: HttpRequest, key: str, tag: str) -> HttpResponse:
    name = request.POST.get("name", "")[:400]
    adult = door.named(key=key, name=name)
    if adult is None:
        return frame.show(
            "home/who", tag, {"key": key, "wrong": True, "typed": name[:200]}, status=422
        )
    return _in(request, adult, tag, how="code")


@frame.family_page
def pin(request: HttpRequest) -> HttpResponse:
    """Open with what the office handed over."""
    tag = frame.language_of(request)
    if request.method != "POST":
        return on("family-enter", **_lang(request, tag))
    if typing.full(who := visitor(request)):
        return frame.away(request, status=429)
    typing.count(who)
    typed = readable(request.POST.get("pin", ""))
    found = door.open_with_pin(typed) if typed else None
    owner = (found.guardian or found.student) if found else None
    if owner is None:
        return _entry(request, tag, wrong=Words(tag)["home_pin_wrong"], status=422)
    return _in(request, owner, tag, how="pin")


def _in(request: HttpRequest, of: Guardian | Student, tag: str, *, how: str) -> HttpResponse:
    once = "once" in request.POST
    value, session = door.open_session(of=of, device=device_of(request), once=once, how=how)
    query = {"lang": tag} if request.GET.get("lang") else {}
    if isinstance(of, Guardian) and not query and tag != own_language(of):
        query = {"lang": tag}  # as they have read until here
    response = on("family-home", **query)
    let_in(response, value, session, once=once)
    return response


@frame.family_page
def leave(request: HttpRequest) -> HttpResponse:
    """Close the pages in this browser."""
    if request.method == "POST":
        session = door.session_with(request.COOKIES.get(COOKIE, ""))
        if session is not None:
            door.end_session(session)
    response = on("family-enter", left="1", **_lang(request, frame.language_of(request)))
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")
    return response


def where_typed() -> str:
    """The address at which a PIN is typed, without the scheme."""
    return str(settings.PUBLIC_URL).split("://", 1)[-1] + reverse("family-home")
