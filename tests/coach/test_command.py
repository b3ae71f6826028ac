"""``bothways coach``: JSON lines in, JSON lines out."""

import json

import pytest
from click.testing import CliRunner

from bothways.commands.coach import coach


def run(text: str | bytes) -> tuple[int, list[dict[str, object]], str]:
    done = CliRunner().invoke(coach, ["-", "--json"], input=text)
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_each_line_gets_its_answer_in_order() -> None:
    lines = [
        {"id": "a", "lang": "en", "text": "Your son is lazy."},
        {"id": 2, "lang": "es", "text": "Mañana no hay clases.", "kind": "logistics"},
    ]
    status, said, _ = run("\ufeff" + "\n".join(json.dumps(line) for line in lines) + "\n\n")
    assert (status, [one["id"] for one in said], said[1]["kind"]) == (0, ["a", 2], "logistics")
    finding = next(one for one in said[0]["findings"] if one["rule"] == "label")  # type: ignore[attr-defined]
    assert set(finding) == {"rule", "start", "end", "reason", "suggestion"}


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ('{"id": "a", "lang": "en"}', "text"),
        ('{"id": "a", "text": "x"}', "lang"),
        ('{"lang": "en", "text": "x"}', "id"),
        ('{"id": true, "lang": "en", "text": "x"}', "id"),
        ('{"id": "a", "lang": "en", "text": "x", "kind": "praise"}', "kind"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_by_its_number(bad: str, word: str) -> None:
    status, said, words = run('{"id": "a", "lang": "en", "text": "x"}\n' + bad)
    assert (status, said, "Line 2" in words, word in words) == (2, [], True, True)


def test_bytes_that_are_no_text_are_told() -> None:
    status, said, words = run(b'{"id": "a", "lang": "en", "text": "x"}\n\xff\xfe')
    assert (status, said, "Line 2" in words) == (2, [], True)
