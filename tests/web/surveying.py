"""Surveys of the elementary school, for pages."""

from datetime import date

from bothways.surveys.enums import Promise
from bothways.surveys.forms import Form
from bothways.surveys.models import Invitation, Survey
from bothways.surveys.ready import pulse, ready_items
from bothways.surveys.services.making import make
from bothways.surveys.services.sending import open_to_families
from people import Cast
from web.happenings import Happened


def short(*codes: str) -> Form:
    return pulse([ready_items()[code] for code in codes or ("p1", "p6")])


def draft(cast: Cast, promise: Promise = Promise.NAMED, **more: object) -> Survey:
    values: dict[str, object] = {
        "school": cast.elementary,
        "title": "How are we doing",
        "form": short(),
        "closes_on": date(2026, 9, 28),
        "seed": 7,
        **more,
    }
    return make(by=cast.principal, promise=promise, **values)  # type: ignore[arg-type]


def opened(cast: Cast, promise: Promise = Promise.NAMED, **more: object) -> Survey:
    survey = draft(cast, promise, **more)
    open_to_families(survey=survey, by=cast.principal)
    return survey


def invitation(survey: Survey, cast: Cast) -> Invitation:
    """Karim's."""
    return Invitation.objects.select_related("survey").get(survey=survey, household=cast.nours_home)


def draft_pk(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": draft(cast, form=short("p1")).pk}


def open_pk(cast: Cast, did: Happened) -> dict[str, object]:
    # One question: a table of many rows asks the same families many times.
    return {"pk": opened(cast, form=short("p1")).pk}


def sheet(cast: Cast, did: Happened) -> dict[str, object]:
    return {"pk": draft(cast).pk, "language": "es"}
