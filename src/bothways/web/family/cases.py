"""What family and school solve together, on the family's own pages, in its language.

Only an adult who was asked into the case, and who may hear of this child's records today. What another adult
said to the school alone is not here, nor what the child said in confidence.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from babel.dates import format_date
from django.http import Http404, HttpResponse

from bothways.audit.services import record
from bothways.cases import rules
from bothways.cases.enums import About, Consent, Event, How, Kind, Part, Side, Verdict
from bothways.cases.models import Case, Contribution, Measure, Member, Plan
from bothways.cases.queries import (
    Analysis,
    analyses,
    calendar_of,
    family_cases,
    is_own,
    loaded,
    readable,
    reader_for,
)
from bothways.cases.refusals import NotYours, Unusable
from bothways.cases.services import agreeing, counting, opening, planning, speaking
from bothways.cases.services.entering import MOST_WORDS
from bothways.cases.services.speaking import Words as Spoken
from bothways.channels.letters.booklet import Item
from bothways.languages.codes import direction
from bothways.people.enums import WordClass
from bothways.web.case_plots import Drawn, Terms, draw
from bothways.web.family.chapter import Part as Chapter
from bothways.web.family.inside import Visit, inside
from bothways.web.family.wording import Words

_VERDICTS = {
    Verdict.BETTER: "case_better",
    Verdict.WORSE: "case_worse",
    Verdict.CANNOT_TELL: "case_cannot_tell",
    Verdict.TOO_FEW: "case_too_few",
}


@dataclass(frozen=True, slots=True)
class Said:
    """Words in a case, and who reads them besides."""

    pk: int
    name: str
    day: str
    words: str
    language: str
    direction: str
    own: bool
    shut: bool  # the speaker and the school alone read it
    danger: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A number that home can give here: today's, or of a school day not long ago."""

    measure: Measure
    what: str
    label: str
    day: date
    least: int
    most: int
    now: str


@dataclass(slots=True)
class Here:
    case: Case
    title: str
    good: list[Said] = field(default_factory=list)
    home: list[Said] = field(default_factory=list)
    school: list[Said] = field(default_factory=list)


@inside
def family_cases_page(visit: Visit) -> HttpResponse:
    """All of them, the open ones first."""
    rows = [
        (case, f"{_name(case)}: {case.title_in(visit.words.tag)}", _closed(visit, case))
        for case in family_cases(visit.guardian, visit.now).order_by("closed_at", "-opened_at")[:20]
    ]
    return visit.show("cases", {"title": visit.words["case_room"], "rows": rows})


def _name(case: Case) -> str:
    return case.student.called or case.student.name


def _closed(visit: Visit, case: Case) -> str:
    if case.closed_at is None:
        return ""
    return visit.words.say("case_closed", date=visit.date(case.closed_at))


@inside
def family_case(visit: Visit, pk: str) -> HttpResponse:
    """One of them: read it, agree, say something, give a number, or end it."""
    found = loaded(family_cases(visit.guardian, visit.now)).filter(pk=int(pk)).first()
    if found is None:
        raise Http404
    member = next(m for m in found.members.all() if m.guardian_id == visit.guardian.pk)
    typed = ""
    if visit.request.method == "POST":
        posted = visit.posted()
        if posted is not None:
            what = posted.get("what", "")
            typed = posted.get("words", "")[: MOST_WORDS + 1000] if what == "say" else ""
            try:
                danger = _act(visit, found, what)
            except NotYours as error:
                raise Http404 from error
            except Unusable:
                visit.wrong = visit.wrong or visit.words["page_press_again"]
            else:
                return visit.on("family-case", found.pk, saved="2" if danger else "1")
    record("family_case.seen", found, by=None, district=found.district_id)
    Member.objects.filter(pk=member.pk).update(seen_at=visit.now)
    if visit.request.GET.get("saved") == "2":
        school = found.student.school.name if found.student.school else visit.district.name
        visit.notice = visit.words.say("acknowledgement_emergency", school=school)
    return visit.show(
        "case", _values(visit, found, member, typed), status=422 if visit.wrong else 200
    )


