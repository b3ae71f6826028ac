"""“Is this still right?”: how the school reaches this adult, masked, and what is right instead.

A link opens one message and its reply, and is forwarded. So nothing typed here changes anything by itself: a
code to a number or mailbox that works proves it, or a person at the school makes sure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError
from django.urls import reverse
from django.utils.http import urlencode

from bothways.core import clock
from bothways.messaging.enums import Meaning
from bothways.messaging.models import Delivery, Recipient
from bothways.messaging.queries import homes_found_wrong
from bothways.messaging.services import proving
from bothways.messaging.services.replies import receive_page
from bothways.people import changes
from bothways.people.changes import Told, Unusable
from bothways.people.enums import ChangeHow, PointKind
from bothways.people.masking import masked
from bothways.people.models import ContactPoint, Guardian, PointChange
from bothways.people.services import read_address
from bothways.roster.services import rebuild_households
from bothways.web.family import codes, frame
from bothways.web.family.forms import is_ours, new_form
from bothways.web.family.opening import Opened, open_at, sent_with
from bothways.web.family.wording import Words
from bothways.web.throttle import Throttle, visitor

MOST_TYPED = 300
# A family fills this in now and then; a machine with a link could fill the office's list.
filling = Throttle(most=10, within=3600)
typing = Throttle(most=30, within=3600)

SHOWN = (PointKind.PHONE, PointKind.EMAIL, PointKind.POSTAL)
LABELS = {
    PointKind.PHONE: "check_phone",
    PointKind.EMAIL: "check_email",
    PointKind.POSTAL: "check_postal",
}
NEW = {
    PointKind.PHONE: "check_new_phone",
    PointKind.EMAIL: "check_new_email",
    PointKind.POSTAL: "check_new_postal",
}


@dataclass(frozen=True, slots=True)
class Known:
    """One point as the page shows it: enough to know one's own by."""

    point: ContactPoint
    label: str
    shown: str
    wrong: bool = False  # as ticked before


@dataclass(frozen=True, slots=True)
class New:
    """A field for what is right instead."""

    name: str
    label: str
    kind: str
    typed: str = ""
    wrong: str = ""


@dataclass(slots=True)
class Typed:
    """What came from the page."""

    key: str
    adult: Guardian | None
    told: list[Told] = field(default_factory=list)
    said: set[int] = field(default_factory=set)  # points that are not right any more
    texts: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)  # kind → what could not be read


@frame.family_page
def right(request: HttpRequest, typed: str) -> HttpResponse:
    """Show what we have, masked; POST takes in what is right, or the code that proves it."""
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
    strange = delivery.household_id in homes_found_wrong(delivery.kind, delivery.match)
    if opened is None or opened.expired or strange:
        return frame.closed(request, known=known, district=delivery.district)
    words = Words(frame.language_of(request, known))
    page = _Page(request, opened, words)
    if request.method != "POST":
        return page.answered() if request.GET.get("form") else page.ask()
    try:
        posted = request.POST
    except (RequestDataTooBig, TooManyFieldsSent, UnreadablePostError):
        return page.ask(status=413, notice=words["page_press_again"])
    if not is_ours(
        request, delivery.code, posted.get("form_key", ""), posted.get("csrfmiddlewaretoken", "")
    ):
        return page.ask(status=403, notice=words["page_press_again"])
    if "code" in posted:
        return page.prove(posted.get("form", ""), posted.get("code", ""))
    return page.take()


