"""Each rule in words of its own: wordings that it must find, and near misses that it must not."""

import tomllib
from pathlib import Path

import pytest

from bothways.coach import check

_ALL = tomllib.loads((Path(__file__).parent / "variants.toml").read_text("utf-8"))
CASES = [
    pytest.param(lang, rule, text, wanted == "yes", id=f"{lang} {rule} {wanted}: {text[:40]}")
    for lang, rules in _ALL.items()
    for rule, both in rules.items()
    for wanted, texts in both.items()
    for text in texts
]


@pytest.mark.parametrize(("lang", "rule", "text", "there"), CASES)
def test_meaning_is_found_and_near_misses_are_not(
    lang: str, rule: str, text: str, there: bool
) -> None:
    found = {one.rule.value for one in check(text, lang=lang).findings}
    assert (rule in found) == there
