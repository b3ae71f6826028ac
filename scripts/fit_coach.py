"""Fit the coach's linear models: what a sentence does, what a message is for, and how sure is sure enough.

    .venv/bin/pip install scikit-learn
    .venv/bin/python scripts/fit_coach.py

Reads scripts/coach (sentences and messages of our own with a label for each sentence; its README says how)
and the labelled messages that may be read for building; never those that are kept for measuring. Writes
words/*-weights.json, words/meaning.json, words/kinds.toml and words/limits.toml. Needs scikit-learn, which the
product does not.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
WORDS = ROOT / "src/bothways/coach/words"
OPEN = ROOT / "src/bothways/commands/bench/labelled"
OURS = ROOT / "scripts/coach"

from bothways.coach import sentences  # noqa: E402
from bothways.coach.advice import Finding, Rule  # noqa: E402
from bothways.coach.book import LANGUAGES, book  # noqa: E402
from bothways.coach.meaning import meanings  # noqa: E402
from bothways.coach.sentences import DOES, FOR, HURTS, LABELS  # noqa: E402
from bothways.coach.text import Folded, fold  # noqa: E402

check = sys.modules[
    "bothways.coach.check"
]  # the module: the package gives its function the same name
WRITERS = ("a", "b", "c", "d", "e", "k")  # each by another hand
PARTS = ("open", "practice", "practice2")  # labelled as wholes
LETTER = dict(zip("BALDTXPSEQ", (*HURTS, *DOES), strict=True))
LACKS = {
    "praise": Rule.ONLY_BAD,
    "step": Rule.NO_NEXT_STEP,
    "seen": Rule.NO_EXAMPLE,
    "invites": Rule.NO_INVITATION,
}
PURPOSE = {"c": "concern", "g": "good", "l": "logistics"}
WHOLE = 0.7  # how much a sentence counts of which only the message is labelled
SINGLE = 0.6  # how much a sentence counts that stands in no message
LEAST = 0.4  # so sure at least where no rule found anything
DENIED = 0.02  # what a rule found stands, unless the model gives it less than this
# Above 1 a finding that was missed weighs more than a wrong one. Beside writers who set traps, real messages
# hide less of what hurts, and leave out less.
MISSED = {"hurts": 1.3, "lacks": 0.7}
STRETCH = 12.0  # vectors of length 1 are stretched before they are weighed, so that the same penalty fits all
FIRM = 0.3  # of a direction of meaning; less is more cautious


@dataclass
class Message:
    """A labelled message; ``does``: the labels of each sentence, or None where only the whole is labelled."""

    language: str
    folded: Folded
    kind: str
    rules: frozenset[str]
    does: list[set[str]] | None
    heard: list[Finding] = field(default_factory=list)
    rows: list[frozenset[str]] = field(default_factory=list)  # the features of each sentence
    means: Any = None  # a vector for each sentence

    def __post_init__(self) -> None:
        known = book(self.language)
        self.heard = check.heard_in(self.folded, known)
        marks = check.marks(self.folded, self.heard)
        self.rows = [
            frozenset(sentences.features(one.text, known, mark))
            for one, mark in zip(self.folded.sentences, marks, strict=True)
        ]
        self.means = meanings([self.folded.written(one) for one in self.folded.sentences])

    def has(self, label: str) -> bool | None:
        """Whether one of its sentences does this; None where nobody can tell."""
        if label in HURTS:
            return label in self.rules
        if label in FOR:
            return self.kind == label
        return LACKS[label].value not in self.rules if self.kind == "concern" else None


@dataclass
class Single:
    """A sentence by itself."""

    features: frozenset[str]
    does: set[str]
    means: Any


def lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def messages(language: str, writer: str) -> list[Message]:
    return [written(raw) for raw in lines(OURS / f"{language}-{writer}.jsonl")]


def written(raw: dict[str, Any]) -> Message:
    """A message whose sentences are labelled; the coach may cut it at other places than its writer."""
    text, spans = "", []
    for piece, letters in raw["s"]:
        text += " " if text else ""
        spans.append(
            (len(text), len(text) + len(piece), {LETTER[one] for one in letters if one in LETTER})
        )
        text += piece
    folded, does = fold(text), []
    for sentence in folded.sentences:
        start, end = folded.place(sentence.start, sentence.end)
        inside = [
            labels for a, b, labels in spans if min(end, b) - max(start, a) > min(8, (b - a) * 0.5)
        ]
        does.append(set().union(*inside))
    every = set().union(*(labels for _, _, labels in spans))
    rules = {label for label in every if label in HURTS}
    if raw["kind"] == "concern":
        rules |= {rule.value for label, rule in LACKS.items() if label not in every}
    return Message(raw["lang"], folded, raw["kind"], frozenset(rules), does)


def wholes(language: str, part: str) -> list[Message]:
    return [
        Message(language, fold(raw["text"]), raw["kind"], frozenset(raw["rules"]), None)
        for raw in lines(OPEN / f"{language}-{part}.jsonl")
    ]


def singles(language: str) -> list[Single]:
    found, known = [], book(language)
    for name in ("sentences", "pairs"):
        for line in (OURS / f"{language}-{name}.txt").read_text("utf-8").splitlines():
            if "|" not in line or line.startswith("#"):
                continue
            letters, text = line.split("|", 1)
            folded = fold(text)
            marks = {f"r {one.rule.value}" for one in check.heard_in(folded, known)}
            names = sentences.features(folded.text.strip(), known, marks)
            does = {LETTER[one] for one in letters[1:] if one in LETTER}
            found.append(Single(frozenset(names), does, meanings([text.strip()])))
    return found


class Words:
    """One weight for each feature of a language and label."""

    def __init__(self, own: Sequence[Single], cases: Sequence[Message]) -> None:
        rows = [one.features for one in own] + [row for case in cases for row in case.rows]
        seen = Counter(name for row in rows for name in row)
        self.names = sorted(name for name, count in seen.items() if count >= 2)
        self.at = {name: place for place, name in enumerate(self.names)}
        x = self._matrix(rows)
        self.weights = np.zeros((len(LABELS), len(self.names)))
        self.base = np.zeros(len(LABELS))
        self.taken: list[tuple[Any, Any]] = []  # of each label, what each sentence counts for
        for place, label in enumerate(LABELS):
            fitted, y, weight = _fit(label, x, own, cases)
            self.weights[place], self.base[place] = fitted.coef_[0], fitted.intercept_[0]
            self.taken.append((y, weight))

    def _matrix(self, rows: Sequence[frozenset[str]]) -> Any:
        places = [[self.at[name] for name in row if name in self.at] for row in rows]
        scale = [sentences._SPREAD / np.sqrt(max(1, len(row))) for row in rows]
        values = np.repeat(scale, [len(one) for one in places])
        starts = np.concatenate([[0], np.cumsum([len(one) for one in places])]).astype("i4")
        columns = np.array([place for one in places for place in one], "i4")
        return csr_matrix((values, columns, starts), shape=(len(rows), len(self.names)))

    def sums(self, case: Message) -> Any:
        return self._matrix(case.rows) @ self.weights.T + self.base

    def write(self, language: str) -> None:
        kept = {"": [v for i, b in enumerate(self.base) for v in (i, round(float(b), 2))]}
        for place, name in enumerate(self.names):
            flat = [
                v
                for label, weight in enumerate(self.weights[:, place])
                if abs(weight) >= 0.04
                for v in (label, round(float(weight), 2))
            ]
            if flat:
                kept[name] = flat
        text = ",\n".join(
            f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(flat, separators=(',', ':'))}"
            for name, flat in kept.items()
        )
        (WORDS / f"{language}-weights.json").write_text("{\n" + text + "\n}\n", "utf-8")


class Model:
    """The words of each language, and the meaning of both together."""

    def __init__(
        self, own: Mapping[str, Sequence[Single]], cases: Mapping[str, Sequence[Message]]
    ) -> None:
        self.words = {language: Words(own[language], cases[language]) for language in LANGUAGES}
        x = np.vstack(
            [
                means
                for language in LANGUAGES
                for means in (
                    *(one.means for one in own[language]),
                    *(case.means for case in cases[language]),
                )
            ]
        )
        self.directions = np.zeros((len(LABELS), x.shape[1]))
        self.base = np.zeros(len(LABELS))
        for place in range(len(LABELS)):
            taken = [self.words[language].taken[place] for language in LANGUAGES]
            y, weight = (np.concatenate(part) for part in zip(*taken, strict=True))
            used = weight > 0
            model = LogisticRegression(C=FIRM, max_iter=200)
            model.fit(x[used] * STRETCH, y[used], sample_weight=weight[used])
            self.directions[place], self.base[place] = model.coef_[0] * STRETCH, model.intercept_[0]

    def said(self, case: Message) -> Any:
        """How much each sentence does each of LABELS, as the coach will count it."""
        sums = self.words[case.language].sums(case) + case.means @ self.directions.T + self.base
        return 1 / (1 + np.exp(-np.clip(sums, -30, 30)))

    def write(self) -> None:
        for language, words in self.words.items():
            words.write(language)
        lines = ",\n".join(
            json.dumps([round(100 * float(v)) for v in line], separators=(",", ":"))
            for line in self.directions
        )
        base = json.dumps([round(float(v), 2) for v in self.base])
        (WORDS / "meaning.json").write_text(
            f'{{"base": {base},\n"directions": [\n{lines}]}}\n', "utf-8"
        )


def _fit(
    label: str, x: Any, own: Sequence[Single], cases: Sequence[Message]
) -> tuple[LogisticRegression, Any, Any]:
    """The model, and what each sentence was taken for and how much it counts.

    Where only the message is labelled, the sentence that looks most like it is taken for it; three times.
    """
    y, weight = np.zeros(x.shape[0]), np.zeros(x.shape[0])
    if label not in FOR:
        y[: len(own)] = [label in one.does for one in own]
        weight[: len(own)] = SINGLE
    unsure, place = [], len(own)
    for case in cases:
        part = slice(place, place + len(case.rows))
        place = part.stop
        if case.does is not None and label not in FOR:
            y[part], weight[part] = [label in does for does in case.does], 1.0
        elif case.has(label):
            unsure.append(part)
            if label in FOR:
                y[part], weight[part] = 1.0, 0.5
        elif case.has(label) is not None:
            weight[part] = 1.0 if label in FOR else WHOLE
    strength = 1.0 if label in FOR else 4.0
    for turn in range(4):
        used = weight > 0
        model = LogisticRegression(C=strength, max_iter=500, solver="liblinear")
        model.fit(x[used], y[used], sample_weight=weight[used])
        if turn == 3 or not unsure:
            break
        looks = model.decision_function(x)
        for part in unsure:
            y[part], weight[part] = 0.0, 0.0
            best = part.start + int(looks[part].argmax())
            y[best], weight[best] = 1.0, 1.0 if label in FOR else WHOLE
    return model, y, weight


@dataclass
class Read:
    """A message with what a model said of it that had not read its writer."""

    case: Message
    said: Any
    kind: str = ""


def limit(label: str, read: Sequence[Read]) -> dict[str, float]:
    """The two limits of a label with the best balance on messages that the model had not read."""
    rule = Rule(label) if label in HURTS else LACKS[label]
    place, missed = LABELS.index(label), MISSED["hurts" if label in HURTS else "lacks"]
    known = {language: book(language) for language in LANGUAGES}
    most, beside, wanted = [], [], []
    for one in read:
        case = one.case
        if label not in HURTS and case.kind != "concern":
            continue
        scores = one.said[:, place]
        if rule is Rule.DEMAND and known[case.language].signs["offers"].search(case.folded.text):
            scores = np.zeros(1)
        if label in HURTS:
            alone_ok = [
                not check.excused(rule, one, known[case.language]) for one in case.folded.sentences
            ]
            most.append(max((s for s, ok in zip(scores, alone_ok, strict=False) if ok), default=0))
            hit = [f"r {label}" in row for row in case.rows]
            beside.append(max((s for s, h in zip(scores, hit, strict=False) if h), default=-1.0))
        else:
            most.append(scores.max())
            beside.append(float(rule in check.lacks(case.folded, known[case.language], case.heard)))
        wanted.append(rule.value in case.rules)
    top, near, want = np.array(most), np.array(beside), np.array(wanted)
    best, found = -1.0, (0.5, 0.5)
    grid = [0.0, 0.01, 0.02, 0.03, *np.arange(0.05, 1.0, 0.05)]
    for alone in grid:
        for with_rule in grid:
            if label in HURTS:
                if with_rule > DENIED or alone < LEAST:
                    continue
                got = (top >= alone) | (near >= with_rule)
            else:
                if with_rule < alone:
                    continue
                got = (top < alone) | ((near > 0) & (top < with_rule))
            right = int((got & want).sum())
            if not right:
                continue
            precision, recall = right / got.sum(), right / want.sum()
            balance = (1 + missed**2) * precision * recall / (missed**2 * precision + recall)
            if balance > best + 1e-9:
                best, found = balance, (float(with_rule), float(alone))
    return {"beside": round(found[0], 2), "alone": round(found[1], 2)}


def signs(one: Read) -> dict[str, float]:
    return check.signs_of(
        one.case.folded, book(one.case.language), one.case.heard, one.said.tolist()
    )


def fit_kinds(groups: Sequence[Sequence[Read]]) -> None:
    """Weigh the signs of the kinds over both languages; ``groups`` by writer, to tell how often it is right."""
    rows = [[signs(one) for one in group] for group in groups]
    names = list(rows[0][0])
    x = [np.array([[row[name] for name in names] for row in group]) for group in rows]
    y = [np.array([FOR.index(one.case.kind) for one in group]) for group in groups]
    spread, middle = np.maximum(np.concatenate(x).std(0), 0.1), np.concatenate(x).mean(0)

    def fit(parts: Sequence[int]) -> LogisticRegression:
        model = LogisticRegression(C=0.01, max_iter=5000)
        return model.fit(
            (np.concatenate([x[i] for i in parts]) - middle) / spread,
            np.concatenate([y[i] for i in parts]),
        )

    right = total = 0
    for i in range(len(groups)):
        model = fit([j for j in range(len(groups)) if j != i])
        right += int((model.predict((x[i] - middle) / spread) == y[i]).sum())
        total += len(y[i])
    print(f"kind, on writers that were left out: {right / total:.3f} right")  # noqa: T201
    model = fit(range(len(groups)))
    text = ["# How much each sign speaks for each kind (scripts/fit_coach.py)."]
    for j, kind in enumerate(FOR):
        always = model.intercept_[j] - float((model.coef_[j] * middle / spread).sum())
        text += ["", f"[{kind}]", f"always = {always:.3f}"]
        text += [
            f"{name} = {model.coef_[j, i] / spread[i]:.3f}"
            for i, name in enumerate(names)
            if name != "always"
        ]
    (WORDS / "kinds.toml").write_text("\n".join(text) + "\n", "utf-8")


def main() -> None:
    own = {language: singles(language) for language in LANGUAGES}
    every = [  # the same place in both languages may be the same hand
        {language: messages(language, name) for language in LANGUAGES} for name in WRITERS
    ] + [{language: wholes(language, name) for language in LANGUAGES} for name in PARTS]
    read: dict[str, list[list[Read]]] = {language: [] for language in LANGUAGES}
    for i, group in enumerate(every):
        # what is said of a writer comes from a fit without that writer
        rest = [other for j, other in enumerate(every) if j != i]
        model = Model(own, {of: [case for one in rest for case in one[of]] for of in LANGUAGES})
        for language, cases in group.items():
            read[language].append([Read(case, model.said(case)) for case in cases])
        print(f"{i + 1} of {len(every)}")  # noqa: T201
    told = ["# How sure the model must be: beside a rule, and alone (scripts/fit_coach.py)."]
    unread = [one for groups in read.values() for group in groups[: len(WRITERS)] for one in group]
    for label in (*HURTS, *DOES):
        rule = label if label in HURTS else LACKS[label].value
        told += ["", f"[{rule}]"]
        told += [f"{name} = {value}" for name, value in limit(label, unread).items()]
    (WORDS / "limits.toml").write_text("\n".join(told) + "\n", "utf-8")
    Model(own, {of: [case for one in every for case in one[of]] for of in LANGUAGES}).write()
    fit_kinds([group for groups in read.values() for group in groups])


if __name__ == "__main__":
    main()
