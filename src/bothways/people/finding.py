"""Find people by what is known of them: a name, a number, an address, the roster's id.

Who asks sees only the families given: what stands in others is not looked at.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from bothways.core.phone import to_e164
from bothways.core.sql import embed
from bothways.core.text import clean, fold_address
from bothways.people.models import Household, Student
from bothways.people.search_key import Wanted, wanted
from bothways.schools.models import District

MOST = 200  # families that one search shows
LOOKED_AT = 1_500  # people whom one question puts in order; of more, any
FEW = 50  # as many tell whether it is one family
ENOUGH = 8  # as many by the letters typed, and nobody asks who else it may have been
FEWEST_DIGITS = 4


class Why(StrEnum):
    """How somebody was found, the surest first."""

    ID = "id"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"  # each word typed is a word of the name
    BEGINS = "begins"
    JOINED = "joined"  # “obrien” for “O’Brien”
    STREET = "street"
    NEARLY = "nearly"  # one slip away


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody in a family, and why; ``point``: the contact point by which it was."""

    home: int
    child: bool
    person: int
    name: str
    why: Why
    point: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look: these families, and in them these children; None: all there are in the district."""

    district: District
    children: QuerySet[Student] | None
    homes: QuerySet[Household] | None


def find(scope: Scope, typed: str) -> list[Found]:
    """Of each family the surest hit, in order; at most ``MOST``. Nothing for nothing to look for."""
    return _first_of_each(one for found in _asked(scope, typed) for one in found)


def only_one(scope: Scope, typed: str) -> int | None:
    """The one family that ``find`` gives, where it is no guess; asks no further once there are two."""
    homes: set[int] = set()
    sure: set[int] = set()
    for found in _asked(scope, typed, first=FEW):
        homes |= {one.home for one in found}
        sure |= {one.home for one in found if one.why is not Why.NEARLY}
        if len(homes) > 1:
            return None
    return next(iter(sure), None)


def _asked(scope: Scope, typed: str, *, first: int = LOOKED_AT) -> Iterator[list[Found]]:
    """Hits, the surest questions first; ``first``: how many people the first question by name looks at."""
    text = clean(typed)[:200]
    if "@" in text:
        yield _by_way(scope, Why.EMAIL, _address_query([text.lower()]), ("email",))
        return
    digits = "".join(str(unicodedata.digit(c, "")) for c in text)
    hits = 0
    if not any(c.isalpha() for c in text) and len(digits) >= FEWEST_DIGITS:
        found = _by_number(scope, text, digits)
        hits += len(found)
        yield found
    if text and " " not in text:
        found = _by_id(scope, text)
        hits += len(found)
        yield found
    if (names := wanted(text)) is None:
        return
    # Those of just this name first: of a name that begins so there may be a thousand.
    whole = _by_name(scope, names, names.whole_query, looked_at=first)
    hits += len(whole)
    yield whole
    if len(whole) <= MOST:
        found = _by_name(scope, names, names.query)
        hits += len(found)
        yield found
    if hits < ENOUGH:
        if words := _street_words(text):
            yield _by_way(scope, Why.STREET, _address_query(words), ("postal",))
        yield _by_name(scope, names, "", nearly=True)


def _first_of_each(found: Iterable[Found]) -> list[Found]:
    order = list(Why)
    kept: dict[int, Found] = {}
    for one in sorted(found, key=lambda one: order.index(one.why)):
        kept.setdefault(one.home, one)
    return list(kept.values())[:MOST]


def _street_words(text: str) -> list[str]:
    words = fold_address(text).split()[:8]
    return words if any(len(word) >= 3 for word in words) else []


def _address_query(words: Iterable[str]) -> str:
    """A tsquery: the address has words that begin so. Any sign may stand in an email."""
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in words)
    return " & ".join(f"'{word}':*" for word in quoted)


_CHILDREN = """
    SELECT true AS child, s.id, hs.household_id AS home, s.search AS folded, s.given, s.family,
        coalesce(nullif(s.preferred, ''), s.given) || ' ' || s.family AS name, NULL::bigint AS point
    FROM people_student s JOIN people_householdstudent hs ON hs.student_id = s.id
    WHERE s.district_id = %(district)s AND s.ended_at IS NULL {served} AND """
_ADULTS = """
    SELECT false, g.id, g.household_id, g.search, g.given, g.family, g.given || ' ' || g.family,
        NULL::bigint
    FROM people_guardian g
    WHERE g.district_id = %(district)s AND g.ended_at IS NULL AND g.household_id IS NOT NULL AND """
# People who have a name within one slip of a typed word. OFFSET 0: each question goes to the index by itself;
# joined, the planner would rather hold all of them against every name.
_NEAR = """SELECT n.id FROM unnest(%(queries{at})s::text[]) q(words) CROSS JOIN LATERAL (
    SELECT id FROM {table} WHERE people_names(search) @@ q.words::tsquery AND ended_at IS NULL
    OFFSET 0) n"""
# The rows that were hit first, then whose families they are: the other way round the planner reads every
# family that the user serves. Names are compared last: that is what takes time.
_ASK = """
WITH hit AS {once} ({hits}),
mine AS MATERIALIZED (SELECT * FROM hit h WHERE {among} LIMIT %(looked_at)s),
keyed AS (SELECT mine.*, ' ' || people_key(folded) || ' ' AS key FROM mine OFFSET 0)
SELECT home, child, id, name, point, why FROM (SELECT keyed.*, {why} AS why FROM keyed OFFSET 0) h
{only}
ORDER BY why, family, given, home LIMIT %(most)s
"""


def _rows(
    scope: Scope, hits: str, values: dict[str, Any], *, why: str, only: str = "", besides: str = ""
) -> list[tuple[Any, ...]]:
    """What the question gives; ``looked_at`` in ``values``: how many people it puts in order."""
    parts: dict[str, QuerySet[Any, Any]] = {}
    # Of all families there are, each hit is looked up by itself: to list them takes longer than the search.
    among, once = (
        "EXISTS (SELECT FROM people_household x WHERE x.id = h.home AND x.ended_at IS NULL)",
        "",
    )
    if scope.homes is not None:
        parts["homes"] = scope.homes.values("pk").order_by()
        among, once = "h.home IN ({homes})", "MATERIALIZED"
    served = ""
    if scope.children is not None:
        parts["children"] = scope.children.values("pk").order_by()
        served = "AND s.id IN ({children})"
    statement = _ASK.replace("{hits}", hits.replace("{served}", served))
    text = {"why": why, "only": only, "among": among + besides, "once": once}
    for name, words in text.items():
        statement = statement.replace("{" + name + "}", words)
    sql, params = embed(
        statement,
        parts,
        {"looked_at": LOOKED_AT, **values, "district": scope.district.pk, "most": 5 * MOST},
    )
    with transaction.atomic(), connection.cursor() as cursor:
        # Compiling takes longer than such a statement.
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(sql, params)
        return list(cursor.fetchall())


_KINDS = (Why.NAME, Why.BEGINS, Why.JOINED, Why.NEARLY)


def _by_name(
    scope: Scope,
    names: Wanted,
    query: str,
    *,
    nearly: bool = False,
    looked_at: int = LOOKED_AT,
) -> list[Found]:
    """By the words of a name; ``nearly``: with a slip in them, and only such."""
    values: dict[str, Any] = {"query": query, "looked_at": looked_at}

    def named(table: str, row: str) -> str:
        if not nearly:
            return f"people_names({row}.search) @@ %(query)s::tsquery"
        each = (
            _NEAR.replace("{at}", str(at)).replace("{table}", table) for at in range(len(words))
        )
        return f"{row}.id = ANY(ARRAY({' INTERSECT '.join(each)}))"

    words = names.near_queries if nearly else []
    values |= {f"queries{at}": queries for at, queries in enumerate(words)}
    hits = _CHILDREN + named("people_student", "s")
    hits += " UNION ALL " + _ADULTS + named("people_guardian", "g")

    def every(words: Iterable[str], form: str, test: str) -> str:
        tests = []
        for word in words:
            name = f"w{len(values)}"
            values[name] = form.format(word)
            tests.append(test.format(name))
        return "(" + " AND ".join(tests) + ")"

    whole = every(names.words, "% {} %", "key LIKE %({})s")
    begins = every(names.words, "% {}%", "key LIKE %({})s")
    why = f"CASE WHEN {whole} THEN 0 WHEN {begins} THEN 1 ELSE {3 if nearly else 2} END"
    if nearly:
        only = f"WHERE why = 3 AND {every(names.near_patterns, '{}', 'key ~ %({})s')}"
    else:
        joined = "replace(key, ' ', '')"
        tests = [every(words, "%{}%", joined + " LIKE %({})s") for words in names.variants]
        only = f"WHERE why < 2 OR {' OR '.join(tests)}"
    rows = _rows(scope, hits, values, why=why, only=only)
    return [
        Found(home, child, pk, name.strip(), _KINDS[why]) for home, child, pk, name, _, why in rows
    ]


def _by_id(scope: Scope, text: str) -> list[Found]:
    hits = f"{_CHILDREN} s.sis_id = ANY(%(ids)s) UNION ALL {_ADULTS} g.sis_id = ANY(%(ids)s)"
    ids = list({text, text.lower(), text.upper()})
    rows = _rows(scope, hits, {"ids": ids}, why="0")
    return [Found(home, child, pk, name.strip(), Why.ID) for home, child, pk, name, _, _ in rows]


_POINTS = """
    SELECT false AS child, g.id, g.household_id AS home, p.match AS folded, g.given, g.family,
        g.given || ' ' || g.family AS name, p.id AS point
    FROM people_contactpoint p JOIN people_guardian g ON g.id = p.guardian_id
    WHERE p.ended_at IS NULL AND p.district_id = %(district)s AND g.ended_at IS NULL
        AND g.household_id IS NOT NULL AND """
# A home that is hidden is not found by its street, whoever else gave it as theirs.
_NOT_HIDDEN = """
    AND NOT EXISTS (SELECT FROM people_contactpoint x JOIN people_guardian o ON o.id = x.guardian_id
        WHERE o.address_hidden AND x.district_id = %(district)s AND x.kind = 'postal'
        AND x.match = h.folded)