class _Page:
    """One visit to the page."""

    def __init__(self, request: HttpRequest, opened: Opened, words: Words) -> None:
        self.request, self.opened, self.words = request, opened, words
        self.delivery: Delivery = opened.delivery
        self.adults: list[Guardian] = list(
            Guardian.objects.filter(
                pk__in=Recipient.objects.filter(delivery=self.delivery).values("link__guardian"),
                ended_at=None,
            )
            .select_related("district")
            .order_by("pk")
        )

    @property
    def _path(self) -> str:
        return reverse("family-right", args=[self.delivery.code])

    def _points(self) -> Sequence[ContactPoint]:
        """Of the one adult whom this message served; of a letter to two nobody knows who reads."""
        if len(self.adults) != 1:
            return ()
        points = self.adults[0].points.filter(
            ended_at=None, kind__in=[kind.value for kind in SHOWN]
        )
        return list(
            points.exclude(why="wrong_person")
            .select_related("guardian")
            .order_by("position", "pk")[:20]
        )

    def ask(
        self, typed: Typed | None = None, *, notice: str = "", status: int = 200
    ) -> HttpResponse:
        words = self.words
        known = [
            Known(
                point,
                words[LABELS[PointKind(point.kind)]],
                masked(point.kind, point.address, hidden=point.guardian.address_hidden),
                typed is not None and point.pk in typed.said,
            )
            for point in self._points()
        ]
        new = [
            New(
                name=f"new_{kind.value}",
                label=words[NEW[kind]],
                kind=kind.value,
                typed=typed.texts.get(kind.value, "") if typed else "",
                wrong=words.say("check_unreadable", end=typed.unreadable[kind.value])
                if typed and kind.value in typed.unreadable
                else "",
            )
            for kind in SHOWN
        ]
        return frame.show(
            "right",
            words.tag,
            {
                "heading": words["check_title"],
                "sender": self.opened.sender,
                "known": known,
                "new": new,
                "whose": self.adults if len(self.adults) > 1 else None,
                "chosen": typed.adult.pk if typed and typed.adult else 0,
                "form": new_form(self.delivery.code),
                "code": self.delivery.code,
                "notice": notice,
                **frame.call(words, self.opened.phone),
            },
            status=status,
        )

    def take(self) -> HttpResponse:
        typed = self._read()
        if typed.unreadable:
            return self.ask(typed, status=422)
        if filling.full(who := str(self.delivery.pk)):
            return frame.away(self.request, known=self.words.tag, status=429)
        filling.count(who)
        if typed.told and typed.adult is not None:
            try:
                changes.propose(
                    guardian=typed.adult, told=typed.told, form=typed.key, how=ChangeHow.PAGE
                )
            except Unusable:
                return self.ask(typed, notice=self.words["page_press_again"], status=422)
            proving.ask_proof(form=typed.key, guardian=typed.adult)
        # Whoever answered this has seen the message, whatever the answer was.
        receive_page(
            self.delivery, words="", button=Meaning.ACKNOWLEDGED, form_key=f"right-{typed.key}"[:40]
        )
        return self._on(typed.key)

    def _on(self, form: str) -> HttpResponse:
        query = {"form": form}
        if self.request.GET.get("lang"):
            query["lang"] = self.words.tag
        response = HttpResponseRedirect(f"{self._path}?{urlencode(query)}")
        response.status_code = 303
        return response

    def _read(self) -> Typed:
        posted = self.request.POST
        key = posted.get("form_key", "")[:32]
        adult = self.adults[0] if len(self.adults) == 1 else None
        if len(self.adults) > 1:
            adult = next((a for a in self.adults if str(a.pk) == posted.get("whose")), None)
            adult = adult or self.adults[0]
        typed = Typed(key=key, adult=adult)
        wrong = [point for point in self._points() if posted.get(f"point_{point.pk}") == "wrong"]
        typed.said = {point.pk for point in wrong}
        for kind in SHOWN:
            text = posted.get(f"new_{kind.value}", "").replace("\x00", "").strip()[:MOST_TYPED]
            typed.texts[kind.value] = text
            gone = [point for point in wrong if point.kind == kind.value]
            if text:
                try:
                    read_address(kind, text, self.delivery.district.region)
                except Unusable:
                    typed.unreadable[kind.value] = text[:80]
                # The new one takes the place of the one that went, if it is one.
                typed.told.append(Told(kind, gone.pop() if len(gone) == 1 else None, text))
            typed.told += [Told(kind, point, "") for point in gone]
        return typed

    def _changes(self, form: str) -> list[PointChange]:
        """What this form said, if it came from this page."""
        return list(
            PointChange.objects.filter(form=form.replace("\x00", ""), guardian__in=self.adults)
            .exclude(form="")
            .order_by("pk")
        )

    def answered(self, *, wrong: bool = False) -> HttpResponse:
        """What became of it: a code to type, a person who asks, or done."""
        form = self.request.GET.get("form", "") or self.request.POST.get("form", "")
        said = self._changes(form)
        waits = [change for change in said if change.confirmed_at is None]
        proof = proving.waiting(form.replace("\x00", "")) if waits else None
        words = self.words
        if not said:
            thanks = words["check_same"]
        elif not waits:
            thanks = words["check_done"]
        else:
            thanks = words.say("check_office", school=self.opened.sender)
        sent = ""
        if proof is not None:
            sent = words.say("check_code_sent", end=masked(proof.point.kind, proof.point.address))
        return frame.show(
            "proof",
            words.tag,
            {
                "heading": words["check_title"],
                "thanks": thanks,
                "sent": sent,
                "wrong": wrong,
                "known_form": form[:40],
                "form": new_form(self.delivery.code),
                "code": self.delivery.code,
                **frame.call(words, self.opened.phone),
            },
            status=422 if wrong else 200,
        )

    def prove(self, form: str, code: str) -> HttpResponse:
        if typing.full(who := str(self.delivery.pk)):
            return frame.away(self.request, known=self.words.tag, status=429)
        typing.count(who)
        said = self._changes(form)
        if not said:
            return self._on(form)
        done = proving.prove(form=form, code=code[:40])
        if done is None:
            return self.answered(wrong=True)
        if any(change.kind == PointKind.POSTAL.value for change in done):
            rebuild_households(self.delivery.district, [said[0].guardian_id])
        return self._on(form)
