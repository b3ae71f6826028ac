"""The steps of a case: each a page with one form, and back to the case."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bothways.accounts.models import User
from bothways.cases import rules
from bothways.cases.enums import (
    About,
    Better,
    Ended,
    Every,
    How,
    Kind,
    Part,
    Side,
    Stage,
)
from bothways.cases.models import Case, Contribution, Measure, Member
from bothways.cases.queries import calendar_of, colleagues, facts, family_links, may_be_invited
from bothways.cases.refusals import NotYours, Unusable
from bothways.cases.services import agreeing, counting, opening, planning, speaking
from bothways.cases.services.speaking import Words, reads
from bothways.core import clock
from bothways.languages.codes import LANGUAGES
from bothways.people.enums import WordClass
from bothways.people.models import Guardian
from bothways.web.models import new_key
from bothways.web.staff import case_forms as f
from bothways.web.staff.case_look import tongues
from bothways.web.staff.case_tongues import coached, with_suggestions
from bothways.web.staff.case_words import LEVELS, STAGES
from bothways.web.staff.cases import mine_or_404
from bothways.web.staff.door import StaffRequest, staff


@dataclass(frozen=True, slots=True)
class Here:
    """The case, who acts, and what was sent."""

    case: Case
    member: Member
    user: User
    data: Any  # the form that was sent, or None
    query: Mapping[str, str]
    today: date

    @property
    def adults(self) -> list[Guardian]:
        """The family's members who may be told today."""
        return [link.guardian for link in family_links(self.case, clock.now())]

    @property
    def outside(self) -> list[Member]:
        """Members who do not sign in as staff: the family, the student."""
        return [m for m in self.case.members.all() if m.left_at is None and m.user_id is None]


@dataclass(frozen=True, slots=True)
class Step:
    title: Promise
    form: Callable[[Here], Any]
    do: Callable[[Here, Any], str]  # the words that say it is done
    button: Promise
    coach: str = ""  # the field in which words to the family are written
    more: str = ""  # a template beside the form


def _say(here: Here) -> f.SayForm:
    return f.SayForm(
        here.data, initial={"form_key": new_key(), "about": here.query.get("about", "sees")}
    )


def _do_say(here: Here, form: Any) -> str:
    data = form.cleaned_data
    made = speaking.say(
        case=here.case,
        words=Words(
            data["words"],
            here.case.language,
            About(data["about"]),
            WordClass(data["word_class"]),
            How.PAGE,
        ),
        by=here.user,
        form_key=data["form_key"],
    )
    return _kept(made)


def _kept(made: Contribution) -> str:
    if made.danger:
        return _(
            "These words may mean danger. The persons on duty are told now. Read what you must do."
        )
    return _("Kept.")


def _note(here: Here) -> f.NoteForm:
    known = [reads(m.guardian) for m in here.outside if m.guardian is not None]
    tags = list(dict.fromkeys([here.case.language, *known, *LANGUAGES]))
    return f.NoteForm(
        here.data, members=here.outside, tongues=tags, initial={"form_key": new_key()}
    )


def _do_note(here: Here, form: Any) -> str:
    data = form.cleaned_data
    return _kept(
        speaking.note(
            case=here.case,
            member=data["member"],
            words=Words(
                data["words"],
                data["language"],
                About.SEES,
                WordClass(data["word_class"]),
                How(data["how"]),
            ),
            by=here.user,
            form_key=data["form_key"],
        )
    )


def _ask(here: Here) -> f.AskForm:
    return f.AskForm(
        here.data,
        language=here.case.language,
        reads=sorted({reads(adult) for adult in here.adults}),
    )


def _do_ask(here: Here, form: Any) -> str:
    speaking.ask_home(case=here.case, bodies=form.bodies(), by=here.user)
    return _("It is on its way. What they answer stands here as soon as it comes.")


def _asked(here: Here) -> f.AskedForm:
    return f.AskedForm(here.data, adults=here.adults)


def _do_asked(here: Here, form: Any) -> str:
    data = form.cleaned_data
    speaking.note_asked(
        case=here.case,
        guardian=data["guardian"],
        how=How(data["how"]),
        words=data["words"],
        by=here.user,
    )
    return _("Kept. Write down what they say as soon as they say it.")


def _consent(here: Here) -> f.ConsentForm:
    return f.ConsentForm(here.data, adults=here.adults)


def _do_consent(here: Here, form: Any) -> str:
    data = form.cleaned_data
    given = data["given"] == "yes"
    opening.note_consent(
        case=here.case,
        guardian=data["guardian"],
        given=given,
        how=How(data["how"]),
        by=here.user,
    )
    return _("Kept.") if given else _("Kept. The case is closed, and nobody is asked any more.")


