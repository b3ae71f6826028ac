"""Set a goal together, say how it goes, change it, and end it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

from django.db import IntegrityError, transaction

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.accounts.queries import duty_persons
from bothways.audit.services import record
from bothways.cases.goal_enums import HIGH, LOW, AskEvery, GoalState, Happened, SetBy
from bothways.cases.goal_rules import LONGEST, may_end
from bothways.cases.models import Goal, GoalAlarm, GoalEvent
from bothways.cases.refusals import NotYours, Unusable
from bothways.cases.services.danger import is_danger
from bothways.consent.queries import standing
from bothways.core import clock, jobs
from bothways.messaging.services.own_words import receive_own
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Student

MOST = 1000  # characters of one part: it is to be read on a phone, and done on a hard day
PARTS = ("words", "home_does", "school_does", "student_does", "see_it")
Who = User | Guardian | Student


@dataclass(frozen=True, slots=True)
class GoalDraft:
    """A goal as it is written, in one language, and perhaps in others besides."""

    words: str
    language: str
    until: date
    home_does: str = ""
    school_does: str = ""
    student_does: str = ""
    see_it: str = ""
    set_by: SetBy | None = None  # staff may write down what the family or the student said
    guardian: Guardian | None = None  # who said it, where staff write it down
    said_in: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ask_every: AskEvery = AskEvery.NEVER
    ask_weekday: int = 3
    ask_at: time = time(17)
    only_school: bool = False  # a student's own: not shown at home


@transaction.atomic
def set_goal(*, student: Student, draft: GoalDraft, by: Who, form_key: str) -> Goal:
    """Set this goal; the same form twice is one goal. Raises Unusable, NotYours."""
    known = Goal.objects.filter(form_key=form_key[:40], student=student).first()
    _may(student, by)
    if known is not None:
        return known
    values = _values(student, draft)
    set_by = _set_by(by, draft)
    if draft.guardian is not None and not _stands(student, draft.guardian):
        raise Unusable("This adult may not be told about this child. Choose another one.")
    said_by = by if isinstance(by, Guardian) else draft.guardian
    own = isinstance(by, Student) and draft.only_school
    if isinstance(by, (Guardian, Student)):
        _refuse_danger(student, by, draft, form_key)
    try:
        with transaction.atomic():
            goal = Goal.objects.create(
                district=student.district,
                student=student,
                set_by=set_by.value,
                guardian=said_by if set_by is SetBy.FAMILY else None,
                user=by if isinstance(by, User) else None,
                word_class=(WordClass.STUDENT_VOICE if own else WordClass.FAMILY).value,
                made_at=clock.now(),
                form_key=form_key[:40],
                **values,
            )
    except IntegrityError:
        # Two who press at once: the second finds the first one's goal.
        return Goal.objects.get(form_key=form_key[:40], student=student)
    _happened(goal, Happened.SET, by, key=f"{form_key[:40]}-set")
    return goal


def _refuse_danger(
    student: Student, by: Guardian | Student, draft: GoalDraft, form_key: str
) -> None:
    """Words of danger are no goal: a parent's go at once to the persons on duty, and are answered."""
    if not is_danger("\n".join(getattr(draft, part) for part in PARTS), draft.language):
        return
    raise Danger(student, by, draft.words, draft.language, form_key)


class Danger(Unusable):
    """Words of danger where a goal was asked for: ``told`` passes them on, outside of what was refused."""

    def __init__(
        self, student: Student, by: Guardian | Student, words: str, language: str, form_key: str
    ) -> None:
        super().__init__("This needs a person now, not a page.")
        self._student, self._by = student, by
        self._words, self._language, self._key = words, language, form_key

    def tell(self) -> str:
        """Give the words to the persons on duty; the key of what was kept of a parent's, else ""."""
        if isinstance(self._by, Student):
            _alarm(self._by, self._words, self._language, self._key[:40])
            return ""
        if self._by.household is None:
            return ""
        entry = receive_own(
            guardian=self._by,
            student=self._student,
            words=self._words,
            button=None,
            language=self._language,
            form_key=self._key[:40],
        )
        return entry.form_key or ""


@transaction.atomic
def _alarm(student: Student, words: str, language: str, form_key: str) -> None:
    """Tell the school's persons on duty what this student wrote, once each."""
    for user in duty_persons(student.district_id, student.school):
        made, fresh = GoalAlarm.objects.get_or_create(
            form_key=form_key,
            user=user,
            defaults={"student": student, "words": words, "language": language, "at": clock.now()},
        )
        if fresh:
            jobs.enqueue("cases.tell_goal_alarm", queue=jobs.URGENT, alarm_id=made.pk)
    record("goal.alarm", student, by=None, district=student.district_id)


@transaction.atomic
def take_alarm_in_hand(*, alarm: GoalAlarm, by: User) -> None:
    """This person on duty looks after it."""
    if GoalAlarm.objects.filter(pk=alarm.pk, user=by, seen_at=None).update(seen_at=clock.now()):
        record("goal.alarm_seen", alarm.student, by=by.pk, district=alarm.student.district_id)


def _set_by(by: Who, draft: GoalDraft) -> SetBy:
    if isinstance(by, Guardian):
        return SetBy.FAMILY
    if isinstance(by, Student):
        return SetBy.STUDENT
    return draft.set_by or SetBy.TEACHER


def _stands(student: Student, guardian: Guardian) -> bool:
    return (
        standing(district=student.district, at=clock.now(), records=True)
        .filter(student=student, guardian=guardian)
        .exists()
    )


