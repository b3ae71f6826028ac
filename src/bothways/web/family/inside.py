"""Behind the second proof: whose pages these are, asked anew on each request.

The cookie says which adult (or student) this is. What they may see, their live links say at this moment: an
order of today closes today what was open yesterday. Nothing here follows from a household.
"""

import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Concatenate

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
    UnreadablePostError,
)
from django.urls import reverse
from django.utils.http import urlencode

from bothways.core import clock
from bothways.people.models import Guardian, Link, Student
from bothways.schools.models import District, School
from bothways.web.family import door, frame
from bothways.web.family.forms import is_ours, new_form
from bothways.web.family.models import FamilySession
from bothways.web.family.wording import Words
from bothways.web.throttle import Throttle

COOKIE = "bothways_home"
PATH = "/home"
# One person fills in a form now and then; a stolen cookie could fill an inbox.
sending = Throttle(most=40, within=600)

View = Callable[..., HttpResponse]


@dataclass(slots=True)
class Visit:
    """One request of somebody whose pages are open here."""

    request: HttpRequest
    session: FamilySession
    guardian: Guardian
    links: list[Link]
    now: datetime
    words: Words
    notice: str = ""
    wrong: str = ""
    _found: dict[str, object] = field(default_factory=dict)

    @property
    def district(self) -> District:
        return self.guardian.district

    @property
    def children(self) -> list[Student]:
        return [link.student for link in self.links]

    @property
    def school(self) -> School | None:
        """The one school of all these children; None: the district speaks."""
        schools = {child.school for child in self.children}
        return schools.pop() if len(schools) == 1 else None

    @property
    def phone(self) -> str:
        return (self.school.phone if self.school else "") or self.district.phone

    def child(self, pk: str) -> Student | None:
        """The child with this id, if it is one of theirs."""
        return next((child for child in self.children if str(child.pk) == pk), None)

    def date(self, at: datetime) -> str:
        return self.words.date(at.astimezone(self.district.zone).date())

    def show(
        self, template: str, values: Mapping[str, object], *, status: int = 200
    ) -> HttpResponse:
        """Render one of the pages, with the way back and a form's proof."""
        return frame.show(
            f"home/{template}",
            self.words.tag,
            {
                "form": new_form(_bound(self.session)),
                "query": f"?{urlencode({'lang': self.words.tag})}",
                "children": self.children,
                "notice": self.notice or self._kept(),
                "wrong": self.wrong,
                "kept": bool(self.request.GET.get("saved")),
                **frame.call(self.words, self.phone),
                **values,
            },
            status=status,
        )

    def _kept(self) -> str:
        return self.words["home_saved"] if self.request.GET.get("saved") else ""

    def on(self, name: str, *args: object, **query: str) -> HttpResponse:
        """Answer a form: the page after it, so that going back or loading again sends nothing twice."""
        return on(name, *args, lang=self.words.tag, **query)

    def posted(self) -> QueryDict | None:
        """The form that was sent; None (and a word in ``wrong``) where it is none of ours or far too long."""
        try:
            posted = self.request.POST
        except (RequestDataTooBig, TooManyFieldsSent, UnreadablePostError):
            self.wrong = self.words.say("page_too_long", n="20000")
            return None
        genuine = is_ours(
            self.request,
            _bound(self.session),
            posted.get("form_key", ""),
            posted.get("csrfmiddlewaretoken", ""),
        )
        if not genuine or sending.full(who := str(self.session.pk)):
            self.wrong = self.words["page_press_again"]
            return None
        sending.count(who)
        return posted

    def form_key(self, posted: QueryDict) -> str:
        """The key under which this form is kept: the same twice is one; changed words are another."""
        return form_key(_bound(self.session), posted)


def _bound(session: FamilySession) -> str:
    """What a form is bound to: this one browser."""
    return f"home {session.digest}"


def form_key(bound: str, posted: QueryDict) -> str:
    """A key of what was said in this form.

    >>> from django.http import QueryDict
    >>> len(form_key("x", QueryDict("words=a")))
    32
    """
    said = sorted((name, value) for name, value in posted.items() if name != "csrfmiddlewaretoken")
    return hashlib.sha256(f"{bound}\0{said}".encode(errors="surrogatepass")).hexdigest()[:32]


def on(name: str, *args: object, **query: str) -> HttpResponse:
    """303 to this page."""
    response = HttpResponseRedirect(
        f"{reverse(name, args=args)}{'?' if query else ''}{urlencode(query)}"
    )
    response.status_code = 303
    return response


def own_language(guardian: Guardian) -> str:
    return guardian.reads or guardian.speaks or guardian.district.default_language


def inside(
    view: Callable[Concatenate[Visit, ...], HttpResponse],
) -> View:
    """Let in whose pages are open here; everybody else to the door, whatever page it was."""

    @frame.family_page
    @functools.wraps(view)
    def page(request: HttpRequest, *args: str, **named: str) -> HttpResponse:
        session = door.session_with(request.COOKIES.get(COOKIE, ""))
        if session is None or session.guardian is None:
            return on("family-enter" if session is None else "family-home")
        guardian = session.guardian
        tag = frame.language_of(request, own_language(guardian))
        links = door.children_of(guardian)
        if not links:
            # Their standing has ended since: the same page as for a link that opens nothing.
            return frame.closed(request, known=tag, district=guardian.district)
        return view(
            Visit(request, session, guardian, links, clock.now(), Words(tag)), *args, **named
        )

    return page


def let_in(response: HttpResponse, value: str, session: FamilySession, *, once: bool) -> None:
    """Put the cookie: for these pages alone, unreadable for scripts, not sent along from elsewhere."""
    response.set_cookie(
        COOKIE,
        value,
        # On somebody else's phone it goes with the window, at the latest after an hour.
        expires=None if once else session.expires_at,
        path=PATH,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def device_of(request: HttpRequest) -> str:
    """What kind of machine this is, as its owner would call it; nothing more is kept of it.

    >>> request = HttpRequest()
    >>> request.META["HTTP_USER_AGENT"] = "Mozilla/5.0 (Linux; Android 9; Moto E5)"
    >>> device_of(request)
    'Android'
    """
    told = request.headers.get("User-Agent", "")
    kinds = (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("KAIOS", "KaiOS"),
        ("Windows", "Windows"),
        ("CrOS", "Chromebook"),
        ("Macintosh", "Mac"),
        ("Linux", "Linux"),
    )
    return next((name for mark, name in kinds if mark in told), "")
