"""What came back: figures of groups, never of a family. Nothing is shown of fewer than ten answers."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q

from bothways.surveys.enums import ItemKind, Promise, ScaleKind
from bothways.surveys.figures import Mean, NeverAveraged, change, mean, score, weighted
from bothways.surveys.forms import LABELS, Item, Scale
from bothways.surveys.models import Answer, Invitation, LooseWords, Sheet, Survey
from bothways.surveys.rules import MIXED, grade_place, hidden

LEAST = MIXED
MOST_WORDS = 500

Values = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class One:
    """Who answered, as far as figures go; of an anonymous survey all marks are empty."""

    values: Values
    language: str = ""
    grade: str = ""
    school: str = ""


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """How often each answer was given. Of a rating five counts, of a mark one; ``n``: who answered it."""

    item: Item
    n: int
    counts: tuple[int, ...]
    shown: bool


@dataclass(slots=True)
class ScaleFigures:
    scale: Scale
    items: list[ItemFigures] = field(default_factory=list)
    raw: Mean | None = None  # None: an inventory, or too few
    weighted: Mean | None = None
    moved: Mean | None = None  # since the survey it is compared with
    same_items: int = 0  # questions that both have


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of a group answered."""

    key: str
    invited: int
    answered: int


@dataclass(frozen=True, slots=True)
class Said:
    """Free words. ``home``, ``guardian``: ids, of a named survey only."""

    item: str
    words: str
    language: str = ""
    home: int | None = None
    guardian: int | None = None
    pk: int = 0


@dataclass(slots=True)
class Results:
    survey: Survey
    invited: int = 0
    answered: int = 0
    half: int = 0  # some pages filled in, the last not sent
    wrong: int = 0  # “this is not for me”
    paper: int = 0  # sheets without a code
    n: int = 0  # answers in the figures
    rates: dict[str, list[Rate]] = field(default_factory=dict)  # language, grade, school
    scales: list[ScaleFigures] = field(default_factory=list)
    ones: list[One] = field(default_factory=list, repr=False)  # whose answers the figures are

    @property
    def enough(self) -> bool:
        return self.n >= LEAST


def progress(survey: Survey) -> Results:
    """How many answered, of which groups: without what they answered; two queries at the most."""
    found = Results(survey)
    _rates(found)
    return found


def results(survey: Survey, *, before: Survey | None = None) -> Results:
    """All figures of a survey; a fixed number of queries."""
    found = progress(survey)
    found.ones = ones = answers_of(survey)
    found.n = len(ones)
    earlier = answers_of(before) if before is not None else []
    was = before.asks if before is not None else None
    for scale in survey.asks.scales:
        one = ScaleFigures(scale, [_item(item, ones) for item in scale.items])
        if scale.kind is ScaleKind.SCALE and found.enough:
            scores = scored(scale, ones)
            one.raw = mean(list(scores.values())) if len(scores) >= LEAST else None
            if one.raw is not None and not survey.is_anonymous:
                one.weighted = weighted(
                    _by(scores, lambda at: ones[at].language), dict(survey.homes)
                )
            if was is not None and one.raw is not None:
                now_codes, then_codes = same_items(scale, was.scales)
                one.same_items = len(now_codes)
                if now_codes:
                    after = list(scored(scale, ones, only=now_codes).values())
                    then = list(scored(scale, earlier, only=then_codes).values())
                    if len(then) >= LEAST and len(after) >= LEAST:
                        one.moved = change(then, after)
        found.scales.append(one)
    return found


# A row for each who answered, grouped by nothing else: the marks of who it was come in afterwards.
_ANSWERS = """
SELECT a.items, a.numbers, i.language, i.grade, i.school_id
FROM (SELECT g.invitation_id, string_agg(g.item, ' ') AS items, string_agg(g.value::text, ' ') AS numbers
    FROM surveys_answer g JOIN surveys_invitation s ON s.id = g.invitation_id
    WHERE s.survey_id = %(survey)s AND g.value IS NOT NULL GROUP BY g.invitation_id) a
JOIN surveys_invitation i ON i.id = a.invitation_id ORDER BY i.id
"""


def answers_of(survey: Survey) -> list[One]:
    """The numbers of each who answered; nobody’s name."""
    if survey.is_anonymous:
        return [
            One({code: int(value) for code, value in values.items()})
            for values in Sheet.objects.filter(survey=survey).values_list("values", flat=True)
            if values
        ]
    # Of a long form each gave dozens of answers, and nearly all to the same questions.
    codes: dict[str, list[str]] = {}
    found = []
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, {"survey": survey.pk})
        for items, numbers, language, grade, school in cursor.fetchall():
            known = codes.get(items)
            if known is None:
                known = codes[items] = items.split(" ")
            values = dict(zip(known, map(int, numbers.split(" ")), strict=True))
            found.append(One(values, language, grade, str(school or "")))
    return found


