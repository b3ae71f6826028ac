"""Ask for help in one step; ask to correct something in the record, or to see more of it."""

from django.http import HttpResponse

from bothways.messaging.services.replies import MAX_WORDS
from bothways.outreach.enums import RequestKind
from bothways.outreach.services import requests
from bothways.web.family.home import take_words
from bothways.web.family.inside import Visit, inside


def _typed(visit: Visit, *, needed: bool = True) -> tuple[str, str, str] | None:
    """(words, key, child's id) of a form; None where something is wrong, which is then said."""
    posted = visit.posted()
    if posted is None:
        return None
    text = posted.get("words", "").replace("\r\n", "\n").replace("\x00", "")
    if len(text) > MAX_WORDS:
        visit.wrong = visit.words.say("page_too_long", n=str(MAX_WORDS))
        return None
    if not text.strip() and needed and "call" not in posted:
        visit.wrong = visit.words["answer_missing"]
        return None
    return text, visit.form_key(posted), posted.get("about", "")


def _kept(visit: Visit) -> str:
    """What was written, for the box: nothing is lost by a form that could not be taken."""
    try:
        return visit.request.POST.get("words", "")[: MAX_WORDS + 1000]
    except Exception:  # the form itself could not be read
        return ""


@inside
def help_(visit: Visit) -> HttpResponse:
    """What would help: it lands with a person who owes an answer."""
    if visit.request.method == "POST":
        typed = _typed(visit)
        if typed is not None:
            text, key, about = typed
            return take_words(
                visit, visit.child(about), text, None, key, visit.request.POST.get("call")
            )
    return visit.show(
        "help",
        {
            "title": visit.words["home_help"],
            "typed": _kept(visit) if visit.wrong else "",
            "about": visit.request.POST.get("about", "") if visit.wrong else "",
        },
        status=422 if visit.wrong else 200,
    )


@inside
def record(visit: Visit) -> HttpResponse:
    """What is not right, or what they want to see: a person answers by a day that is said."""
    wish = RequestKind.CORRECT
    if visit.request.method == "POST":
        typed = _typed(visit)
        if visit.request.POST.get("kind") == RequestKind.INSPECT.value:
            wish = RequestKind.INSPECT
        if typed is not None:
            text, key, about = typed
            requests.ask(
                guardian=visit.guardian,
                kind=wish,
                words=text,
                language=visit.words.tag,
                form_key=key,
                student=visit.child(about),
            )
            return visit.on("family-said", saved="1")
    return visit.show(
        "record",
        {
            "title": visit.words["home_record"],
            "how": visit.words.say("home_inspect_how", n=str(requests.OWED_WITHIN.days)),
            "typed": _kept(visit) if visit.wrong else "",
            "kind": wish.value if visit.wrong else "",
        },
        status=422 if visit.wrong else 200,
    )
