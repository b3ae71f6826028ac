"""Whoever is looked for is found: in any script, with a slip, by a number written in any way."""

import unicodedata

import pytest
from django.db import connection
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from bothways.core import clock
from bothways.core.text import fold
from bothways.people.finding import Found, Scope, Why, find
from bothways.people.models import Guardian, Household, Student
from bothways.people.search_key import FROM, TO, key
from messaging.world import World
from people import Cast, cast, guardian, home, student


@pytest.fixture
def everybody(world: World) -> Cast:
    return cast()


DB = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# Letters of the scripts that rosters hold, with what people put between them.
NAMES = st.text(
    st.sampled_from(
        "abcdefghijklmnopqrstuvwxyzÁÉñøłđßİıŠțأإآٱبةتحسشعفقلمنهويىیکگپچжйёїєґщяΣσςሀሐኀሠሰዓአፀጸ王小明李한글"
        " '’ʼ-ـ‎​‮é̂🙂.,%_\\&|!:*()<>\x00 "
    ),
    max_size=30,
)
LONG = "María de los Ángeles Guadalupe Fernández-Villaseñor y Rodríguez de la Torre Echeverría Montemayor"
SPELT = [
    ("O'Brien", "OBrien"),
    ("O’Brien", "o'brien"),
    ("OBrien", "O’Brien"),
    ("OʼBrien", "O Brien"),
    ("O'Brien", "obri"),
    ("García López", "lopez garcia"),
    ("García-López", "LOPEZ"),
    ("Mary-Ann", "maryann"),
    ("Maryann", "Mary Ann"),
    ("de la Cruz", "delacruz"),
    ("De La Cruz", "dela cruz"),
    ("Đặng Thị Hường", "dang huong"),
    ("Ørsted", "orsted"),
    ("أحمد", "احمد"),
    ("آمنة", "امنه"),
    ("محمـــد", "محمد"),
    ("علی کریمی", "علي كريمي"),
    ("مُحَمَّد", "محمد"),
    ("Łukasz Żółć", "lukasz zolc"),
    ("Юлія Ґудзь", "гудзь"),
    ("ሐና ዓለሙ", "ሀና አለሙ"),
    ("王小明", "王"),
    ("İbrahim Yıldız", "ibrahim yildiz"),
    ("Strauß", "strauss"),
    ("Tro\u200by \u202eDyer\u202c", "troy dyer"),
    ("Ｔｒｏｙ", "troy"),
    (LONG, LONG),
    (LONG, "echeverria montemayor"),
]


def _found(district_scope: Scope, typed: str) -> list[str]:
    return [one.name for one in find(district_scope, typed)]


def _scope(of: World) -> Scope:
    return Scope(of.district, None, Household.objects.filter(district=of.district))


def _only(of: World, name: str) -> Student:
    """The one child there is, now of this name."""
    child = Student.objects.filter(district=of.district).first()
    if child is None:
        child = of.student("x")
        of.home(child)
    child.given, child.family, child.search = name[:200], "", fold(name)
    child.save()
    return child


@pytest.mark.parametrize(("written", "typed"), SPELT)
def test_however_it_is_spelt_it_is_found(world: World, written: str, typed: str) -> None:
    _only(world, written)
    assert _found(_scope(world), typed) == [written[:200].strip()]


@DB
@given(NAMES)
@example("ʼ")
@example("ﷺ" * 200)
@example("a" * 600)
def test_a_name_is_found_by_itself(world: World, name: str) -> None:
    name = name.replace("\x00", "")[:200]
    assume(any(not word.isdigit() for word in _words(name)))
    child = _only(world, name)
    assert [one.person for one in find(_scope(world), name)] == [child.pk]


def _words(name: str) -> list[str]:
    return key(name).split()


def _one_slip(word: str, at: int, letter: str, how: str) -> str:
    at %= len(word)
    if how == "other":
        return word[:at] + letter + word[at + 1 :]
    if how == "more":
        return word[:at] + letter + word[at:]
    if how == "fewer":
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]


@DB
@given(
    st.one_of(
        st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=5, max_size=29),
        st.text(st.sampled_from("ابتثجحخدرزسشصضطعغفقلمنهوي"), min_size=5, max_size=12),
        st.text(st.sampled_from("абвгдежзиклмнопрстуфхцчшщыьюя"), min_size=5, max_size=12),
    ),
    st.integers(0, 40),
    st.sampled_from("xzqаم"),
    st.sampled_from(["other", "more", "fewer", "swapped"]),
)
def test_one_slip_in_a_name_of_five_letters_is_forgiven(
    world: World, name: str, at: int, letter: str, how: str
) -> None:
    child = _only(world, f"{name} Washington")
    typed = _one_slip(name, at, letter, how)
    assert [one.person for one in find(_scope(world), typed)] == [child.pk]
    assert [one.person for one in find(_scope(world), f"{typed} wash")] == [child.pk]