"""


def _by_way(scope: Scope, why: Why, query: str, kinds: tuple[str, ...]) -> list[Found]:
    hits = f"""{_POINTS} p.kind IN ('postal', 'email') AND p.kind = ANY(%(kinds)s)
        AND people_ways(p.match) @@ %(query)s::tsquery"""
    street = why is Why.STREET
    if street:
        hits += " AND NOT g.address_hidden"
    values = {"query": query, "kinds": list(kinds)}
    rows = _rows(scope, hits, values, why="0", besides=_NOT_HIDDEN if street else "")
    return [
        Found(home, False, pk, name.strip(), why, point) for home, _, pk, name, point, _ in rows
    ]


def _by_number(scope: Scope, text: str, digits: str) -> list[Found]:
    """Any way of writing a phone number, or its last digits."""
    plain = digits.lstrip("0") or digits
    ends = {digits, plain}
    dialled = "+" + digits if "+" in text else re.sub(r"^00", "+", digits)
    if whole := to_e164(dialled, scope.district.region):
        ends.add(whole.lstrip("+"))
    ends = {end for end in ends if len(end) >= FEWEST_DIGITS}
    hits = f"""{_POINTS} p.kind IN ('phone', 'whatsapp') AND right(p.match, 4) = ANY(%(tails)s)
        AND p.match LIKE ANY(%(ends)s)"""
    values = {"tails": [end[-4:] for end in ends], "ends": [f"%{end}" for end in ends]}
    rows = _rows(scope, hits, values, why="0")
    return [
        Found(home, False, pk, name.strip(), Why.PHONE, point)
        for home, _, pk, name, point, _ in rows
    ]
