"""``bothways bench coach``: how often the coach is right, and how fast, beside a plain list of words."""

import json
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import click

from bothways.coach import Kind, Rule, check
from bothways.commands.bench.frame import Result, json_option, peak_mb, percentile, progress, tell

ENOUGH = 15  # cases below which a rule is not told by itself
ROUNDS = 3
LANGUAGES = ("en", "es")
# By name of file: what the rules were built with, and what nobody who worked on them read.
HALVES = ("open", "practice", "practice2", "final", "other", "unseen")
_MISSING = {
    Rule.ONLY_BAD: "good",
    Rule.NO_EXAMPLE: "example",
    Rule.NO_INVITATION: "invitation",
    Rule.NO_NEXT_STEP: "step",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled message."""

    lang: str
    half: str
    text: str
    kind: str
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class Guess:
    kind: str
    rules: frozenset[str]


Judge = Callable[[Case], Guess]


@click.command(short_help="How often the coach is right, and how fast, beside a list of words.")
@json_option
def coach(as_json: bool) -> None:
    """Let the coach read our labelled messages in English and Spanish and tell precision and recall of each
    rule that has 15 cases or more, on what the rules were built with (open, practice) and on what nobody who
    worked on them read (final, other, unseen); beside it, a plain list of words in the same run.
    """
    cases = [case for lang in LANGUAGES for half in HALVES for case in _cases(lang, half)]
    words = tomllib.loads(_file("coach_words.toml"))
    plain: Judge = lambda case: by_words(case, words)  # noqa: E731
    ours: list[Guess] = []
    times: list[float] = []
    best = theirs = float("inf")
    guesses_plain: list[Guess] = []
    with progress("coach", len(cases) * ROUNDS) as advance:
        by_coach(cases[0]), by_coach(cases[-1])  # the rules are read once
        for _ in range(ROUNDS):
            started = time.perf_counter()
            ours, times = [], []
            for case in cases:
                before = time.perf_counter()
                ours.append(by_coach(case))
                times.append(time.perf_counter() - before)
            best = min(best, time.perf_counter() - started)
            started = time.perf_counter()
            guesses_plain = [plain(case) for case in cases]
            theirs = min(theirs, time.perf_counter() - started)
            advance(len(cases))
    tell(
        Result(
            name="coach",
            rate=len(cases) / best,
            baseline_rate=len(cases) / theirs,
            unit="messages",
            peak_mb=peak_mb(),
            figures={
                "messages": len(cases),
                "p95_ms": round(percentile(times, 95) * 1000, 2),
                "longest_ms": round(max(times) * 1000, 2),
                "halves": {
                    half: {
                        **{
                            lang: _both(cases, ours, guesses_plain, half, (lang,))
                            for lang in LANGUAGES
                        },
                        "all": _both(cases, ours, guesses_plain, half, LANGUAGES),
                    }
                    for half in HALVES
                },
            },
        ),
        as_json,
    )


def by_coach(case: Case) -> Guess:
    """What the coach finds, without being told the kind."""
    advice = check(case.text, lang=case.lang)
    return Guess(advice.kind.value, frozenset(one.rule.value for one in advice.findings))


def by_words(case: Case, words: Any) -> Guess:
    """What the plain list finds."""
    text = case.text.lower()
    there, good = words[case.lang]["there"], words[case.lang]["good"]

    def has(some: Iterable[str]) -> bool:
        return any(word in text for word in some)

    concern, praised = has(good["concern"]), has(good["good"])
    kind = Kind.CONCERN if concern else Kind.GOOD if praised else Kind.LOGISTICS
    rules = {rule for rule, some in there.items() if has(some)}
    if (
        max(
            (len(part.split()) for part in text.replace("!", ".").replace("?", ".").split(".")),
            default=0,
        )
        > 30
    ):
        rules.add(Rule.HARD_TO_READ.value)
    if kind is Kind.CONCERN:
        rules |= {rule.value for rule, name in _MISSING.items() if not has(good[name])}
    return Guess(kind.value, frozenset(rules))


def _both(
    cases: Sequence[Case],
    ours: Sequence[Guess],
    plain: Sequence[Guess],
    half: str,
    langs: Sequence[str],
) -> dict[str, Any]:
    here = [i for i, case in enumerate(cases) if case.half == half and case.lang in langs]
    return {
        "coach": measure([(cases[i], ours[i]) for i in here]),
        "words": measure([(cases[i], plain[i]) for i in here]),
    }


def measure(pairs: Sequence[tuple[Case, Guess]]) -> dict[str, Any]:
    """Precision and recall by rule and over all (micro average), and how often the kind is right."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for case, guess in pairs:
        right.update(case.rules & guess.rules)
        wrong.update(guess.rules - case.rules)
        missed.update(case.rules - guess.rules)
    rules = {
        rule.value: _figures(right[rule.value], wrong[rule.value], missed[rule.value])
        for rule in Rule
        if right[rule.value] + missed[rule.value] >= ENOUGH
    }
    kinds = sum(case.kind == guess.kind for case, guess in pairs)
    return {
        **_figures(right.total(), wrong.total(), missed.total()),
        "kind_right": round(kinds / max(1, len(pairs)), 3),
        "messages": len(pairs),
        "rules": rules,
    }


def _figures(right: int, wrong: int, missed: int) -> dict[str, float | int]:
    return {
        "precision": round(right / max(1, right + wrong), 3),
        "recall": round(right / max(1, right + missed), 3),
        "cases": right + missed,
    }


def _cases(lang: str, half: str) -> list[Case]:
    lines = _file(f"labelled/{lang}-{half}.jsonl").split("\n")
    raw = [json.loads(line) for line in lines if line.strip()]
    return [
        Case(one["lang"], half, one["text"], one["kind"], frozenset(one["rules"])) for one in raw
    ]


def _file(name: str) -> str:
    return (resources.files("bothways.commands.bench") / name).read_text("utf-8")