def _act(visit: Visit, case: Case, what: str) -> bool:
    """Do what was pressed; whether the words were words of danger. Raises Unusable."""
    posted, guardian, words = visit.request.POST, visit.guardian, visit.words
    if what == "say":
        text = posted.get("words", "")
        if not text.strip():
            visit.wrong = words["answer_missing"]
            raise Unusable
        if len(text) > MOST_WORDS:
            visit.wrong = words.say("page_too_long", n=str(MOST_WORDS))
            raise Unusable
        chosen = WordClass.FAMILY if posted.get("readers") == "all" else WordClass.SPEAKER_ONLY
        made = speaking.say_at_home(
            case=case,
            guardian=guardian,
            words=Spoken(text, words.tag, About.SEES, chosen, How.PAGE),
            form_key=f"home-{visit.form_key(posted)}",
        )
        return made.danger
    if what in ("yes", "no"):
        opening.note_consent(
            case=case, guardian=guardian, given=what == "yes", how=How.PAGE, by=None
        )
    elif what == "agree":
        agreeing.agree(case=case, by=guardian)
    elif what == "number":
        _number(visit, case)
    elif what in ("share", "back"):
        one = case.contributions.filter(pk=_int(posted.get("one", ""))).first()
        if one is None:
            raise NotYours
        one.case = case
        if what == "share":
            speaking.share(words=one, guardian=guardian)
        else:
            speaking.withdraw_words(words=one, by=guardian)
    elif what == "rate":
        plan = _plan(case)
        if plan is None or posted.get("level") not in ("-2", "-1", "0", "1", "2"):
            raise Unusable
        planning.rate(plan=plan, level=int(posted["level"]), by=guardian)
    else:
        raise Unusable
    return False


