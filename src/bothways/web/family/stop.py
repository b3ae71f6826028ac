"""The end of messages to one address, and the way back. Works for as long as a mail is kept."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode

from bothways.channels.services import our_number
from bothways.consent.models import Stop
from bothways.consent.services import start, stop
from bothways.core import clock
from bothways.messaging.models import Delivery
from bothways.people.enums import PointKind
from bothways.web.family import codes, frame
from bothways.web.family.opening import sent_with
from bothways.web.family.wording import Words
from bothways.web.throttle import visitor


@frame.family_page
def address(request: HttpRequest, typed: str) -> HttpResponse:
    """Ask, then stop this delivery's address or start it again; one click from a mail program stops at once.

    The one click is RFC 8058: a POST without cookies or a form of ours, answered without a redirect.
    """
    if frame.misses.full(who := visitor(request)):
        return frame.too_often(request)
    code = codes.read(typed)
    delivery = sent_with(code) if code else None
    if code is None or delivery is None:
        if code is not None:
            frame.misses.count(who)
        return frame.closed(request)
    if request.method == "POST":
        one_click = request.POST.get("List-Unsubscribe") == "One-Click"
        stops = one_click or "stop" in request.POST
        starts = not stops and "start" in request.POST
        if stops or starts:
            (stop if stops else start)(
                district=delivery.district,
                kind=delivery.kind,
                match=delivery.match,
                by=Stop.By.OURS,
                at=clock.now(),
            )
        if not one_click:
            query = {"lang": request.GET["lang"]} if "lang" in request.GET else {}
            if starts:
                query["started"] = "1"
            response = HttpResponseRedirect(
                f"{request.path}{'?' if query else ''}{urlencode(query)}"
            )
            response.status_code = 303
            return response
    return _page(request, delivery)


def _page(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    district = delivery.district
    known = delivery.languages[0] if delivery.languages else district.default_language
    tag = frame.language_of(request, known)
    words = Words(tag)
    by = set(
        Stop.objects.filter(
            district=district, kind=delivery.kind, match=delivery.match, lifted_at=None
        ).values_list("by", flat=True)
    )
    stopped = Stop.By.OURS in by
    return frame.show(
        "stop",
        tag,
        {
            "sender": district.name,
            "address": masked(delivery.kind, delivery.match),
            "stopped": stopped,
            "started": not stopped and "started" in request.GET,
            "carrier": Stop.By.CARRIER in by,
            # The district's rule, either way: nobody should find out on the day itself.
            "rule": words[
                "stop_emergencies" if district.emergencies_pass_stops else "stop_no_emergencies"
            ],
            "number": our_number() if Stop.By.CARRIER in by else "",
            **_say(words, delivery.kind, district.name, stopped),
        },
    )


def _say(words: Words, kind: str, school: str, stopped: bool) -> dict[str, str]:
    """The sentences for this kind of address."""
    if kind == PointKind.EMAIL:
        return {
            "title": words["stop_is" if stopped else "unsubscribe_title"],
            "what": words.say("unsubscribe_done" if stopped else "unsubscribe_text", school=school),
            "button": words["resubscribe_button" if stopped else "unsubscribe_button"],
        }
    return {
        "title": words["stop_is" if stopped else "stop_ask"],
        "what": words[_WHAT.get(kind, "stop_postal")],
        "goes_on": words["stop_goes_on"],
        "button": words["stop_undo" if stopped else "stop_button"],
    }


_WHAT = {
    PointKind.PHONE.value: "stop_phone",
    PointKind.WHATSAPP.value: "stop_whatsapp",
    PointKind.PUSH.value: "stop_push",
}
_NUMBERS = (PointKind.PHONE, PointKind.WHATSAPP)


def masked(kind: str, match: str) -> str:
    """Enough to know one's own address by, and no more: links are forwarded.

    >>> masked("email", "troys.mother@example.org"), masked("phone", "+15125550114")
    ('t•••@example.org', '••• 0114')
    """
    if kind == PointKind.EMAIL:
        name, _, host = match.rpartition("@")
        return f"{name[:1]}•••@{host}"
    return f"••• {match[-4:]}" if kind in _NUMBERS else ""