def _definition(here: Here) -> f.DefinitionForm:
    initial = {"definition": here.case.definition}
    initial |= {
        f"definition-{tag}": str(said.get("definition", ""))
        for tag, said in here.case.said_in.items()
    }
    return f.DefinitionForm(here.data, tongues=tongues(here.case), initial=initial)


def _do_definition(here: Here, form: Any) -> str:
    agreeing.define(
        case=here.case,
        definition=form.cleaned_data["definition"],
        said_in=form.said("definition"),
        by=here.user,
    )
    return _("Kept. Now the family says whether the words are right.")


def _agree(here: Here) -> f.ConsentForm:
    form = f.ConsentForm(here.data, adults=here.adults)
    del form.fields["given"]
    return form


def _do_agree(here: Here, form: Any) -> str:
    data = form.cleaned_data
    agreeing.agree(case=here.case, by=here.user, guardian=data["guardian"], how=How(data["how"]))
    return _("Kept.")


def _measure(here: Here) -> f.MeasureForm:
    return f.MeasureForm(
        here.data,
        tongues=tongues(here.case),
        initial={"starts_on": here.today, "ends_on": here.today + timedelta(weeks=2)},
    )


def _do_measure(here: Here, form: Any) -> str:
    data = form.cleaned_data
    who = data["who"]
    counting.count(
        case=here.case,
        counted=counting.Counted(
            what=data["what"],
            kind=Kind(data["kind"]),
            better=Better(data["better"]),
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            home=who in ("both", "home", "home_gradebook"),
            school=who != "home",
            gradebook=who in ("gradebook", "home_gradebook"),
            ask_home=Every(data["ask_home"]),
            ask_at=data["ask_at"],
            said_in=form.said("what"),
        ),
        by=here.user,
    )
    return _("It is counted from now on.")


def _the_measure(here: Here) -> Measure:
    measures = list(here.case.measures.all())
    asked = here.query.get("measure", "")
    found = next((m for m in measures if str(m.pk) == asked), measures[0] if measures else None)
    if found is None:
        raise Unusable(_("Choose first what is counted."))
    return found


def _week(here: Here) -> tuple[Measure, list[date]]:
    """The school days of the last two weeks in which it is counted."""
    measure = _the_measure(here)
    closed = calendar_of(here.case.district).of(here.case.student.school_id)
    first = max(measure.starts_on, here.today - timedelta(days=rules.LATE_DAYS))
    return measure, rules.school_days(first, min(here.today, measure.ends_on), closed)


def _numbers(here: Here) -> f.NumbersForm:
    measure, days = _week(here)
    known = {(p.day, p.side): f"{p.value.normalize():f}" for p in measure.points.all()}
    sides = [
        side
        for side in (Side.HOME, Side.SCHOOL)
        if getattr(measure, side.value) and not (side is Side.SCHOOL and measure.gradebook)
    ]
    boxes = [
        (
            f"{side.value}-{day.isoformat()}",
            f"{day:%a %b} {day.day}, {_('home') if side is Side.HOME else _('school')}",
            known.get((day, side.value), ""),
        )
        for day in days
        for side in sides
    ]
    return f.NumbersForm(here.data, boxes=boxes)


def _do_numbers(here: Here, form: Any) -> str:
    measure, _days = _week(here)
    kept = 0
    for name in form.changed_data:
        text = str(form.cleaned_data.get(name) or "").strip()
        if not text:
            continue
        value = rules.read_number(text, Kind(measure.kind))
        side, _dash, day = name.partition("-")
        if value is None:
            least, most = Kind(measure.kind).bounds
            raise Unusable(
                _("“%(text)s” is no number from %(least)s to %(most)s.")
                % {"text": text[:20], "least": least, "most": most}
            )
        counting.give(
            measure=measure,
            day=date.fromisoformat(day),
            value=value,
            side=Side(side),
            how=How.PAPER if side == Side.HOME.value else How.PAGE,
            by=here.user,
        )
        kept += 1
    return _("Kept: %(n)s.") % {"n": kept}


def _plan(here: Here) -> f.PlanForm:
    plans = list(here.case.plans.all())
    last = plans[-1] if plans else None
    running = last is not None and last.ended_on is None
    initial: dict[str, Any] = {
        "starts_on": here.today + timedelta(days=1),
        "review_on": f.review_after(here.today + timedelta(days=1), 5),
    }
    if last is not None:
        initial |= {
            "home_part": last.home_part,
            "school_part": last.school_part,
            "student_part": last.student_part,
            **{f"level_{n}": words for n, words in enumerate(last.levels)},
        }
        for tag, parts in last.said_in.items():
            initial |= {f"{name}-{tag}": words for name, words in parts.items()}
    return f.PlanForm(here.data, tongues=tongues(here.case), running=running, initial=initial)