def _int(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _number(visit: Visit, case: Case) -> None:
    posted = visit.request.POST
    measure = case.measures.filter(pk=_int(posted.get("measure", "")), home=True).first()
    if measure is None:
        raise NotYours
    kind = Kind(measure.kind)
    value = rules.read_number(posted.get("value", ""), kind)
    try:
        day = date.fromisoformat(posted.get("day", ""))
    except ValueError as error:
        raise Unusable from error
    today = visit.now.astimezone(visit.district.zone).date()
    if value is None or not today - timedelta(days=rules.LATE_DAYS) <= day <= today:
        least, most = kind.bounds
        visit.wrong = visit.words.say("case_number_wrong", n=str(least), m=str(most))
        raise Unusable
    counting.give_at_home(measure=measure, day=day, value=value, guardian=visit.guardian)


def _plan(case: Case) -> Plan | None:
    plans = list(case.plans.all())
    return plans[-1] if plans else None


def _values(visit: Visit, case: Case, member: Member, typed: str) -> dict[str, object]:
    words = visit.words
    today = visit.now.astimezone(visit.district.zone).date()
    calendar = calendar_of(case.district)
    here = Here(case, f"{_name(case)}: {case.title_in(words.tag)}")
    for one in readable(case.contributions.all(), member, reader_for(member, case)):
        side = Part(one.member.part).side
        said = _said(visit, one, member)
        if side is Side.SCHOOL and one.about == About.STRENGTH.value:
            here.good.append(said)
        else:
            (here.school if side is Side.SCHOOL else here.home).append(said)
    plan = _plan(case)
    seen = analyses(case, today, calendar)
    closed = calendar.of(case.student.school_id)
    return {
        "title": here.title,
        "here": here,
        "case": case,
        "closed": _closed(visit, case),
        "asks_consent": case.closed_at is None and case.consent != Consent.GIVEN.value,
        "definition": case.definition_in(words.tag),
        "definition_language": _language(case, "definition", words.tag),
        "agreed_home": _on(visit, "case_agreed_home", case.home_agreed_at),
        "agreed_school": _on(visit, "case_agreed_school", case.school_agreed_at),
        "plan": plan,
        "parts": _parts(case, plan, words),
        "plan_dates": words.say(
            "case_plan_dates", date=words.date(plan.starts_on), day=words.date(plan.review_on)
        )
        if plan
        else "",
        "drawn": [_drawn(one, words, latest=plan.letter if plan else "") for one in seen],
        "asked": _asked(visit, case, today, closed) if case.closed_at is None else [],
        "levels": _levels(case, plan, words.tag),
        "rated": next((r.level for r in plan.ratings.all() if r.member_id == member.pk), None)
        if plan
        else None,
        "members": [m.name for m in case.members.all() if m.left_at is None],
        "new_lead": _new_lead(case, words),
        "typed": typed if visit.wrong else "",
    }


def _on(visit: Visit, key: str, at: datetime | None) -> str:
    return visit.words.say(key, date=visit.date(at)) if at is not None else ""


def _language(case: Case, name: str, tag: str) -> str:
    return tag if case.said_in.get(tag, {}).get(name) else case.language


def _parts(case: Case, plan: Plan | None, words: Words) -> list[tuple[str, str, str, str]]:
    """(whose part, its words, their language, their direction)."""
    if plan is None:
        return []
    found = []
    for name, called in (
        ("home_part", words["case_home"]),
        ("school_part", words["case_school"]),
        ("student_part", _name(case)),
    ):
        text = plan.part_in(name, words.tag)
        if text:
            tag = words.tag if plan.said_in.get(words.tag, {}).get(name) else case.language
            found.append((called, text, tag, str(direction(tag))))
    return found


def _levels(case: Case, plan: Plan | None, tag: str) -> list[tuple[int, str, str]]:
    """(from −2 to +2, what it looks like, its language)."""
    found = []
    for number, text in enumerate(plan.levels if plan else []):
        own = plan.level_in(number, tag) if plan else None
        found.append((number - 2, own or text, tag if own else case.language))
    return found


def _said(visit: Visit, one: Contribution, member: Member) -> Said:
    return Said(
        pk=one.pk,
        name=one.member.name,
        day=visit.date(one.at),
        words=one.words,
        language=one.language,
        direction=direction(one.language),
        own=is_own(one, member),
        shut=one.word_class != WordClass.FAMILY.value,
        danger=one.danger,
    )


def _short(words: Words, day: date) -> str:
    tag = {"prs": "fa_AF", "zh-Hans": "zh_Hans", "ht": "fr"}.get(words.tag, words.tag)
    return str(format_date(day, "d/M" if tag != "en" else "M/d", locale=tag))


def _drawn(one: Analysis, words: Words, *, latest: str) -> Drawn:
    terms = Terms(
        sides={Side.HOME: words["case_home"], Side.SCHOOL: words["case_school"], Side.STUDENT: ""},
        before=words["case_before"],
        with_plan=lambda letter: words.say("case_with", n=str(rules.plan_number(letter))),
        day=words["case_day"],
        off=words["case_day_off"],
        table=words["case_table"],
        short_day=lambda day: _short(words, day),
    )
    sentence = [words[_VERDICTS[one.verdict]]] if latest and not one.empty else []
    return draw(
        one,
        what=one.measure.what_in(words.tag),
        terms=terms,
        sentences=sentence,
        rtl=words.direction == "rtl",
    )


def _asked(visit: Visit, case: Case, today: date, closed: frozenset[date]) -> list[Asked]:
    """The latest school day of each measure that home counts."""
    found = []
    for measure in case.measures.all():
        if not measure.home:
            continue
        first = max(measure.starts_on, today - timedelta(days=4))
        days = rules.school_days(first, min(today, measure.ends_on), closed)
        if not days:
            continue
        day = days[-1]
        least, most = Kind(measure.kind).bounds
        known = next(
            (p for p in measure.points.all() if p.day == day and p.side == Side.HOME.value),
            None,
        )
        found.append(
            Asked(
                measure,
                measure.what_in(visit.words.tag),
                visit.words.say("case_give", day=visit.words.date(day)),
                day,
                least,
                most,
                f"{known.value.normalize():f}" if known else "",
            )
        )
    return found


def _new_lead(case: Case, words: Words) -> str:
    last = (
        case.events.filter(kind=Event.TAKEN_OVER.value)
        .select_related("user")
        .order_by("-at")
        .first()
    )
    return words.say("case_lead", name=last.user.name) if last and last.user else ""


def along(visit: Visit) -> Chapter:
    """For “take it along”: what this adult's pages show of the cases."""
    items: list[Item] = []
    data: list[dict[str, object]] = []
    for case in loaded(family_cases(visit.guardian, visit.now)).order_by("opened_at", "pk"):
        member = next(m for m in case.members.all() if m.guardian_id == visit.guardian.pk)
        lines = [
            _said(visit, one, member)
            for one in readable(case.contributions.all(), member, reader_for(member, case))
        ]
        plan, tag = _plan(case), visit.words.tag
        title = f"{_name(case)}: {case.title_in(tag)}"
        items.append(Item(title, case.definition_in(tag), _language(case, "definition", tag)))
        items += [Item(f"{one.name} · {one.day}", one.words, one.language) for one in lines]
        items += [
            Item(called, text, own) for called, text, own, _d in _parts(case, plan, visit.words)
        ]
        numbers = [
            {
                "what": measure.what,
                "day": point.day.isoformat(),
                "side": point.side,
                "value": float(point.value),
            }
            for measure in case.measures.all()
            for point in measure.points.all()
        ]
        items += _number_items(case.measures.all(), visit.words)
        data.append(
            {
                "child": _name(case),
                "title": case.title,
                "opened_at": case.opened_at.astimezone(visit.district.zone).isoformat(),
                "definition": case.definition,
                "words": [
                    {"by": one.name, "at": one.day, "words": one.words, "language": one.language}
                    for one in lines
                ],
                "plans": [
                    {
                        "home": p.home_part,
                        "school": p.school_part,
                        "student": p.student_part,
                        "from": p.starts_on.isoformat(),
                        "until": p.ended_on.isoformat() if p.ended_on else None,
                    }
                    for p in case.plans.all()
                ],
                "numbers": numbers,
            }
        )
    return Chapter("cases", visit.words["case_room"], items, data)


def _number_items(measures: Iterable[Measure], words: Words) -> list[Item]:
    found = []
    for measure in measures:
        lines = [
            f"{words.date(point.day)}: {point.value.normalize():f} "
            f"({words['case_home' if point.side == Side.HOME.value else 'case_school']})"
            for point in measure.points.all()
        ]
        if lines:
            found.append(Item(measure.what_in(words.tag), "\n".join(lines), words.tag))
    return found
