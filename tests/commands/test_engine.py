"""``bothways engine``: set up, chosen and tried from the command line."""

from contextlib import nullcontext

import pytest
from click.testing import CliRunner

from bothways.commands import engine as command
from bothways.languages.engines.running import values_of
from bothways.languages.models import Choice
from bothways.schools.models import District
from languages.engine_stand_in import KEY, stand_in


@pytest.fixture
def call(db: None, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """The command, in this test's database."""
    District.objects.create(sis_id="d", name="Grand Bend")
    monkeypatch.setattr(command, "installation", nullcontext)

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(command.engine, list(words))
        return done.exit_code, done.output

    return run


def test_a_key_is_kept_and_hidden(call) -> None:  # type: ignore[no-untyped-def]
    code, words = call("deepl", "--set", f"key={KEY}")
    assert code == 0
    assert values_of("deepl") == {"key": KEY}
    assert KEY not in words


def test_an_engine_is_chosen_without_families_words_unless_said(call) -> None:  # type: ignore[no-untyped-def]
    call("deepl", "--use")
    assert list(Choice.objects.values_list("engine", "families_words")) == [("deepl", False)]
    call("deepl", "--use", "--families-words")
    assert list(Choice.objects.values_list("engine", "families_words")) == [("deepl", True)]
    call("none", "--use", "--families-words")
    assert list(Choice.objects.values_list("engine", "families_words")) == [("", False)]


def test_it_is_tried_with_a_sentence_of_ours(call) -> None:  # type: ignore[no-untyped-def]
    with stand_in() as service:
        call("libretranslate", "--set", f"url={service.url}")
        code, words = call("libretranslate", "--test", "es")
    assert (code, "[THE SCHOOL IS OPEN TOMORROW.]" in words) == (0, True)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["nonsense"], "There is no engine"),
        (["none"], "There is no engine"),
        (["deepl", "--set", "colour=blue"], "is no setting of deepl"),
        (["deepl", "--set", "key"], "is no setting of deepl"),
        (["deepl", "--test", "es"], "The setting “key” is empty"),
        (["deepl", "--use", "--district", "x"], "There is no district"),
    ],
)
def test_an_unusable_call_says_what_is_there(call, given: list[str], words: str) -> None:  # type: ignore[no-untyped-def]
    code, said = call(*given)
    assert (code, words in said) == (2, True)
