"""What the school sent, what the family said and what came of it, who looked, where these pages are open."""

from django.http import HttpResponse

from bothways.web.family import door
from bothways.web.family.inside import Visit, inside
from bothways.web.family.told import letters_to, looked_at, said_by

MOST = 25
MOST_LOOKS = 60


@inside
def sent(visit: Visit) -> HttpResponse:
    """All that went out to this adult, the latest first, with the words themselves."""
    typed = visit.request.GET.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 18 else None
    letters = letters_to(
        visit.district,
        visit.links,
        visit.words,
        visit.now,
        most=MOST,
        before=before,
        automatic=True,
    )
    return visit.show(
        "sent",
        {
            "title": visit.words["home_sent"],
            "letters": letters,
            "older": letters[-1].delivery if len(letters) == MOST else None,
        },
    )


@inside
def said(visit: Visit) -> HttpResponse:
    """Their own words, the answers, and what was changed because of them."""
    found = said_by(visit.guardian, visit.links, visit.words, most=60)
    return visit.show("said", {"title": visit.words["home_said"], "said": found})


@inside
def looked(visit: Visit) -> HttpResponse:
    """Who at the school opened their page, by name, role and day."""
    return visit.show(
        "looked",
        {
            "title": visit.words["home_looked"],
            "looks": looked_at(visit.guardian, visit.words, most=MOST_LOOKS),
        },
    )


@inside
def devices(visit: Visit) -> HttpResponse:
    """Where these pages are open; POST closes one of them."""
    sessions = door.sessions_of(visit.guardian)
    if visit.request.method == "POST":
        posted = visit.posted()
        wish = posted.get("end", "") if posted is not None else ""
        session = next((one for one in sessions if str(one.pk) == wish), None)
        if session is not None:
            door.end_session(session)
        if posted is not None:
            return visit.on("family-devices", saved="1")
    rows = [
        (
            session,
            session.pk == visit.session.pk,
            visit.words.say(
                "home_device", date=visit.date(session.made_at), day=visit.date(session.expires_at)
            ),
        )
        for session in sessions
    ]
    return visit.show(
        "devices",
        {"title": visit.words["home_devices"], "rows": rows},
        status=403 if visit.wrong else 200,
    )
