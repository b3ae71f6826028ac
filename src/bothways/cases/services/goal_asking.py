"""Ask families by text how a goal goes, and take in their numbers."""

import logging
from collections import defaultdict
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.cases.goal_enums import HIGH, LOW, AskEvery, GoalState, Happened
from bothways.cases.goal_rules import Askable, due, monday, one_each
from bothways.cases.models import Cursor, Goal, GoalAsked, GoalEvent
from bothways.cases.queries import calendar_of
from bothways.cases.services.speaking import reads
from bothways.consent.queries import standing
from bothways.languages.phrases import phrase
from bothways.messaging.enums import Takes
from bothways.messaging.services import questions
from bothways.messaging.services.messages import UnusableMessage
from bothways.messaging.services.questions import Answer
from bothways.people.enums import WordClass
from bothways.people.models import Link
from bothways.schools.models import District

log = logging.getLogger(__name__)
KIND = "goal"
_ANSWER_WITHIN = timedelta(days=5)
_SHORT = 120  # characters of a goal in a text


def ask_goals(*, at: datetime) -> int:
    """Ask of the goals that are due now by each district's clock; how many questions went out."""
    asked = 0
    to_ask = Goal.objects.filter(
        state=GoalState.OPEN.value, word_class=WordClass.FAMILY.value, student__ended_at=None
    ).exclude(ask_every=AskEvery.NEVER.value)
    for district in District.objects.filter(pk__in=to_ask.values("district")):
        asked += _ask_in(district, to_ask.filter(district=district), at)
    return asked


def _ask_in(district: District, goals: QuerySet[Goal], at: datetime) -> int:
    here = at.astimezone(district.zone)
    today = here.date()
    calendar = calendar_of(district)
    rows = {
        goal.pk: goal
        for goal in goals.filter(ask_at__lte=here.time()).select_related("student")
        if due(
            AskEvery(goal.ask_every),
            goal.ask_weekday,
            today,
            last=goal.asked_on,
            until=goal.until,
            closed=calendar.of(goal.student.school_id),
        )
    }
    if not rows:
        return 0
    links: dict[int, list[Link]] = defaultdict(list)
    for link in (
        standing(district=district, at=at, records=True)
        .filter(
            student__in={goal.student_id for goal in rows.values()},
            guardian__household__isnull=False,
        )
        .select_related("guardian__district")
        .order_by("pk")
    ):
        links[link.student_id].append(link)
    asked = set(
        GoalAsked.objects.filter(week=monday(today), goal__district=district).values_list(
            "household_id", flat=True
        )
    )
    chosen = one_each(
        (
            Askable(
                goal.pk,
                frozenset(k.guardian.household_id or 0 for k in links[goal.student_id]),
                goal.asked_on,
            )
            for goal in rows.values()
        ),
        asked,
    )
    return sum(
        _ask(pk, homes, links[rows[pk].student_id], today, at) for pk, homes in chosen.items()
    )


@transaction.atomic
def _ask(pk: int, homes: frozenset[int], links: list[Link], today: date, at: datetime) -> int:
    goal = (
        Goal.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("student__school", "district", "user")
        .filter(pk=pk, state=GoalState.OPEN.value)
        .first()
    )
    if goal is None or goal.asked_on == today:
        return 0
    week = monday(today)
    free = [
        home
        for home in sorted(homes)
        if GoalAsked.objects.get_or_create(
            household_id=home, week=week, defaults={"goal": goal, "at": at}
        )[1]
    ]
    goal.asked_on = today
    goal.save(update_fields=["asked_on"])
    mine = [link for link in links if link.guardian.household_id in free]
    if not mine:
        return 0
    try:
        message = questions.ask(
            district=goal.district,
            links=mine,
            student=goal.student,
            bodies={tag: question_in(goal, tag) for tag in {_reads(k) for k in mine}},
            subject=None,
            takes=Takes.SCALE,
            kind=KIND,
            ref=f"{goal.pk}:{week:%Y-%m-%d}",
            by=None,
            until=at + _ANSWER_WITHIN,
            low=LOW,
            high=HIGH,
            answered_by=_who_answers(goal),
        )
    except UnusableMessage as error:
        # One question that cannot go out must not stop the others'.
        log.error("goal %s is not asked: %s", goal.pk, type(error).__name__)
        return 0
    if message is None:
        return 0
    record("goal.asked", goal, by=None, district=goal.district_id)
    return 1


def _reads(link: Link) -> str:
    return reads(link.guardian)


def _who_answers(goal: Goal) -> User | None:
    return goal.user if goal.user is not None and goal.user.is_active else None


def question_in(goal: Goal, tag: str) -> str:
    """The week's question in this language."""
    words = goal.part_in("words", tag)
    short = words if len(words) <= _SHORT else words[: _SHORT - 1].rsplit(" ", 1)[0] + "…"
    return phrase(tag, "goal_ask", child=goal.student.called or goal.student.name, what=short)


def take_in_goals() -> int:
    """Take in what families answered; how many numbers. Each answer and the cursor in one transaction."""
    taken = 0
    while batch := questions.answers(
        KIND, after=Cursor.objects.get_or_create(kind=KIND)[0].after, most=200
    ):
        for answer in batch:
            taken += _take(answer)
    return taken


@transaction.atomic
def _take(answer: Answer) -> int:
    cursor = Cursor.objects.select_for_update().get(kind=KIND)
    if cursor.after >= answer.pk:
        return 0  # another worker has it
    cursor.after = answer.pk
    cursor.save(update_fields=["after"])
    number, _colon, _week = answer.question.ref.partition(":")
    goal = Goal.objects.filter(
        pk=int(number), district=answer.question.district_id, state=GoalState.OPEN.value
    ).first()
    if goal is None or answer.value is None or not LOW <= answer.value <= HIGH:
        return 0  # it has ended meanwhile: the reply stays a reply like any other
    # Words besides the number stay with who answers replies: nobody said that all may read them.
    _made, fresh = GoalEvent.objects.get_or_create(
        form_key=f"answer-{answer.pk}",
        defaults={
            "goal": goal,
            "kind": Happened.CHECKED.value,
            "at": answer.at,
            "guardian": answer.guardian,
            "language": answer.language,
            "value": int(answer.value),
        },
    )
    if fresh:
        record("goal.checked", goal, by=None, district=goal.district_id)
    return int(fresh)
