"""Who is asked, so that no family is asked too often and no language is too few to be heard. Pure."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WEEKS = 8  # so far back questions count
MOST_QUESTIONS = 12  # in these weeks; a long survey alone may have more
LEAST_OF_A_LANGUAGE = 20  # of a sample: else a small language has no figure of its own
MIXED = 10  # anonymous answers are put among so many others before they may be read


@dataclass(frozen=True, slots=True)
class Candidate:
    """A family that may be asked; ``asked``: questions of ours in the weeks before."""

    home: int
    language: str
    grade: str
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    home: int
    weight: float  # how many families of its language it stands for


def may_be_asked(asked: int, questions: int) -> bool:
    """Whether a family that got so many questions lately may get these: never two long surveys in a row.

    >>> may_be_asked(0, 40), may_be_asked(9, 3), may_be_asked(10, 3)
    (True, True, False)
    """
    return asked == 0 or asked + questions <= MOST_QUESTIONS


def share_out(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """How many families of each language are drawn; the sum is ``size``, or all there are.

    Each language gets its share of the sample, a small one up to LEAST_OF_A_LANGUAGE before the large ones get
    more. Where the sample is too small for that, all languages are given the same number first.

    >>> share_out({"en": 900, "so": 30}, 100)
    {'en': 80, 'so': 20}
    """
    total = sum(sizes.values())
    if size >= total:
        return dict(sizes)
    given = dict.fromkeys(sizes, 0)
    left = max(0, size)
    # One each in turn up to the least, the smallest languages first.
    order = sorted(sizes, key=lambda tag: (sizes[tag], tag))
    for _ in range(LEAST_OF_A_LANGUAGE):
        for tag in order:
            if left and given[tag] < sizes[tag]:
                given[tag] += 1
                left -= 1
    # The rest in proportion: always to the language that is furthest below its share.
    while left:
        tag = max(
            (tag for tag in order if given[tag] < sizes[tag]),
            key=lambda tag: (sizes[tag] * size / total - given[tag], sizes[tag], tag),
        )
        given[tag] += 1
        left -= 1
    return given


def sample(
    candidates: Sequence[Candidate], *, size: int | None, questions: int, seed: int
) -> list[Chosen]:
    """The families to be asked; ``size`` None: all who may be. The same seed gives the same families.

    Of each language families are drawn by chance, evenly over the grades: they stand in the order of their
    grades, by lot within each, and every k-th from a random start is taken (systematic sampling; W. G. Cochran,
    Sampling Techniques, 3rd edition 1977, chapter 8). Within a language all have the same chance.
    """
    strata: dict[str, list[Candidate]] = defaultdict(list)
    for one in candidates:
        if may_be_asked(one.asked, questions):
            strata[one.language].append(one)
    sizes = {tag: len(homes) for tag, homes in sorted(strata.items())}
    given = share_out(sizes, sum(sizes.values()) if size is None else size)
    chosen: list[Chosen] = []
    for tag, number in given.items():
        if not number:
            continue
        homes = sorted(
            strata[tag], key=lambda one: (one.grade, _lot(seed, f"{one.home}"), one.home)
        )
        step = len(homes) / number
        start = _lot(seed, f"start {tag}") * step
        picked = [homes[min(int(start + step * n), len(homes) - 1)] for n in range(number)]
        chosen += [Chosen(one.home, step) for one in picked]
    return sorted(chosen, key=lambda one: one.home)


def _lot(seed: int, what: str) -> float:
    """A number in [0, 1) that follows from the seed alone."""
    digest = hashlib.sha256(f"{seed}:{what}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def hidden(sizes: Mapping[str, int], least: int = MIXED) -> set[str]:
    """The groups of which no figure is shown: under ``least`` answers, and one more where that gives one away.

    As on the reach board: while all that is hidden together is less than ``least``, the next smallest group
    is hidden, too, else the hidden figure could be had by subtraction.
    """
    found: set[str] = set()
    covered = 0
    for key in sorted((key for key in sizes if sizes[key]), key=lambda key: (sizes[key], key)):
        if sizes[key] < least or 0 < covered < least:
            found.add(key)
            covered += sizes[key]
    return found


_BEFORE_FIRST = ("PK", "TK", "KG")


def grade_place(code: str) -> tuple[int, int, str]:
    """Where a grade stands: PK, TK, KG, 1 … 13, others, none."""
    if code in _BEFORE_FIRST:
        return 0, _BEFORE_FIRST.index(code), code
    if code.isascii() and code.isdigit():
        return 1, int(code[:6]), code
    return (2, 0, code) if code else (3, 0, "")
