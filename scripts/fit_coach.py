"""Fit the coach's two small models: what a sentence does, and what a message is for.

    .venv/bin/python scripts/fit_coach.py

Reads src/bothways/coach/words/*-sentences.txt and the labelled messages that may be read (never the final
half); writes words/*-weights.json and words/kinds.toml. Needs numpy, which the product does not.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
WORDS = ROOT / "src/bothways/coach/words"
OPEN = ROOT / "src/bothways/commands/bench/labelled"

from bothways.coach import sentences  # noqa: E402
from bothways.coach.book import LANGUAGES, book  # noqa: E402
from bothways.coach.text import fold  # noqa: E402

PARTS = tuple(sys.argv[1:]) or ("open", "practice", "practice2")
LETTER = {"praise": "P", "step": "S", "seen": "E"}
LACKS = {"praise": "only_bad", "step": "no_next_step", "seen": "no_example"}
WEAK, FAINT = 0.7, 0.3  # how much a sentence of a labelled message counts beside one of our own
PURPOSE = {"concern": "c", "good": "g", "logistics": "l"}


def examples(language: str) -> list[tuple[str, str]]:
    lines = (WORDS / f"{language}-sentences.txt").read_text("utf-8").splitlines()
    return [tuple(line.split("|", 1)) for line in lines if "|" in line and line[0] != "#"]  # type: ignore[misc]


def fit_sentences(language: str, without: int = -1) -> None:
    """Fit on the sentences, then twice more with those of the labelled messages.

    A message without `no_example` shows something in one of its sentences: in the one that looks most like it.
    A message with that finding has no such sentence. ``without``: the third of the messages to leave out.
    """
    known = book(language)
    own = [(fold(text).text, tags) for tags, text in examples(language)]
    used = [case for i, case in enumerate(labelled(language)) if i % 3 != without]
    cases = [(case, [s.text for s in fold(case["text"]).sentences]) for case in used]
    rows = [set(sentences.features(text, known)) for text, _ in own]
    rows += [set(sentences.features(text, known)) for _, texts in cases for text in texts]
    seen = Counter(name for row in rows for name in row)
    names = sorted(name for name, n in seen.items() if n >= 2)
    at = {name: i for i, name in enumerate(names)}
    x = Rows([sorted(at[name] for name in row & at.keys()) for row in rows], len(names))
    y = np.zeros((len(rows), len(sentences.LABELS)))
    weight = np.zeros_like(y)
    weight[: len(own)] = 1.0
    for i, (_, tags) in enumerate(own):
        y[i] = [
            float(LETTER[n] in tags[1:]) if n in LETTER else float(tags[0] == PURPOSE[n])
            for n in sentences.LABELS
        ]
    w = logistic(x, y, weight, ridge=1.0)
    for _ in range(2):
        looks, i = x.times(w), len(own)
        for case, texts in cases:
            part = slice(i, i + len(texts))
            i += len(texts)
            for j, name in enumerate(sentences.LABELS):
                if name in PURPOSE:
                    y[part, j], weight[part, j] = case["kind"] == name, FAINT
                elif case["kind"] == "concern":
                    lacks = LACKS[name] in case["rules"]
                    weight[part, j] = WEAK if lacks else 0.0
                    if not lacks:
                        best = part.start + int(looks[part, j].argmax())
                        y[best, j], weight[best, j] = 1.0, WEAK
        w = logistic(x, y, weight, ridge=1.0)
    kept = {
        name: [round(float(v), 2) for v in w[i]]
        for i, name in enumerate(names)
        if np.abs(w[i]).max() >= 0.08
    }
    lines = [f"{json.dumps(k, ensure_ascii=False)}: {json.dumps(v)}" for k, v in kept.items()]
    (WORDS / f"{language}-weights.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


class Rows:
    """Rows of features that are there or not."""

    def __init__(self, rows: list[list[int]], width: int) -> None:
        self.width = width
        self.column = np.array([i for row in rows for i in row])
        self.row = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        self.starts = np.searchsorted(self.row, np.arange(len(rows)))

    def times(self, w: np.ndarray) -> np.ndarray:
        return np.add.reduceat(w[self.column], self.starts)

    def turned(self, g: np.ndarray) -> np.ndarray:
        return np.stack(
            [np.bincount(self.column, g[self.row, j], self.width) for j in range(g.shape[1])], 1
        )


def logistic(
    x: Rows, y: np.ndarray, weight: np.ndarray, ridge: float, steps: int = 200
) -> np.ndarray:
    v = np.ones((x.width, 1))
    for _ in range(12):
        v = x.turned(x.times(v / np.linalg.norm(v)))
    w = np.zeros((x.width, y.shape[1]))
    speed = np.zeros_like(w)
    rate = 0.9 / (0.25 * np.linalg.norm(v) + ridge)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-x.times(w)))
        speed = 0.9 * speed - rate * (x.turned(weight * (p - y)) + ridge * w)
        w += speed
    return w


def labelled(language: str) -> list[dict[str, str]]:
    """The labelled messages that may be read: never the final half."""
    lines = [
        line
        for part in PARTS
        for line in (OPEN / f"{language}-{part}.jsonl").read_text("utf-8").split("\n")
    ]
    return [json.loads(line) for line in lines if line.strip()]


def fit_kinds() -> None:
    from bothways.coach.check import signs_of

    kinds = list(PURPOSE)
    rows, y = [], []
    for language in LANGUAGES:
        for part in range(3):  # the signs of a message come from a fit that has not seen it
            fit_sentences(language, part)
            sentences._weights.cache_clear()
            for case in labelled(language)[part::3]:
                rows.append(signs_of(fold(case["text"]), book(language)))
                y.append(kinds.index(case["kind"]))
    names = list(rows[0])
    x = np.array([[row[name] for name in names] for row in rows])
    t = np.eye(3)[y]

    def fit(x: np.ndarray, t: np.ndarray, ridge: float = 4.0) -> np.ndarray:
        spread = np.maximum(x.std(0), 0.3)
        z, w = x / spread, np.zeros((x.shape[1], 3))
        for _ in range(3000):
            p = np.exp(z @ w - (z @ w).max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            w -= 0.3 * (z.T @ (p - t) + ridge * w) / len(x)
        return w / spread[:, None]

    order = np.random.default_rng(1).permutation(len(x))
    right = 0
    for part in range(10):
        test = order[part::10]
        train = np.setdiff1d(order, test)
        right += int(((x[test] @ fit(x[train], t[train])).argmax(1) == t[test].argmax(1)).sum())
    print(f"kind, ten parts of the open half: {right / len(x):.3f} right")  # noqa: T201
    w = fit(x, t)
    lines = ["# How much each sign speaks for each kind (scripts/fit_coach.py)."]
    for j, kind in enumerate(kinds):
        lines += ["", f"[{kind}]", *(f"{name} = {w[i, j]:.3f}" for i, name in enumerate(names))]
    (WORDS / "kinds.toml").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    fit_kinds()
    for tag in LANGUAGES:
        fit_sentences(tag)