def test_another_name_is_not_taken_for_it(world: World) -> None:
    _only(world, "Troy Washington")
    assert [
        _found(_scope(world), typed) for typed in ("Tory", "Trey", "Tyro", "Wellington", "ro")
    ] == [
        ["Troy Washington"],
        ["Troy Washington"],
        [],
        [],
        [],
    ]


@DB
@given(NAMES)
@example(FROM)
def test_the_database_makes_the_same_key(db: None, name: str) -> None:
    folded = fold(name.replace("\x00", ""))
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_key(%s)", [folded])
        row = cursor.fetchone()
    assert row is not None
    assert " ".join(row[0].split()) == key(folded)


def test_letters_are_written_one_for_one() -> None:
    assert len(set(FROM)) == len(FROM)
    assert all(len(unicodedata.normalize("NFKD", c)) == 1 for c in TO)


def test_the_surest_comes_first(world: World) -> None:
    for name in ("Annabel", "Anna", "Joanna", "Hanna"):
        world.home(_named(world, name))
    assert [(one.name, one.why) for one in find(_scope(world), "anna")] == [
        ("Anna Dyer", Why.NAME),
        ("Annabel Dyer", Why.BEGINS),
        ("Hanna Dyer", Why.NEARLY),
    ]


def _named(of: World, given: str) -> Student:
    child = of.student(given)
    child.search = fold(child.name)
    child.save()
    return child


def _by(everybody: Cast, typed: str) -> list[tuple[str, Why]]:
    scope = Scope(everybody.district, None, Household.objects.filter(district=everybody.district))
    return [(one.name, one.why) for one in find(scope, typed)]


@pytest.mark.parametrize(
    "typed",
    [
        "(312) 555-0101",
        "312.555.0101",
        "+1 312 555 0101",
        "001 312 555 0101",
        "13125550101",
        "5550101",
        "0101",
        "٣١٢٥٥٥٠١٠١",
        "\u202a312-555-0101\u202c",
    ],
)
def test_a_number_is_found_however_it_is_written(everybody: Cast, typed: str) -> None:
    assert _by(everybody, typed) == [("Alician Washington", Why.PHONE)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("101", []),
        ("karim@example.org", [("Karim Haddad", Why.EMAIL)]),
        ("KARIM@EX", [("Karim Haddad", Why.EMAIL)]),
        ("k'arim\\@'", []),
        ("9 elm st", [("Alician Washington", Why.STREET)]),
        ("Fence", [("Dale Parker", Why.STREET)]),
        ("hidden way", []),
        ("", []),
        ("🙂", []),
        ("' OR 1=1 --", []),
        (":* & !", []),
        ("%", []),
        ("\\", []),
    ],
)
def test_ways_are_found_and_hidden_ones_are_not(
    everybody: Cast, typed: str, expected: list[tuple[str, Why]]
) -> None:
    assert _by(everybody, typed) == expected


def test_a_hidden_home_is_not_found_by_whoever_else_gave_it(everybody: Cast) -> None:
    aunt = guardian(
        everybody.district, "Rosa", "Paz", address="77 Hidden Way\nGrand Bend, TX 78834"
    )
    home([student("Ana", "Paz", everybody.elementary)], [aunt])
    assert _by(everybody, "hidden way") == []


def test_a_student_number_is_found(everybody: Cast) -> None:
    number = everybody.troy.sis_id or ""
    assert _by(everybody, number.upper()) == [("Troy Washington", Why.ID)]


def test_who_has_left_is_not_found(world: World) -> None:
    child = _only(world, "Troy")
    child.ended_at = clock.now()
    child.save()
    assert _found(_scope(world), "troy") == []


def test_another_district_is_not_looked_at(everybody: Cast, world: World) -> None:
    _only(world, "Troy Washington")
    assert [one.home for one in _all(everybody, "troy washington")] == [everybody.troys_home.pk]


def _all(everybody: Cast, typed: str) -> list[Found]:
    scope = Scope(everybody.district, None, Household.objects.filter(district=everybody.district))
    return find(scope, typed)


def test_a_name_of_thousands_of_letters_can_be_kept(world: World) -> None:
    adult = Guardian.objects.create(
        district=world.district, given="x", family="y", search="\U0001d54f株" * 3000
    )
    assert Guardian.objects.filter(pk=adult.pk).exists()
