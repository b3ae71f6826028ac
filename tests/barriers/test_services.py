"""Noting what stands in the way: once, in whose words, and taken back by whom."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from bothways.audit.models import Entry as Look
from bothways.barriers import services
from bothways.barriers.enums import Effect, HelpState, Level, Source
from bothways.barriers.models import FamilyBarrier, FamilyHelp, Telling
from bothways.barriers.queries import (
    asleep_by_day,
    catalogue,
    effects_of,
    of_household,
    told_to,
    touched,
)
from bothways.barriers.retention import RULES
from bothways.barriers.services import NotPossible, Wording, end, note, solve, take_back, undo
from bothways.core import clock
from bothways.core.retention import TableRule
from bothways.people.enums import WordClass
from bothways.upkeep import retention
from people import Cast, cast, district

pytestmark = pytest.mark.django_db


@pytest.fixture
def everybody(db: None, at: object) -> Cast:
    return cast()


def nights(everybody: Cast, **more: object) -> services.Noted:
    given = {
        "household": everybody.troys_home,
        "barrier": "nights",
        "by": everybody.mrs_c,
        "source": Source.CONVERSATION,
        **more,
    }
    return note(**given)  # type: ignore[arg-type]


def test_the_same_barrier_tapped_twice_is_one(everybody: Cast) -> None:
    first, second = nights(everybody, source_ref="7"), nights(everybody, source_ref="7")
    assert (first.new, second.new) == (True, False)
    assert FamilyBarrier.objects.count() == 1
    assert Telling.objects.count() == 1
    assert Look.objects.filter(event="barrier.noted").count() == 1


def test_what_is_told_again_in_other_words_is_kept_beside_it(everybody: Cast) -> None:
    nights(everybody, words="I start at ten.")
    nights(everybody, source=Source.VISIT, words="Please not before two.")
    (standing,) = of_household(everybody.troys_home)
    assert [one.words for one in standing.tellings] == ["I start at ten.", "Please not before two."]


def test_the_database_keeps_one_open_barrier_of_a_kind(everybody: Cast) -> None:
    row = nights(everybody).barrier
    with pytest.raises(IntegrityError), transaction.atomic():
        FamilyBarrier.objects.create(
            district=everybody.district,
            household=everybody.troys_home,
            code="nights",
            noted_at=row.noted_at,
        )


def test_what_ended_may_begin_again_and_what_was_undone_leaves_no_words(everybody: Cast) -> None:
    end(barrier=nights(everybody, words="Until May.").barrier, by=everybody.mrs_c)
    assert of_household(everybody.troys_home) == []
    again = nights(everybody, words="They asked me back.")
    assert again.new
    undo(barrier=again.barrier, by=everybody.mrs_c)
    undo(barrier=again.barrier, by=everybody.mrs_c)
    assert list(Telling.objects.order_by("pk").values_list("words", flat=True)) == [
        "Until May.",
        "",
    ]
    assert list(FamilyBarrier.objects.order_by("pk").values_list("ended_how", flat=True)) == [
        "gone",
        "undone",
    ]
    assert Look.objects.filter(event="barrier.undone").count() == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"barrier": "lazy"}, "no such line"),
        ({"barrier": ""}, "no such line"),
        ({"words": "x" * 10_001}, "4000"),
    ],
)
def test_what_cannot_be_kept_says_what_to_do(
    everybody: Cast, wrong: dict[str, object], words: str
) -> None:
    with pytest.raises(NotPossible, match=words):
        nights(everybody, **wrong)
    assert FamilyBarrier.objects.count() == 0


def test_a_child_or_adult_of_another_family_is_refused(everybody: Cast) -> None:
    with pytest.raises(NotPossible, match="not of this family"):
        nights(everybody, student=everybody.emily)
    with pytest.raises(NotPossible, match="not of this family"):
        nights(everybody, guardian=everybody.karim)


def test_a_nul_in_words_is_left_out(everybody: Cast) -> None:
    noted = nights(everybody, words="at\x00night")
    assert noted.telling is not None
    assert noted.telling.words == "atnight"


def test_what_one_adult_told_for_herself_the_other_does_not_read(everybody: Cast) -> None:
    """Ruth's worry is hers; what the family said together both read; a child's and protected words neither."""
    home = everybody.emilys_home
    ruth, dale = everybody.emilys_mother, everybody.emilys_father
    for code, class_, who in (
        ("safety", WordClass.SPEAKER_ONLY, ruth),
        ("transport", WordClass.FAMILY, None),
        ("moving", WordClass.STUDENT_VOICE, None),
        ("past_hurt", WordClass.PROTECTED, None),
    ):
        note(
            household=home,
            barrier=code,
            by=everybody.mrs_c,
            source=Source.VISIT,
            word_class=class_,
            guardian=who,
        )

    def read(adult: object) -> set[str]:
        return {one.barrier.code for one in told_to(adult)}  # type: ignore[arg-type]

    assert read(ruth) == {"safety", "transport"}
    assert read(dale) == {"transport"}
    assert read(everybody.alician) == set()


def test_taking_back_ends_it_only_when_nobody_else_told_it(everybody: Cast) -> None:
    home = everybody.emilys_home
    for who in (everybody.emilys_mother, everybody.emilys_father):
        noted = note(
            household=home,
            barrier="transport",
            by=None,
            source=Source.PAGE,
            word_class=WordClass.SPEAKER_ONLY,
            guardian=who,
        )
    take_back(barrier=noted.barrier, guardian=everybody.emilys_mother)
    assert [one.row.code for one in of_household(home)] == ["transport"]
    take_back(barrier=noted.barrier, guardian=everybody.emilys_father)
    assert of_household(home) == []


def test_help_in_place_covers_and_a_ride_takes_the_effect_away(everybody: Cast) -> None:
    home, here = everybody.emilys_home, everybody.district
    note(household=home, barrier="transport", by=everybody.mrs_c, source=Source.VISIT)
    note(household=home, barrier="language", by=everybody.mrs_c, source=Source.VISIT)
    assert effects_of(here, [home.pk]) == {
        home.pk: frozenset({Effect.MEET_NEAR, Effect.INTERPRETER})
    }
    solve(household=home, solution="ride", state=HelpState.OFFERED, by=everybody.mrs_c)
    assert not any(one.covered for one in of_household(home))
    for solution in ("ride", "interpreter"):
        solve(household=home, solution=solution, state=HelpState.IN_PLACE, by=everybody.mrs_c)
    assert all(one.covered for one in of_household(home))
    assert effects_of(here, [home.pk]) == {home.pk: frozenset({Effect.INTERPRETER})}
    solve(household=home, solution="ride", state=None, by=everybody.mrs_c)
    assert Effect.MEET_NEAR in effects_of(here, [home.pk])[home.pk]
    assert list(FamilyHelp.objects.values_list("code", flat=True)) == ["interpreter"]
    with pytest.raises(NotPossible):
        solve(household=home, solution="money", state=HelpState.OFFERED, by=everybody.mrs_c)


def test_a_district_words_a_line_adds_one_and_retires_one(everybody: Cast) -> None:
    here, admin = everybody.district, everybody.admin
    services.word_barrier(
        district=here,
        code="nights",
        wording=Wording(
            Level.FAMILY, "The plant works in shifts", "Ask which shift.", [], ["texts"]
        ),
        by=admin,
    )
    known = catalogue(here)
    assert known.barriers["nights"].words == "The plant works in shifts"
    nights(everybody)
    # What it changes is as the district has it now: here nothing.
    assert effects_of(here, [everybody.troys_home.pk]) == {}
    assert asleep_by_day(here) == {}
    services.give_back(district=here, code="nights", by=admin)
    assert list(asleep_by_day(here)) == [everybody.troys_home.pk]
    own = services.word_barrier(
        district=here,
        code=None,
        wording=Wording(
            Level.FAMILY, "The mill shuts at noon", "", [Effect.SLEEPS_BY_DAY], ["ride"]
        ),
        by=admin,
    )
    note(household=everybody.emilys_home, barrier=own.code, by=admin, source=Source.STAFF)
    assert set(asleep_by_day(here)) == {everybody.troys_home.pk, everybody.emilys_home.pk}
    services.retire_barrier(district=here, code=own.code, by=admin)
    assert own.code not in {one.code for one in catalogue(here).offered}
    with pytest.raises(NotPossible):
        note(household=everybody.nours_home, barrier=own.code, by=admin, source=Source.STAFF)
    # What was noted before goes on to hold, and may be told again.
    assert everybody.emilys_home.pk in asleep_by_day(here)
    note(household=everybody.emilys_home, barrier=own.code, by=admin, source=Source.SURVEY)
    with pytest.raises(NotPossible, match="already"):
        services.word_barrier(
            district=here,
            code=None,
            wording=Wording(Level.FAMILY, "School has hurt before"),
            by=admin,
        )


def test_another_district_has_its_own_list(everybody: Cast) -> None:
    elsewhere = district("Elsewhere")
    services.retire_barrier(district=elsewhere, code="nights", by=everybody.admin)
    assert nights(everybody).new
    assert [
        one.barrier.code for one in touched(everybody.district, catalogue(everybody.district), None)
    ] == ["nights"]
    assert touched(elsewhere, catalogue(elsewhere), None) == []


def test_words_are_emptied_and_what_ended_long_ago_goes(everybody: Cast) -> None:
    names = {rule.name for rule in RULES if isinstance(rule, TableRule)}
    assert names == {"barrier_words", "barrier_words_of_children", "barriers_gone"}


def test_words_about_a_child_go_after_the_child_has_left_for_good_though_the_home_stays(
    everybody: Cast, at: Path
) -> None:
    nights(everybody, student=everybody.troy, words="He sleeps in class.")
    nights(everybody, student=everybody.maya, words="She walks an hour.")
    nights(everybody, words="I start at ten.")
    left = everybody.troy.ended_at = clock.now()
    everybody.troy.save()

    def left_after(days: int) -> set[str]:
        clock.stop_at(at, left + timedelta(days=days))
        assert [one for one in retention.carry_out({}) if one.failed] == []
        return set(Telling.objects.values_list("words", flat=True))

    everything = {"He sleeps in class.", "She walks an hour.", "I start at ten."}
    assert left_after(400) == everything
    assert left_after(401) == everything - {"He sleeps in class."} | {""}
    (standing,) = of_household(everybody.troys_home)  # still it stands in the way of this home
    assert len(standing.tellings) == 3


def test_whoever_leaves_takes_their_words_along(everybody: Cast) -> None:
    nights(everybody, guardian=everybody.alician, words="I start at ten.")
    nights(everybody, student=everybody.troy, words="She sleeps.")
    everybody.troy.delete()
    assert list(Telling.objects.values_list("words", flat=True)) == ["I start at ten."]
    everybody.alician.delete()
    assert Telling.objects.count() == 0
    everybody.troys_home.delete()
    assert FamilyBarrier.objects.count() == 0
