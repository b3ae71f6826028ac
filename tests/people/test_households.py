"""Who makes a family."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bothways.people.households import Adult, Family, Tie, families

MOTHER, FATHER, STEPFATHER, AUNT = 1, 2, 3, 4
EMILY, TROY = 101, 102


def homes(
    adults: list[Adult], ties: list[Tie], students: tuple[int, ...] = (EMILY,)
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(f.adults, f.children) for f in families(adults, ties, students)]


def test_parents_at_one_address_are_one_family() -> None:
    adults = [Adult(MOTHER, "12 oak street"), Adult(FATHER, "12 oak street")]
    ties = [Tie(EMILY, MOTHER, True), Tie(EMILY, FATHER, True)]
    assert homes(adults, ties) == [((MOTHER, FATHER), (EMILY,))]


def test_parents_one_of_whom_does_not_live_with_the_child_are_two_families_of_it() -> None:
    adults = [Adult(MOTHER, "12 oak street"), Adult(FATHER, "12 oak street")]
    ties = [Tie(EMILY, MOTHER, True), Tie(EMILY, FATHER, False)]
    assert homes(adults, ties) == [((MOTHER,), (EMILY,)), ((FATHER,), (EMILY,))]


def test_a_parent_without_address_lives_where_the_other_does() -> None:
    adults = [Adult(MOTHER, "12 oak street"), Adult(FATHER)]
    ties = [Tie(EMILY, MOTHER), Tie(EMILY, FATHER)]
    assert homes(adults, ties) == [((MOTHER, FATHER), (EMILY,))]


def test_two_addresses_are_two_families() -> None:
    adults = [Adult(MOTHER, "12 oak street"), Adult(FATHER, "9 elm street")]
    ties = [Tie(EMILY, MOTHER, True), Tie(EMILY, FATHER, True)]
    assert homes(adults, ties) == [((MOTHER,), (EMILY,)), ((FATHER,), (EMILY,))]


def test_somebody_without_address_joins_no_two_addresses() -> None:
    adults = [Adult(MOTHER, "12 oak street"), Adult(FATHER, "9 elm street"), Adult(AUNT)]
    ties = [Tie(EMILY, MOTHER, True), Tie(EMILY, FATHER), Tie(EMILY, AUNT, True)]
    assert homes(adults, ties) == [((MOTHER, AUNT), (EMILY,)), ((FATHER,), (EMILY,))]


def test_one_address_alone_makes_no_family() -> None:
    adults = [Adult(MOTHER, "12 oak street"), Adult(AUNT, "12 oak street")]
    ties = [Tie(EMILY, MOTHER), Tie(TROY, AUNT)]
    assert homes(adults, ties, (EMILY, TROY)) == [((MOTHER,), (EMILY,)), ((AUNT,), (TROY,))]


def test_a_restricted_parent_shares_a_home_with_nobody() -> None:
    adults = [Adult(MOTHER, "12 oak street"), Adult(FATHER, "12 oak street", restricted=True)]
    ties = [Tie(EMILY, MOTHER, True), Tie(EMILY, FATHER, True), Tie(TROY, FATHER, True)]
    assert homes(adults, ties, (EMILY, TROY)) == [
        ((MOTHER,), (EMILY,)),
        ((FATHER,), (EMILY, TROY)),
    ]


def test_parents_who_live_apart_are_not_joined_through_a_stepfather() -> None:
    adults = [Adult(MOTHER), Adult(FATHER), Adult(STEPFATHER)]
    ties = [
        Tie(EMILY, MOTHER, True),
        Tie(EMILY, FATHER, False),
        Tie(EMILY, STEPFATHER),
        Tie(TROY, STEPFATHER, True),
        Tie(TROY, MOTHER, True),
    ]
    assert homes(adults, ties, (EMILY, TROY)) == [
        ((MOTHER, STEPFATHER), (EMILY, TROY)),
        ((FATHER,), (EMILY,)),
    ]


def test_a_student_without_guardian_is_a_family_of_one() -> None:
    assert families([], [], [EMILY]) == [Family((), (EMILY,), None)]
    assert families([], [], [EMILY], {EMILY: 7}) == [Family((), (EMILY,), 7)]


def test_a_split_home_keeps_its_household_with_the_primary_contact() -> None:
    adults = [
        Adult(MOTHER, "9 elm street", household=7),
        Adult(FATHER, "12 oak street", household=7),
    ]
    ties = [Tie(EMILY, MOTHER, primary=True), Tie(EMILY, FATHER)]
    assert [(f.adults, f.household) for f in families(adults, ties, [EMILY])] == [
        ((MOTHER,), 7),
        ((FATHER,), None),
    ]


def test_a_home_keeps_the_household_that_most_of_it_had() -> None:
    adults = [
        Adult(MOTHER, household=9),
        Adult(FATHER, household=9),
        Adult(AUNT, household=5),
    ]
    ties = [Tie(EMILY, MOTHER), Tie(EMILY, FATHER), Tie(EMILY, AUNT)]
    assert [f.household for f in families(adults, ties, [EMILY])] == [9]
    equal = [Adult(MOTHER, household=9), Adult(AUNT, household=5)]
    assert [f.household for f in families(equal, ties, [EMILY])] == [5]


def test_the_first_guardian_of_a_child_who_was_alone_keeps_the_childs_household() -> None:
    found = families([Adult(AUNT)], [Tie(EMILY, AUNT)], [EMILY], {EMILY: 7})
    assert found == [Family((AUNT,), (EMILY,), 7)]


# --- whatever the people ---------------------------------------------------------------------------

Town = tuple[list[Adult], list[Tie], list[int], dict[int, int]]


@st.composite
def towns(draw: st.DrawFn) -> Town:
    children = list(range(100, 100 + draw(st.integers(1, 6))))
    ids = list(range(1, 1 + draw(st.integers(0, 8))))
    adults = [
        Adult(
            pk,
            draw(st.sampled_from(["", "12 oak street", "9 elm street"])),
            draw(st.integers(0, 4)) == 0,
            draw(st.sampled_from([None, 1, 2, 3])),
        )
        for pk in ids
    ]
    pairs = draw(
        st.lists(
            st.tuples(st.sampled_from(children), st.sampled_from(ids or [0])),
            max_size=14,
            unique=True,
        )
    )
    lives = st.sampled_from([None, True, False])
    ties = [Tie(child, adult, draw(lives), draw(st.booleans())) for child, adult in pairs if ids]
    tied = {tie.adult for tie in ties}
    alone = {children[0]: 4} if draw(st.booleans()) else {}
    return [a for a in adults if a.id in tied], ties, children, alone


@given(towns(), st.randoms(use_true_random=False))
def test_the_order_of_people_makes_no_difference(town: Town, random: Random) -> None:
    adults, ties, children, alone = town
    expected = families(adults, ties, children, alone)
    for part in (adults, ties, children):
        random.shuffle(part)
    assert families(adults, ties, children, alone) == expected


@given(towns())
def test_every_adult_has_one_home_and_every_child_all_of_its_guardians_homes(town: Town) -> None:
    adults, ties, children, alone = town
    found = families(adults, ties, children, alone)
    assert sorted(pk for f in found for pk in f.adults) == sorted(a.id for a in adults)
    assert {child for f in found for child in f.children} == set(children)
    home = {pk: f for f in found for pk in f.adults}
    for tie in ties:
        assert tie.student in home[tie.adult].children
    for family in found:
        if not family.adults:
            assert len(family.children) == 1
            assert not any(tie.student == family.children[0] for tie in ties)
    kept = [f.household for f in found if f.household is not None]
    assert len(kept) == len(set(kept))


@given(towns())
def test_who_may_not_share_a_home_never_does(town: Town) -> None:
    adults, ties, children, alone = town
    people = {adult.id: adult for adult in adults}
    for family in families(adults, ties, children, alone):
        members = set(family.adults)
        assert len(members) == 1 or not any(people[pk].restricted for pk in members)
        assert len({people[pk].home for pk in members} - {""}) <= 1
        for child in children:
            lives = {
                tie.lives_with for tie in ties if tie.student == child and tie.adult in members
            }
            assert not {True, False} <= lives


@given(towns())
def test_a_second_look_changes_nothing(town: Town) -> None:
    adults, ties, children, alone = town
    numbers = iter(range(50, 100))
    first = [
        f if f.household is not None else f._replace(household=next(numbers))
        for f in families(adults, ties, children, alone)
    ]
    home = {pk: f.household for f in first for pk in f.adults}
    settled = [adult._replace(household=home[adult.id]) for adult in adults]
    by_itself = {f.children[0]: f.household for f in first if not f.adults and f.household}
    assert families(settled, ties, children, by_itself) == first
