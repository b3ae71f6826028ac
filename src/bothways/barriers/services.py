"""Note what stands in the way, what helps, that it is over; word the catalogue as a district wants it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.barriers.catalogue import bundled
from bothways.barriers.enums import Effect, EndedHow, HelpState, Level, Source
from bothways.barriers.models import (
    FamilyBarrier,
    FamilyHelp,
    OwnBarrier,
    OwnSolution,
    Telling,
)
from bothways.barriers.queries import catalogue
from bothways.core import clock
from bothways.core.ids import key
from bothways.core.text import clean
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household, Student
from bothways.schools.models import District

MOST_WORDS = 4000
MOST_LABEL, MOST_ADVICE = 120, 300


class NotPossible(ValueError):
    """It cannot be kept so; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What stands in the way. ``new``: it was not known before; ``telling``: what was told just now."""

    barrier: FamilyBarrier
    telling: Telling | None
    new: bool


@transaction.atomic
def note(
    *,
    household: Household,
    barrier: str,
    by: User | None,
    source: Source,
    source_ref: str = "",
    words: str = "",
    word_class: WordClass = WordClass.FAMILY,
    student: Student | None = None,
    guardian: Guardian | None = None,
) -> Noted:
    """Note that this stands in the family's way; the same open one again is one, with what was told anew.

    ``barrier``: a code of the district's catalogue. The same telling twice (source, ref, words, who told it)
    is one. Raises NotPossible for a code that is not offered, words that are far too long, and for a child or
    adult of another family.
    """
    words = words.replace("\x00", "").strip()
    if len(words) > MOST_WORDS:
        raise NotPossible(
            f"These are more than {MOST_WORDS} characters. Keep what matters, in their words."
        )
    district = household.district
    _of_this_family(household, student, guardian)
    known = catalogue(district).barriers.get(barrier)
    row = FamilyBarrier.objects.filter(household=household, code=barrier, ended_at=None).first()
    if row is None and (known is None or known.retired):
        raise NotPossible("The list has no such line any more. Load the page again and choose one.")
    now, new = clock.now(), False
    if row is None:
        row, new = FamilyBarrier.objects.get_or_create(
            household=household,
            code=barrier,
            ended_at=None,
            defaults={"district": district, "noted_at": now, "noted_by": by},
        )
    same = {
        "source": source.value,
        "source_ref": clean(source_ref)[:80],
        "words": words,
        "word_class": word_class.value,
        "guardian": guardian,
        "student": student,
    }
    if not new and Telling.objects.filter(barrier=row, taken_back_at=None, **same).exists():
        return Noted(row, None, new=False)
    telling = Telling.objects.create(district=district, barrier=row, at=now, by=by, **same)
    record(
        "barrier.noted",
        row,
        by=by.pk if by else None,
        district=district.pk,
        code=barrier,
        source=source.value,
        telling=telling.pk,
    )
    return Noted(row, telling, new)


def _of_this_family(
    household: Household, student: Student | None, guardian: Guardian | None
) -> None:
    if student is not None and not household.children.filter(student=student).exists():
        raise NotPossible("This child is not of this family. Open the family’s page anew.")
    if guardian is not None and guardian.household_id != household.pk:
        raise NotPossible("This adult is not of this family. Open the family’s page anew.")


@transaction.atomic
def end(*, barrier: FamilyBarrier, by: User | None) -> None:
    """It stands in the way no more; what was told stays on record."""
    _end(barrier, EndedHow.GONE, by)


@transaction.atomic
def undo(*, barrier: FamilyBarrier, by: User | None) -> None:
    """It was noted by mistake: it counts nowhere, and its words go."""
    if _end(barrier, EndedHow.UNDONE, by):
        Telling.objects.filter(barrier=barrier).update(words="", taken_back_at=clock.now())


def _end(barrier: FamilyBarrier, how: EndedHow, by: User | None) -> bool:
    """Whether it was still open."""
    changed = FamilyBarrier.objects.filter(pk=barrier.pk, ended_at=None).update(
        ended_at=clock.now(), ended_by=by, ended_how=how.value
    )
    if changed:
        record(
            f"barrier.{how.value}",
            barrier,
            by=by.pk if by else None,
            district=barrier.district_id,
            code=barrier.code,
        )
    return bool(changed)


@transaction.atomic
def take_back(*, barrier: FamilyBarrier, guardian: Guardian) -> None:
    """This adult says that it is so no more: what they told is over; with the last telling the barrier is.

    What another adult told for themselves goes on to hold.
    """
    now = clock.now()
    tellings = Telling.objects.filter(barrier=barrier, taken_back_at=None)
    theirs = tellings.filter(guardian=guardian) | tellings.filter(word_class=WordClass.FAMILY.value)
    if not theirs.update(taken_back_at=now):
        return
    record(
        "barrier.taken_back",
        barrier,
        by=None,
        district=barrier.district_id,
        code=barrier.code,
        guardian=guardian.pk,
    )
    if not Telling.objects.filter(barrier=barrier, taken_back_at=None).exists():
        _end(barrier, EndedHow.GONE, None)


@transaction.atomic
def solve(
    *, household: Household, solution: str, state: HelpState | None, by: User | None
) -> FamilyHelp | None:
    """Say how far a solution is for this family; None: it was noted by mistake. Raises NotPossible."""
    known = catalogue(household.district).solutions.get(solution)
    before = FamilyHelp.objects.filter(household=household, code=solution).first()
    if before is None and (known is None or known.retired):
        raise NotPossible("The list has no such line any more. Load the page again and choose one.")
    if state is None:
        if before is not None:
            record(
                "barrier.help_taken_back",
                household,
                by=by.pk if by else None,
                district=household.district_id,
                code=solution,
            )
            before.delete()
        return None
    if before is not None and before.state == state.value:
        return before
    row, _ = FamilyHelp.objects.update_or_create(
        household=household,
        code=solution,
        defaults={
            "district": household.district,
            "state": state.value,
            "since": clock.now(),
            "by": by,
        },
    )
    record(
        "barrier.help",
        household,
        by=by.pk if by else None,
        district=household.district_id,
        code=solution,
        state=state.value,
    )
    return row


@dataclass(frozen=True, slots=True)
class Wording:
    """A barrier as a district wants it."""

    level: Level
    words: str
    advice: str = ""
    effects: Sequence[Effect] = ()
    helps: Sequence[str] = ()


@transaction.atomic
def word_barrier(*, district: District, code: str | None, wording: Wording, by: User) -> OwnBarrier:
    """Change a line of the catalogue for this district, or add one (no code). Raises NotPossible."""
    words = clean(wording.words)
    known = catalogue(district)
    if not words:
        raise NotPossible("Say in a few words what stands in the way.")
    if len(words) > MOST_LABEL or len(clean(wording.advice)) > MOST_ADVICE:
        raise NotPossible(
            f"At most {MOST_LABEL} characters for what stands in the way, {MOST_ADVICE} for the advice."
        )
    if code is not None and code not in known.barriers:
        raise NotPossible("This line is not in the list any more. Load the page again.")
    if any(
        one.words == words and one.code != code and not one.retired
        for one in known.barriers.values()
    ):
        raise NotPossible("The list has a line with these words already. Change that one instead.")
    if unknown := [help_ for help_ in wording.helps if help_ not in known.solutions]:
        raise NotPossible(f"The list has no solution “{unknown[0]}”. Load the page again.")
    try:
        with transaction.atomic():
            row, _ = OwnBarrier.objects.update_or_create(
                district=district,
                code=code or f"own-{key()}"[:40],
                defaults={
                    "level": wording.level.value,
                    "words": words,
                    "advice": clean(wording.advice),
                    "effects": sorted({effect.value for effect in wording.effects}),
                    "helps": list(dict.fromkeys(wording.helps)),
                    "retired_at": None,
                },
            )
    except IntegrityError as error:
        raise NotPossible(
            "Somebody changed this line a moment ago. Load the page again."
        ) from error
    record("barrier.worded", row, by=by.pk, district=district.pk, code=row.code)
    return row


@transaction.atomic
def retire_barrier(*, district: District, code: str, by: User) -> None:
    """Offer this line no more; what is noted goes on to hold until it ends. Raises NotPossible."""
    known = catalogue(district).barriers.get(code)
    if known is None:
        raise NotPossible("This line is not in the list any more. Load the page again.")
    row, _ = OwnBarrier.objects.get_or_create(
        district=district,
        code=code,
        defaults={
            "level": known.level.value,
            "words": known.said.get("en") or known.said.get("", code),
            "advice": known.advised.get("en") or known.advised.get("", ""),
            "effects": sorted(effect.value for effect in known.effects),
            "helps": list(known.helps),
        },
    )
    if row.retired_at is None:
        row.retired_at = clock.now()
        row.save(update_fields=["retired_at"])
        record("barrier.retired", row, by=by.pk, district=district.pk, code=code)


@transaction.atomic
def give_back(*, district: District, code: str, by: User) -> None:
    """The line that Bothways brings along holds again; one of the district's own is offered again."""
    row = OwnBarrier.objects.filter(district=district, code=code).first()
    if row is None:
        return
    record("barrier.given_back", row, by=by.pk, district=district.pk, code=code)
    if code in bundled().barriers:
        row.delete()
    else:
        row.retired_at = None
        row.save(update_fields=["retired_at"])


@transaction.atomic
def word_solution(
    *,
    district: District,
    code: str | None,
    words: str,
    removes: bool,
    by: User,
    retired: bool = False,
) -> OwnSolution:
    """Change, add (no code) or retire a solution for this district. Raises NotPossible."""
    words = clean(words)
    known = catalogue(district)
    if not words or len(words) > MOST_LABEL:
        raise NotPossible(f"Say in 1 to {MOST_LABEL} characters what helps.")
    if code is not None and code not in known.solutions:
        raise NotPossible("This line is not in the list any more. Load the page again.")
    if any(
        one.words == words and one.code != code and not one.retired
        for one in known.solutions.values()
    ):
        raise NotPossible("The list has a solution with these words already.")
    row, _ = OwnSolution.objects.update_or_create(
        district=district,
        code=code or f"own-{key()}"[:40],
        defaults={
            "words": words,
            "removes": removes,
            "retired_at": clock.now() if retired else None,
        },
    )
    record("barrier.solution_worded", row, by=by.pk, district=district.pk, code=row.code)
    return row