def scored(
    scale: Scale, ones: Iterable[One], *, only: Iterable[str] | None = None
) -> dict[int, float]:
    """The score of each who answered at least half of a scale, by their place in ``ones``.

    Raises NeverAveraged for an inventory, whoever asks.
    """
    if scale.kind is not ScaleKind.SCALE:
        raise NeverAveraged(f"{scale.code} is a list: count its lines.")
    wanted = set(only) if only is not None else None
    items = [item for item in scale.items if wanted is None or item.code in wanted]
    found: dict[int, float] = {}
    for at, one in enumerate(ones):
        given = [
            None
            if (value := one.values.get(item.code)) is None
            else (LABELS + 1 - value if item.reverse else value)
            for item in items
        ]
        its = score(given, of=len(items)) if items else None
        if its is not None:
            found[at] = its
    return found


def same_items(scale: Scale, earlier: Iterable[Scale]) -> tuple[list[str], list[str]]:
    """The questions of this scale that were asked in the very same words before: (now, then)."""
    then = {item.same_as: item.code for other in earlier for item in other.items}
    pairs = [(item.code, then[item.same_as]) for item in scale.items if item.same_as in then]
    return [now for now, _ in pairs], [was for _, was in pairs]


def by_group(
    ones: Sequence[One], scale: Scale, mark: Callable[[One], str]
) -> list[tuple[str, Mean | None]]:
    """The mean of each group of those who answered; None where it is hidden."""
    scores = _by(scored(scale, ones), lambda at: mark(ones[at]))
    closed = hidden({key: len(values) for key, values in scores.items()})
    return [
        (key, None if key in closed else mean(scores[key]))
        for key in sorted(scores, key=grade_place)
    ]


def words(survey: Survey, *, answered: int) -> list[Said]:
    """What families wrote; only of a named survey with the family, and of others only among ten or more.

    ``answered``: how many gave a number (``Results.n``).
    """
    if survey.promise == Promise.NAMED:
        rows = (
            Answer.objects.filter(invitation__survey=survey)
            .exclude(words="")
            .order_by("item", "-pk")
            .values_list(
                "item",
                "words",
                "language",
                "invitation__household_id",
                "invitation__guardian_id",
                "pk",
            )[:MOST_WORDS]
        )
        return [Said(*row) for row in rows]
    if survey.promise == Promise.CONFIDENTIAL:
        # In the order of the words: the order in which they came could name a family.
        texts = (
            Answer.objects.filter(invitation__survey=survey)
            .exclude(words="")
            .order_by("item", "words")
            .values_list("item", "words", "language")
        )
        if answered >= LEAST:
            texts = texts[:MOST_WORDS]
        found = [Said(item, said, language) for item, said, language in texts]
    else:
        loose = LooseWords.objects.filter(survey=survey).order_by("item", "words")
        found = [Said(row.item, row.words) for row in loose]
    sizes = Counter(one.item for one in found)
    return [one for one in found if sizes[one.item] >= LEAST or answered >= LEAST][:MOST_WORDS]


def _rates(found: Results) -> None:
    survey = found.survey
    answered: dict[str, Counter[str]] = {k: Counter() for k in ("language", "grade", "school")}
    invited: dict[str, Counter[str]] = {k: Counter() for k in ("language", "grade", "school")}
    begun = Q(Exists(Answer.objects.filter(invitation=OuterRef("pk"))), done=False)
    for language, grade, school, n, done, half, wrong in (
        Invitation.objects.filter(survey=survey)
        .order_by()
        .values("language", "grade", "school_id")
        .annotate(
            n=Count("pk"),
            answered=Count("pk", filter=Q(done=True)),
            half=Count("pk", filter=begun),
            wrong=Count("pk", filter=Q(not_them=True)),
        )
        .values_list("language", "grade", "school_id", "n", "answered", "half", "wrong")
    ):
        found.invited += n
        found.answered += done
        found.half += half
        found.wrong += wrong
        for kind, key in (("language", language), ("grade", grade), ("school", str(school or ""))):
            invited[kind][key] += n
            answered[kind][key] += done
    found.rates = {
        kind: [
            Rate(key, n, answered[kind][key])
            for key, n in sorted(keys.items(), key=lambda of: grade_place(of[0]))
        ]
        for kind, keys in invited.items()
    }
    if survey.is_anonymous:
        found.paper = Sheet.objects.filter(Q(paper=True), survey=survey).count()


def _item(item: Item, ones: list[One]) -> ItemFigures:
    given = [value for one in ones if (value := one.values.get(item.code)) is not None]
    if item.kind is ItemKind.MARK:
        n = len(ones)
        return ItemFigures(item, n, (sum(given),), n >= LEAST)
    times = Counter(given)
    counts = tuple(times[value] for value in range(1, LABELS + 1))
    return ItemFigures(item, len(given), counts, len(given) >= LEAST)


def _by(scores: Mapping[int, float], key: Callable[[int], str]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for at, value in scores.items():
        found[key(at)].append(value)
    return dict(found)


def comparable(survey: Survey, others: Iterable[Survey]) -> list[Survey]:
    """Earlier surveys of the same scope that share a question with this one."""
    mine: set[Hashable] = {item.same_as for item in survey.asks.items}
    return [
        other
        for other in others
        if other.pk != survey.pk
        and other.school_id == survey.school_id
        and other.opened_at is not None
        and (survey.opened_at is None or other.opened_at < survey.opened_at)
        and mine & {item.same_as for item in other.asks.items}
    ]
