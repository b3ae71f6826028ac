"""Hold a welcome conversation, by phone or face to face, question by question or at once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.core import clock
from bothways.languages.codes import LANGUAGES, direction
from bothways.outreach.enums import Result, TaskState, Way
from bothways.outreach.models import PersonContact, Task
from bothways.outreach.services.contacts import NotAllowed, note_contact
from bothways.outreach.services.tasks import finish as finish_task
from bothways.outreach.services.tasks import finish_with, tasks_for
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Student
from bothways.web.sounds import played
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.family import Family, home_or_404, read_family
from bothways.web.staff.scope import children_of, homes_of
from bothways.web.welcoming import tell_duty
from bothways.welcome import services
from bothways.welcome.enums import AskedBy, How
from bothways.welcome.models import Answer, Carer, Invitation, Sound, Talk
from bothways.welcome.queries import talk_of
from bothways.welcome.questions import CARERS, HARD, REACH, Asking, asked_about
from bothways.welcome.rules import CHOICES, may_read

READERS = {
    WordClass.FAMILY: gettext_lazy("Staff of the child, and this home"),
    WordClass.SPEAKER_ONLY: gettext_lazy("Staff of the child, nobody else"),
    WordClass.PROTECTED: gettext_lazy("Named staff only"),
}
HOWS = {
    How.CALL: gettext_lazy("On the phone"),
    How.VISIT: gettext_lazy("At their home"),
    How.AT_SCHOOL: gettext_lazy("At school"),
    How.ELSEWHERE: gettext_lazy("At a place they like"),
}
_WAYS = {
    How.CALL: Way.CALL,
    How.VISIT: Way.VISIT,
    How.AT_SCHOOL: Way.AT_SCHOOL,
    How.ELSEWHERE: Way.NEUTRAL_PLACE,
}
_SHORTLY = timedelta(days=14)  # answers from paper are typed in within this time
TONGUES = tuple(LANGUAGES)


def _family(request: StaffRequest, pk: int) -> Family:
    return read_family(request.user, home_or_404(request.user, pk))


def _may_talk(family: Family) -> list[Guardian]:
    """Adults here who may be talked with about a child here."""
    return [adult.guardian for adult in family.adults if adult.may_be_told]


def language_for(adult: Guardian) -> str:
    """In which the questions are put to this adult."""
    for tag in (adult.speaks, adult.reads, adult.district.default_language):
        if tag in LANGUAGES:
            return tag
    return "en"


@require_http_methods(["GET", "POST"])
@staff(Permission.FAMILIES_SEE)
def welcome_begin(request: StaffRequest, pk: int) -> HttpResponse:
    """With whom, and how; or the questions on paper. POST begins, or goes on where it was left."""
    family = _family(request, pk)
    adults = _may_talk(family)
    wrong = ""
    if request.method == "POST":
        adult = next((a for a in adults if str(a.pk) == request.POST.get("adult")), None)
        how = request.POST.get("how", "")
        if adult is None:
            wrong = _("Choose with whom you talk.")
        elif how not in {h.value for h in HOWS}:
            wrong = _("Choose how you talk.")
        else:
            talk = services.begin(
                household=family.home,
                guardian=adult,
                how=How(how),
                language=language_for(adult),
                by=request.user,
            )
            return redirect(f"{_path(talk)}?how={how}")
    record("family.seen", family.home, by=request.user.pk, district=request.district.pk)
    return render(
        request,
        "staff/welcome/begin.html",
        {
            "family": family,
            "adults": [
                (adult, language_for(adult), talk_of(family.home, adult)) for adult in adults
            ],
            "hows": [(how.value, words) for how, words in HOWS.items()],
            "how": request.POST.get("how") or request.GET.get("how", "call"),
            "wrong": wrong,
        },
        status=422 if wrong else 200,
    )


def _path(talk: Talk) -> str:
    return reverse("welcome_talk", kwargs={"pk": talk.pk})


def talk_or_404(request: StaffRequest, pk: int) -> tuple[Talk, Family]:
    """A talk with a family that this user serves; only while the adult may be talked with."""
    talk = (
        Talk.objects.select_related("household__district", "guardian__district", "held_by")
        .filter(pk=pk, household__in=homes_of(request.user))
        .first()
    )
    if talk is None:
        raise Http404
    family = read_family(request.user, talk.household)
    if talk.guardian_id not in {adult.pk for adult in _may_talk(family)}:
        # An order since: nobody goes on with a talk that may not be held.
        raise Http404
    return talk, family


@dataclass(slots=True)
class Box:
    """One question on the page, with what was said."""

    asking: Asking
    words_theirs: str
    words_ours: str
    answer: Answer | None
    withheld: bool
    typed: str
    readers: str
    skipped: bool
    wrong: str = ""

    @property
    def key(self) -> str:
        return self.asking.key

    @property
    def code(self) -> str:
        return self.asking.question.code

    @property
    def done(self) -> bool:
        return bool(self.typed or self.skipped or self.withheld)

    @property
    def is_hard(self) -> bool:
        return self.code == HARD

    @property
    def is_reach(self) -> bool:
        return self.code == REACH

    @property
    def is_carers(self) -> bool:
        return self.code == CARERS


def _boxes(talk: Talk, family: Family, user_pk: int) -> list[Box]:
    """One query."""
    rows = {(row.question, row.student_id): row for row in Answer.objects.filter(talk=talk)}
    found = []
    for asking in asked_about(family.students):
        student = asking.student.pk if asking.student else None
        row = rows.get((asking.question.code, student))
        withheld = row is not None and not may_read(
            row.word_class, protected=family.rights.protected, wrote_it=row.by_id == user_pk
        )
        found.append(
            Box(
                asking,
                asking.words(talk.language),
                asking.words("en"),
                row,
                withheld and bool(row and row.words),
                "" if row is None or withheld else row.words,
                row.word_class if row else asking.question.readers.value,
                bool(row and row.declined),
            )
        )
    return found


def _how(request: StaffRequest, talk: Talk) -> How:
    wish = request.POST.get("how") or request.GET.get("how") or talk.how
    return How(wish) if wish in {how.value for how in HOWS} else How.CALL


@require_http_methods(["GET", "POST"])
@staff(Permission.FAMILIES_SEE)
def welcome_talk(request: StaffRequest, pk: int) -> HttpResponse:
    """The questions, and boxes to write in; each press, and with a script each pause, keeps what is typed."""
    talk, family = talk_or_404(request, pk)
    boxes = _boxes(talk, family, request.user.pk)
    how = _how(request, talk)
    partly = request.headers.get("HX-Request") == "true"
    if request.method == "POST":
        alarmed = _keep(request, talk, boxes, how)
        wrong = any(box.wrong for box in boxes)
        step = request.POST.get("step", "")
        if partly:
            return render(
                request,
                "staff/welcome/kept.html",
                {
                    "at": clock.now(),
                    "wrong": wrong,
                    "alarmed": alarmed,
                    "district": request.district,
                },
                status=422 if wrong else 200,
            )
        if not wrong:
            return _after(request, talk, family, boxes, how, step, alarmed)
    else:
        record("family.seen", family.home, by=request.user.pk, district=request.district.pk)
    one = _chosen(request, boxes)
    noted = _noted(talk)
    return render(
        request,
        "staff/welcome/talk.html",
        {
            "talk": talk,
            "family": family,
            "boxes": boxes if one is None else [boxes[one]],
            "all_boxes": boxes,
            "one": one,
            "place": one + 1 if one is not None else 0,
            "before": boxes[one - 1] if one else None,
            "after": boxes[one + 1] if one is not None and one + 1 < len(boxes) else None,
            "done": sum(box.done for box in boxes),
            "how": how.value,
            "hows": [(h.value, words) for h, words in HOWS.items()],
            "noted": noted,
            "was": _was(request, noted),
            "readers": [(choice.value, READERS[choice]) for choice in CHOICES],
            "direction": direction(talk.language),
            "foreign": talk.language != "en",
            "tongues": TONGUES,
            "alarmed": request.GET.get("alarm") == "1",
            "most": services.MAX_WORDS,
        },
        status=422 if any(box.wrong for box in boxes) else 200,
    )


def _chosen(request: StaffRequest, boxes: list[Box]) -> int | None:
    """Which question alone; None: all on one page."""
    wish = request.POST.get("q") or request.GET.get("q") or ""
    return next((n for n, box in enumerate(boxes) if box.key == wish), None)


def _keep(request: StaffRequest, talk: Talk, boxes: list[Box], how: How) -> bool:
    """Every box that the form has; whether words of danger were among them. What is wrong stays typed."""
    posted = request.POST
    tongue = posted.get("tongue", "")
    tongue = tongue if tongue in LANGUAGES else talk.language
    alarmed = False
    for box in boxes:
        if f"w_{box.key}" not in posted and f"skip_{box.key}" not in posted:
            continue
        words = posted.get(f"w_{box.key}", "")
        readers = posted.get(f"r_{box.key}", "")
        skip = f"skip_{box.key}" in posted
        if box.withheld and not words.strip():
            continue  # what this user cannot read is not emptied by an empty box
        if box.answer is None and not words.strip() and not skip:
            continue
        try:
            row = services.answer(
                talk=talk,
                question=box.code,
                student=box.asking.student,
                words=words,
                how=how,
                by=request.user,
                language=tongue,
                word_class=WordClass(readers) if readers in set(CHOICES) else None,
                declined=skip and not words.strip(),
            )
        except services.Unusable as error:
            box.wrong, box.typed = str(error), words[: services.MAX_WORDS + 2000]
            continue
        if row is not None:
            box.answer, box.typed, box.skipped = row, row.words, row.declined
            box.readers = row.word_class
            if row.danger:
                row.talk = talk
                tell_duty(row)
                alarmed = True
    return alarmed


def _after(
    request: StaffRequest,
    talk: Talk,
    family: Family,
    boxes: list[Box],
    how: How,
    step: str,
    alarmed: bool,
) -> HttpResponse:
    interpreter = request.POST.get("interpreter", "")[:200]
    if step == "decline":
        services.decline(talk=talk, by=request.user)
        messages.success(request, _("Noted: they would rather not. Nobody asks again by itself."))
        return redirect("family", pk=talk.household_id)
    if step in ("finish", "later"):
        _note(request, talk, how)
        if step == "finish":
            services.finish(talk=talk, how=how, by=request.user, interpreter=interpreter)
            messages.success(
                request, _("Kept. Whoever writes to them next sees what they told, in their words.")
            )
        else:
            messages.success(request, _("Kept. You, or a colleague, can go on another day."))
        if alarmed:
            return redirect(f"{_path(talk)}?alarm=1&how={how.value}")
        return redirect("family", pk=talk.household_id)
    keys = [box.key for box in boxes]
    target = step if step in keys else ""
    query = f"?how={how.value}{f'&q={target}' if target else ''}{'&alarm=1' if alarmed else ''}"
    if not target:
        messages.success(request, _("Kept."))
    return redirect(f"{_path(talk)}{query}")


def _noted(talk: Talk) -> list[PersonContact]:
    """Talks with this adult that are noted already: what is typed in from paper may be one of them."""
    return list(
        PersonContact.objects.filter(
            household=talk.household_id,
            guardian=talk.guardian_id,
            result=Result.TALKED.value,
            at__gte=clock.now() - _SHORTLY,
        )
        .exclude(form_key__startswith=f"welcome.{talk.pk}.")
        .select_related("by")
        .order_by("-at", "-pk")[:5]
    )


def _was(request: StaffRequest, noted: list[PersonContact]) -> str:
    """Which of them this talk was; taken from what was chosen, else the last one face to face."""
    if "was" in request.POST:
        return request.POST["was"]
    met = next((one for one in noted if one.way != Way.CALL.value), None)
    return str(met.pk) if met else ""


def _asked_for(request: StaffRequest, talk: Talk) -> Task | None:
    """The open step of this user by which the family was to be asked."""
    asked = Invitation.objects.filter(
        household=talk.household_id, by_what=AskedBy.PERSON.value
    ).values("ref")
    found: Task | None = (
        tasks_for(request.user)
        .filter(pk__in=asked, household=talk.household_id, state=TaskState.OPEN.value)
        .order_by("pk")
        .first()
    )
    return found


@transaction.atomic
def _note(request: StaffRequest, talk: Talk, how: How) -> None:
    """A talk is a contact, once a day and person, unless it was noted already as one.

    A step that asked for it is done with it.
    """
    task = _asked_for(request, talk)
    was = next((one for one in _noted(talk) if str(one.pk) == request.POST.get("was")), None)
    if was is not None:
        if task is not None:
            finish_with(task=task, contact=was, by=request.user)
        return
    today = clock.today(request.district.timezone)
    key = f"welcome.{talk.pk}.{request.user.pk}.{today:%y%m%d}"
    words = _("A welcome conversation.")
    try:
        if task is not None:
            finish_task(
                task=task,
                way=_WAYS[how],
                result=Result.TALKED,
                words=words,
                by=request.user,
                guardian=talk.guardian,
                form_key=key,
            )
        else:
            note_contact(
                household=talk.household,
                guardian=talk.guardian,
                way=_WAYS[how],
                result=Result.TALKED,
                words=words,
                by=request.user,
                form_key=key,
            )
    except NotAllowed:
        # Between opening the page and this press an order came: the words stay, no contact is claimed.
        messages.error(
            request, _("This adult may not be contacted about these children. Tell the principal.")
        )


@require_safe
@staff(Permission.FAMILIES_SEE)
def welcome_sheet(request: StaffRequest, pk: int) -> HttpResponse:
    """The questions on paper in their language, with room to write, for where there is no signal."""
    talk, family = talk_or_404(request, pk)
    record("family.seen", family.home, by=request.user.pk, district=request.district.pk)
    return render(
        request,
        "staff/welcome/sheet.html",
        {
            "talk": talk,
            "family": family,
            "boxes": _boxes(talk, family, request.user.pk),
            "direction": direction(talk.language),
            "foreign": talk.language != "en",
        },
    )


@require_safe
@staff(Permission.FAMILIES_SEE)
def welcome_sound(request: StaffRequest, pk: int) -> HttpResponse:
    """An answer as it was spoken, for those who may read it."""
    children = children_of(request.user)
    found = (
        Sound.objects.select_related("answer__talk__household__district")
        .filter(
            answer=pk, answer__talk__household__in=homes_of(request.user), answer__withdrawn_at=None
        )
        .first()
    )
    if found is None:
        raise Http404
    answer = found.answer
    if answer.student_id is not None and not children.filter(pk=answer.student_id).exists():
        raise Http404
    family = read_family(request.user, answer.talk.household)
    if not may_read(
        answer.word_class,
        protected=family.rights.protected,
        wrote_it=answer.by_id == request.user.pk,
    ):
        raise Http404
    record("voice.heard", answer.talk.household, by=request.user.pk, district=request.district.pk)
    return played(request, bytes(found.data), found.content_type)


@require_POST
@staff(Permission.CONTACT_EDIT)
def welcome_carer(request: StaffRequest, pk: int) -> HttpResponse:
    """Whom the family named becomes a contact person, or nothing is written down of them."""
    row = (
        Carer.objects.select_related("answer__talk__household__district")
        .filter(pk=pk, answer__talk__household__in=homes_of(request.user))
        .first()
    )
    if row is None:
        raise Http404
    family = read_family(request.user, row.answer.talk.household)
    if not family.rights.contact:
        raise Http404
    home = row.answer.talk.household_id
    if request.POST.get("do") == "leave":
        services.leave_carer(carer=row, by=request.user)
        return redirect("family", pk=home)
    student = _student(request.POST, family)
    try:
        if student is None:
            raise services.Unusable(_("Choose for which child."))
        services.add_carer(
            carer=row,
            student=student,
            name=request.POST.get("name", ""),
            relation=request.POST.get("relation", ""),
            phone=request.POST.get("phone", ""),
            by=request.user,
        )
    except services.Unusable as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("Added as a contact person. They are told nothing unless staff decide so.")
        )
    return redirect("family", pk=home)


def _student(posted: Any, family: Family) -> Student | None:
    wish = posted.get("student", "")
    return next((one for one in family.students if str(one.pk) == wish), None)