def _do_plan(here: Here, form: Any) -> str:
    data = form.cleaned_data
    planning.begin_plan(
        case=here.case,
        draft=planning.Draft(
            home_part=data["home_part"],
            school_part=data["school_part"],
            student_part=data["student_part"],
            starts_on=data["starts_on"],
            review_on=data["review_on"],
            levels=form.levels(),
            said_in=form.parts_in(),
        ),
        by=here.user,
        end_running=bool(data.get("end_running")),
    )
    return _("The plan stands. The family reads it on its own pages.")


def _rate(here: Here) -> f.RateForm:
    plans = list(here.case.plans.all())
    if not plans or not plans[-1].levels:
        raise Unusable(_("The plan does not say what its five levels look like."))
    words = [f"{level}: {said}" for level, said in zip(LEVELS, plans[-1].levels, strict=True)]
    family = [m for m in here.outside if m.part == Part.FAMILY.value]
    return f.RateForm(here.data, levels=words, members=[here.member, *family])


def _do_rate(here: Here, form: Any) -> str:
    data = form.cleaned_data
    other = data["member"] if data["member"].pk != here.member.pk else None
    plan = list(here.case.plans.all())[-1]
    planning.rate(plan=plan, level=data["level"], by=here.user, said_by=other)
    return _("Kept.")


def _decide(here: Here) -> f.DecideForm:
    return f.DecideForm(here.data, initial={"review_on": f.review_after(here.today, 5)})


def _do_decide(here: Here, form: Any) -> str:
    data = form.cleaned_data
    plans = list(here.case.plans.all())
    if data["what"] == "end":
        opening.close(
            case=here.case,
            why=Ended(data["why"] or Ended.OTHER.value),
            words=data["words"],
            by=here.user,
        )
        return _("The case is closed. Tell the family something good about it.")
    if data["what"] == "keep":
        if not plans or data["review_on"] is None:
            raise Unusable(_("Say until when it goes on."))
        planning.keep_plan(plan=plans[-1], review_on=data["review_on"], by=here.user)
        return _("It goes on.")
    agreeing.move(case=here.case, to=Stage.PLAN, by=here.user)
    return _("Write the new plan now.")


def _members(here: Here) -> f.MemberForm:
    return f.MemberForm(
        here.data,
        colleagues=colleagues(here.case),
        adults=may_be_invited(here.case, clock.now()),
    )


def _do_members(here: Here, form: Any) -> str:
    data = form.cleaned_data
    if data["colleague"] is not None:
        opening.invite_staff(
            case=here.case, user=data["colleague"], part=Part(data["part"]), by=here.user
        )
    if data["adult"] is not None:
        opening.invite_family(case=here.case, guardian=data["adult"], by=here.user)
    if data["student"]:
        opening.invite_student(case=here.case, by=here.user)
    return _("Kept.")


def _stage(here: Here) -> f.StageForm:
    return f.StageForm(here.data)


def _do_stage(here: Here, form: Any) -> str:
    wanted = here.query.get("to", "")
    following = rules.next_stage(Stage(here.case.stage))
    to = Stage(wanted) if wanted in [s.value for s in Stage] else following
    if to is None:
        raise Unusable(_("This is the last stage."))
    agreeing.move(case=here.case, to=to, by=here.user, why=form.cleaned_data["why"])
    return str(STAGES[to])


def _again(here: Here) -> forms.Form:
    return forms.Form(here.data)


def _do_again(here: Here, form: Any) -> str:
    opening.open_again(case=here.case, by=here.user)
    return _("It is open again.")


def _do_school_agrees(here: Here, form: Any) -> str:
    agreeing.agree(case=here.case, by=here.user)
    return _("Kept.")


def _do_take_back(here: Here, form: Any) -> str:
    words = Contribution.objects.select_related("case").filter(
        case=here.case, pk=_int(here.query.get("words", ""))
    )
    found = words.first()
    if found is None:
        raise NotYours
    speaking.withdraw_words(words=found, by=here.user)
    return _("Taken back: nobody reads it any more.")


def _do_leave(here: Here, form: Any) -> str:
    found = Member.objects.select_related("case").filter(
        case=here.case, pk=_int(here.query.get("member", ""))
    )
    member = found.first()
    if member is None:
        raise NotYours
    if here.query.get("lead"):
        opening.hand_over(case=here.case, to=member, by=here.user)
        return _("%(name)s leads now.") % {"name": member.name}
    opening.end_membership(member=member, by=here.user)
    return _("They read nothing of this case any more.")