def _may(student: Student, by: Who) -> None:
    """Raise NotYours: for staff who do not serve the child, adults without standing, another student."""
    if isinstance(by, User):
        served = Student.objects.live().visible_to(by, Permission.CASES)
        if served.filter(pk=student.pk).exists():
            return
    elif isinstance(by, Guardian):
        if _stands(student, by):
            return
    elif by.pk == student.pk and student.ended_at is None:
        return
    raise NotYours


def _clean(text: str) -> str:
    clean = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(clean) > MOST:
        raise Unusable(f"That is {len(clean)} characters. Say it in {MOST} or fewer.")
    return clean


def _values(student: Student, draft: GoalDraft) -> dict[str, object]:
    today = clock.today(student.district.timezone)
    parts = {part: _clean(getattr(draft, part)) for part in PARTS}
    if not parts["words"]:
        raise Unusable("Say what you want, in a few words of your own.")
    if not today <= draft.until <= today + LONGEST:
        raise Unusable("Choose a day from today on, within a year.")
    if not 0 <= draft.ask_weekday <= 4:
        raise Unusable("Choose a day from Monday to Friday.")
    said_in = {
        tag: kept
        for tag, said in draft.said_in.items()
        if tag != draft.language
        and (kept := {name: w for name in PARTS if (w := _clean(said.get(name, "")))})
    }
    return {
        **parts,
        "language": draft.language,
        "until": draft.until,
        "said_in": said_in,
        "ask_every": draft.ask_every.value,
        "ask_weekday": draft.ask_weekday,
        "ask_at": draft.ask_at,
    }


def _locked(goal: Goal, by: Who) -> Goal:
    found = (
        Goal.objects.select_for_update(of=("self",))
        .select_related("student__school", "student__district", "district")
        .get(pk=goal.pk)
    )
    _may(found.student, by)
    if isinstance(by, Guardian) and found.word_class != WordClass.FAMILY.value:
        raise NotYours
    return found


@transaction.atomic
def change_goal(*, goal: Goal, draft: GoalDraft, by: User) -> Goal:
    """Write it anew after a talk; what it said before stays in its story. Raises Unusable, NotYours."""
    goal = _locked(goal, by)
    if goal.state != GoalState.OPEN.value:
        raise Unusable("This goal has ended. Open it again first.")
    values = _values(goal.student, draft)
    if goal.word_class != WordClass.FAMILY.value:
        values["ask_every"] = AskEvery.NEVER.value
    before = {name: getattr(goal, name) for name in (*PARTS, "until")}
    changed = {name: str(was) for name, was in before.items() if was != values[name]}
    for name, value in values.items():
        setattr(goal, name, value)
    goal.save()
    if changed:
        _happened(goal, Happened.CHANGED, by, before=changed)
    return goal


@transaction.atomic
def say_how(
    *, goal: Goal, words: str, value: int | None, language: str, by: Who, form_key: str
) -> GoalEvent:
    """Say how it goes: a number from 1 to 5, words, or both. Raises Unusable, NotYours."""
    goal = _locked(goal, by)
    known = GoalEvent.objects.filter(form_key=form_key[:60], goal=goal).first()
    if known is not None:
        return known
    if goal.state != GoalState.OPEN.value:
        raise Unusable("This goal has ended. Open it again first.")
    clean = _clean(words)
    if value is not None and not LOW <= value <= HIGH:
        raise Unusable(f"Choose a number from {LOW} to {HIGH}.")
    if value is None and not clean:
        raise Unusable("Choose a number, or write how it goes.")
    if isinstance(by, (Guardian, Student)) and is_danger(clean, language):
        raise Danger(goal.student, by, clean, language, form_key)
    kind = Happened.CHECKED if value is not None else Happened.SAID
    return _happened(goal, kind, by, words=clean, language=language, value=value, key=form_key)


@transaction.atomic
def end_goal(*, goal: Goal, to: GoalState, words: str, by: Who) -> Goal:
    """It is reached, let go for a reason, or open again. Raises Unusable, NotYours.

    At home this is said by an adult; a student ends what the student set.
    """
    goal = _locked(goal, by)
    if isinstance(by, Student) and goal.set_by != SetBy.STUDENT.value:
        raise NotYours
    if goal.state == to.value:
        return goal
    if not may_end(GoalState(goal.state), to):
        raise Unusable("This goal has ended already.")
    clean = _clean(words)
    if to is GoalState.LET_GO and not clean:
        raise Unusable("Say in a few words why it is let go: nobody is at fault.")
    open_ = to is GoalState.OPEN
    goal.state = to.value
    goal.ended_at = None if open_ else clock.now()
    goal.end_words = "" if open_ else clean
    goal.save(update_fields=["state", "ended_at", "end_words"])
    kind = Happened.OPENED_AGAIN if open_ else Happened(to.value)
    _happened(goal, kind, by, words=clean)
    return goal


def _happened(
    goal: Goal,
    kind: Happened,
    by: Who | None,
    *,
    words: str = "",
    language: str = "",
    value: int | None = None,
    before: Mapping[str, str] | None = None,
    key: str = "",
) -> GoalEvent:
    now = clock.now()
    made = GoalEvent.objects.create(
        goal=goal,
        kind=kind.value,
        at=now,
        user=by if isinstance(by, User) else None,
        guardian=by if isinstance(by, Guardian) else None,
        by_student=isinstance(by, Student),
        words=words,
        language=language or goal.language,
        value=value,
        before=dict(before or {}),
        form_key=key[:60] or f"{kind.value}-{goal.pk}-{now.timestamp()}",
    )
    record(
        f"goal.{kind.value}",
        goal,
        by=by.pk if isinstance(by, User) else None,
        district=goal.district_id,
    )
    return made
