"""Goals on a family's page and on a student's: what is wanted, who does what, how it goes."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError

from bothways.audit.services import record
from bothways.cases.goal_enums import HIGH, LOW
from bothways.cases.goal_queries import goals_at_home, told
from bothways.cases.refusals import NotYours, Unusable
from bothways.cases.services import goals as work
from bothways.channels.letters.booklet import Item
from bothways.core import clock
from bothways.messaging.services.own_words import receive_own
from bothways.people.models import Student
from bothways.web.family import door, frame
from bothways.web.family.chapter import Part
from bothways.web.family.forms import is_ours, new_form
from bothways.web.family.goal_shown import Shown, shown
from bothways.web.family.inside import COOKIE, Visit, form_key, inside, on, sending
from bothways.web.family.student import may_have_pages
from bothways.web.family.wording import Words

_TERM = timedelta(days=70)


@dataclass(slots=True)
class Child:
    student: Student
    heading: str
    goals: list[Shown]


def _until(text: str, today: date) -> date:
    """The day that was chosen; a term from now where none was. Raises Unusable."""
    if not text:
        return today + _TERM
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Unusable("day") from error


@inside
def goals(visit: Visit) -> HttpResponse:
    """The goals of these children; propose one, or say how it goes."""
    if visit.request.method == "POST":
        answer = _take(visit)
        if answer is not None:
            return answer
    found = told(goals_at_home(visit.children))
    record("goals.family_seen", visit.guardian, by=None, district=visit.district.pk)
    words = visit.words
    children = [
        Child(
            child,
            child.called or child.name,
            [shown(one, words) for one in found if one.goal.student_id == child.pk],
        )
        for child in visit.children
    ]
    typed = visit.request.POST if visit.wrong else {}
    return visit.show(
        "goals",
        {
            "title": words["goal_room"],
            "by_child": children,
            "numbers": range(LOW, HIGH + 1),
            "propose": words.say(
                "goal_propose", child=words.names([c.called or c.name for c in visit.children])
            ),
            "typed": {name: str(typed.get(name, ""))[:2000] for name in ("words", "home", "see")},
            "today": clock.today(visit.district.timezone).isoformat(),
            "about": str(typed.get("about", "")),
        },
        status=422 if visit.wrong else 200,
    )


def _take(visit: Visit) -> HttpResponse | None:
    """Keep what was sent; None where something is wrong, which is then said."""
    posted = visit.posted()
    if posted is None:
        return None
    key = visit.form_key(posted)
    try:
        if posted.get("goal"):
            _say(
                visit, posted.get("goal", ""), posted.get("value", ""), posted.get("words", ""), key
            )
        else:
            child = visit.child(posted.get("about", ""))
            if child is None:
                visit.wrong = visit.words["home_about"]
                return None
            _propose(visit, child, posted, key)
    except work.Danger as danger:
        kept = danger.tell()
        return visit.on("family-thanks", kept) if kept else visit.on("family-goals")
    except NotYours as error:
        raise Http404 from error
    except Unusable:
        visit.wrong = (
            visit.words.say("page_too_long", n=str(work.MOST))
            if any(len(value) > work.MOST for value in posted.values())
            else visit.words["answer_missing"]
        )
        return None
    return visit.on("family-goals", saved="1")


def _propose(visit: Visit, child: Student, posted: Any, key: str) -> None:
    draft = work.GoalDraft(
        words=posted.get("words", ""),
        language=visit.words.tag,
        until=_until(posted.get("until", ""), clock.today(visit.district.timezone)),
        home_does=posted.get("home", ""),
        see_it=posted.get("see", ""),
    )
    made = work.set_goal(student=child, draft=draft, by=visit.guardian, form_key=key)
    if visit.guardian.household is not None:
        # Somebody owes an answer: what will school do?
        receive_own(
            guardian=visit.guardian,
            student=child,
            words=made.words,
            button=None,
            language=visit.words.tag,
            form_key=key,
        )


def _say(visit: Visit, number: str, value: str, words: str, key: str) -> None:
    goal = (
        goals_at_home(visit.children).filter(pk=number).first()
        if number.isdigit() and len(number) < 18
        else None
    )
    if goal is None:
        raise NotYours
    work.say_how(
        goal=goal,
        words=words,
        value=int(value) if value.isdigit() and len(value) < 4 else None,
        language=visit.words.tag,
        by=visit.guardian,
        form_key=key,
    )


@frame.family_page
def student_goal(request: HttpRequest) -> HttpResponse:
    """A student sets a goal of their own, where the district gives them pages."""
    session = door.session_with(request.COOKIES.get(COOKIE, ""))
    if session is None:
        return on("family-enter")
    child = session.student
    if child is None or request.method != "POST":
        return on("family-home")
    tag = frame.language_of(request, child.home_language or child.district.default_language)
    if not may_have_pages(child, child.district):
        return frame.closed(request, known=tag, district=child.district)
    words = Words(tag)
    bound = f"home {session.digest}"
    try:
        posted = request.POST
    except (RequestDataTooBig, TooManyFieldsSent, UnreadablePostError):
        return on("family-home", lang=tag)
    genuine = is_ours(
        request, bound, posted.get("form_key", ""), posted.get("csrfmiddlewaretoken", "")
    )
    if not genuine or sending.full(who := str(session.pk)):
        return _student_told(child, tag, words["page_press_again"], bound, status=422)
    sending.count(who)
    try:
        draft = work.GoalDraft(
            words=posted.get("words", ""),
            language=tag,
            until=_until(posted.get("until", ""), clock.today(child.district.timezone)),
            student_does=posted.get("does", ""),
            only_school=posted.get("only_school") == "1",
        )
        work.set_goal(student=child, draft=draft, by=child, form_key=form_key(bound, posted))
    except work.Danger as danger:
        danger.tell()
        school = child.school.name if child.school else child.district.name
        said = words.say("acknowledgement_emergency", school=school)
        return _student_told(child, tag, said, bound)
    except Unusable:
        long = any(len(value) > work.MOST for value in posted.values())
        wrong = words.say("page_too_long", n=str(work.MOST)) if long else words["answer_missing"]
        return _student_told(child, tag, wrong, bound, status=422)
    return on("family-home", lang=tag)


def _student_told(
    child: Student, tag: str, said: str, bound: str, *, status: int = 200
) -> HttpResponse:
    return frame.show(
        "home/student_told",
        tag,
        {
            "title": Words(tag)["goal_mine"],
            "said": said,
            "form": new_form(bound),
            **frame.call(
                Words(tag), (child.school.phone if child.school else "") or child.district.phone
            ),
        },
        status=status,
    )


def along(visit: Visit) -> Part:
    """Goals in “take it along”: what the page of this adult shows."""
    words = visit.words
    found = told(goals_at_home(visit.children))
    items = []
    for one in found:
        goal = shown(one, words)
        lines = [f"{part.label}: {part.words}" for part in goal.parts]
        lines += [f"{day}: {value}/{HIGH}" for day, value in goal.checks]
        lines += [f"{day}: {said}" for day, said, _language in goal.said]
        items.append(
            Item(
                f"{one.goal.student.called or one.goal.student.name} · {goal.from_whom} · {goal.when}",
                "\n".join([goal.words.words, *lines]),
                goal.words.language,
            )
        )
    data = [
        {
            "student": one.goal.student.name,
            "set_by": one.goal.set_by,
            "words": one.goal.words,
            "language": one.goal.language,
            "home_does": one.goal.home_does,
            "school_does": one.goal.school_does,
            "student_does": one.goal.student_does,
            "see_it": one.goal.see_it,
            "until": one.goal.until.isoformat(),
            "state": one.goal.state,
            "checks": [{"at": check.at.isoformat(), "value": check.value} for check in one.checks],
        }
        for one in found
    ]
    return Part("goals", words["goal_room"], items, data)