def _do_stop(here: Here, form: Any) -> str:
    counting.stop_counting(measure=_the_measure(here), by=here.user)
    return _("Nobody is asked for it any more.")


def _int(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


_KEEP = gettext_lazy("Keep")

STEPS: dict[str, Step] = {
    "say": Step(gettext_lazy("Say what you see"), _say, _do_say, _KEEP),
    "note": Step(gettext_lazy("Write down what they said"), _note, _do_note, _KEEP),
    "ask": Step(
        gettext_lazy("Ask the family"),
        _ask,
        _do_ask,
        gettext_lazy("Send"),
        coach="id_words",
        more="staff/cases/other_ways.html",
    ),
    "asked": Step(gettext_lazy("We asked by another way"), _asked, _do_asked, _KEEP),
    "consent": Step(gettext_lazy("What the family said to it"), _consent, _do_consent, _KEEP),
    "definition": Step(
        gettext_lazy("One shared description"),
        _definition,
        _do_definition,
        _KEEP,
        coach="id_definition",
    ),
    "agree": Step(gettext_lazy("The family finds the words right"), _agree, _do_agree, _KEEP),
    "agree_school": Step(
        gettext_lazy("School finds the words right"), _again, _do_school_agrees, _KEEP
    ),
    "measure": Step(gettext_lazy("What is counted"), _measure, _do_measure, _KEEP),
    "data": Step(gettext_lazy("Numbers"), _numbers, _do_numbers, _KEEP),
    "stop": Step(gettext_lazy("Count this no longer"), _again, _do_stop, gettext_lazy("Stop")),
    "plan": Step(gettext_lazy("The plan"), _plan, _do_plan, _KEEP, coach="id_home_part"),
    "rate": Step(gettext_lazy("How far did we get?"), _rate, _do_rate, _KEEP),
    "decide": Step(gettext_lazy("Keep, change or end"), _decide, _do_decide, _KEEP),
    "members": Step(gettext_lazy("Ask somebody in"), _members, _do_members, _KEEP),
    "leave": Step(gettext_lazy("Who works on it"), _again, _do_leave, _KEEP),
    "take_back": Step(
        gettext_lazy("Take these words back"), _again, _do_take_back, gettext_lazy("Take back")
    ),
    "on": Step(gettext_lazy("Go on"), _stage, _do_stage, gettext_lazy("Go on")),
    "again": Step(gettext_lazy("Open it again"), _again, _do_again, gettext_lazy("Open it again")),
}
# Where the page goes after these steps.
_AFTER = {"change": "plan"}


@require_http_methods(["GET", "HEAD", "POST"])
@staff(None)
def case_step(request: StaffRequest, pk: int, step: str) -> HttpResponse:
    """One step of one case."""
    found, member = mine_or_404(request.user, pk)
    if step not in STEPS:
        raise Http404
    chosen = STEPS[step]
    here = Here(
        found,
        member,
        request.user,
        request.POST if request.method == "POST" else None,
        request.GET.dict(),
        clock.today(request.district.timezone),
    )
    try:
        form = chosen.form(here)
    except Unusable as error:
        messages.error(request, str(error))
        return redirect("case", pk=pk)
    tongued = isinstance(form, f.InTongues) and bool(form.tongues)
    if request.POST.get("do") == "suggest" and tongued:
        fresh = chosen.form(replace(here, data=None))
        if not with_suggestions(form, fresh, found, request.POST):
            messages.info(
                request, _("There is nothing to suggest. Ask somebody who has the language.")
            )
        form = fresh
    elif request.method == "POST" and form.is_valid():
        try:
            words = chosen.do(here, form)
        except NotYours as error:
            raise Http404 from error
        except Unusable as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, words)
            after = _AFTER.get(form.cleaned_data.get("what", "")) if step == "decide" else None
            return redirect("case_step", pk=pk, step=after) if after else redirect("case", pk=pk)
    return render(
        request,
        "staff/cases/step.html",
        {
            "case": found,
            "form": form,
            "step": step,
            "title": chosen.title,
            "button": chosen.button,
            "coached": coached(form, chosen.coach, found.language),
            "tongued": tongued,
            "more": chosen.more,
            "measures": list(found.measures.all()) if step == "data" else [],
            "to": STAGES.get(request.GET.get("to", ""), "") if step == "on" else "",
            "missing": rules.missing(_facts(here))
            if step == "on" and not request.GET.get("to")
            else [],
        },
        status=422 if form.errors else 200,
    )


def _facts(here: Here) -> rules.Facts:
    return facts(here.case, here.today, calendar_of(here.case.district))
