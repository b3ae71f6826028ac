"""Engines: one contract, held against stand-ins that follow each vendor's documents, and the real Apertium."""

import shutil
from collections.abc import Iterator

import pytest

from bothways.languages.engines import asking
from bothways.languages.engines.apertium import Apertium
from bothways.languages.engines.contract import (
    CannotTranslate,
    Engine,
    EngineError,
    Misconfigured,
    Settings,
    Unavailable,
    UsedUp,
)
from bothways.languages.engines.registry import ENGINES
from languages.engine_stand_in import KEY, StandIn, stand_in

OUTSIDE = ("libretranslate", "deepl", "google", "azure")


@pytest.fixture
def service() -> Iterator[StandIn]:
    with stand_in() as state:
        yield state


def engine(name: str, service: StandIn) -> Engine:
    if name == "libretranslate":
        return ENGINES[name](Settings({"url": service.url + "/", "api_key": KEY}))
    return ENGINES[name](Settings({"key": KEY, "base_url": service.url, "region": "eastus"}))


@pytest.mark.parametrize("name", OUTSIDE)
async def test_texts_come_back_in_order_line_by_line_with_their_tokens(
    name: str, service: StandIn
) -> None:
    texts = ["Call ⟦1⟧ & say <hi>.\n\n  Then come.", "⟦1⟧", "", "Bye ⟦1⟧ ⟦2⟧"]
    said = await engine(name, service).translate(texts, "en", "es")
    assert said == ["[CALL ⟦1⟧ & SAY <HI>.]\n\n  [THEN COME.]", "⟦1⟧", "", "[BYE ⟦1⟧ ⟦2⟧]"]


@pytest.mark.parametrize("name", OUTSIDE)
async def test_many_lines_go_in_as_many_requests_as_the_service_takes(
    name: str, service: StandIn
) -> None:
    texts = [f"line {n} " + "x" * 100 for n in range(300)]
    said = await engine(name, service).translate(texts, "en", "es")
    assert said == [f"[{text.upper()}]" for text in texts]
    assert len(service.asked) > 1


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ("wrong key", Misconfigured),
        ("quota", UsedUp),
        ("busy", Unavailable),
        ("away", Unavailable),
        ("pair", CannotTranslate),
        ("redirect", Misconfigured),
        ("no json", EngineError),
        ("other json", EngineError),
        ("partial", EngineError),
    ],
)
async def test_each_refusal_is_what_it_means(
    name: str, trouble: str, error: type[EngineError], service: StandIn
) -> None:
    service.trouble = trouble
    with pytest.raises(EngineError) as raised:
        await engine(name, service).translate(["Troy is ill", "today"], "en", "es")
    assert type(raised.value) is error
    assert "Troy" not in str(raised.value)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("name", OUTSIDE)
async def test_a_service_that_says_nothing_is_not_waited_for(
    name: str, service: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "TIMEOUT", 0.2)
    service.trouble = "silent"
    with pytest.raises(Unavailable):
        await engine(name, service).translate(["school"], "en", "es")


@pytest.mark.parametrize("name", OUTSIDE)
async def test_a_service_that_is_not_there_is_away(name: str) -> None:
    with pytest.raises(Unavailable):
        await engine(name, StandIn(url="http://127.0.0.1:1")).translate(["school"], "en", "es")


@pytest.mark.parametrize("name", OUTSIDE)
async def test_the_key_is_in_no_address(name: str, service: StandIn) -> None:
    await engine(name, service).translate(["school"], "en", "es")
    ((path, headers, body),) = service.asked
    assert KEY not in path
    assert KEY in " ".join(headers.values()) or KEY in str(body)


@pytest.mark.parametrize(
    ("name", "language", "code"),
    [
        ("deepl", "zh-Hans", "ZH-HANS"),
        ("deepl", "pt", "PT-BR"),
        ("google", "prs", "fa-AF"),
        ("google", "zh-Hans", "zh-CN"),
        ("azure", "prs", "prs"),
        ("libretranslate", "prs", "fa"),
    ],
)
async def test_each_service_gets_its_own_name_of_a_language(
    name: str, language: str, code: str, service: StandIn
) -> None:
    await engine(name, service).translate(["school"], "en", language)
    ((path, _, body),) = service.asked
    sent = path if name == "azure" else str(body.get("target_lang") or body.get("target"))
    assert sent.endswith(f"to={code}&textType=html") if name == "azure" else sent == code


@pytest.mark.parametrize("name", OUTSIDE)
def test_an_engine_without_its_key_says_which_setting_is_empty(name: str) -> None:
    with pytest.raises(Misconfigured, match="is empty"):
        ENGINES[name](Settings({}))


def test_only_apertium_stays_in_the_house() -> None:
    assert [name for name, kind in ENGINES.items() if not kind.outside] == ["apertium"]


def test_a_free_key_of_deepl_goes_to_the_free_address() -> None:
    assert ENGINES["deepl"](Settings({"key": "a:fx"})).url == "https://api-free.deepl.com"  # type: ignore[attr-defined]
    assert ENGINES["deepl"](Settings({"key": "a"})).url == "https://api.deepl.com"  # type: ignore[attr-defined]


def test_deepl_is_not_asked_for_somali() -> None:
    assert not ENGINES["deepl"](Settings({"key": "a"})).can("en", "so")


@pytest.mark.skipif(shutil.which("apertium") is None, reason="Apertium is not installed here")
class TestApertium:
    async def test_spanish_becomes_english_and_english_spanish(self) -> None:
        real = Apertium(Settings({}))
        assert await real.translate(["El niño está enfermo."], "es", "en") == ["The boy is ailing."]
        assert await real.translate(["The school is closed."], "en", "es") == [
            "La escuela está cerrada."
        ]

    async def test_tokens_lines_and_signs_stay(self) -> None:
        real = Apertium(Settings({}))
        texts = ["La escuela de ⟦1⟧ <b> [x] ^ $ {n} \\ / @ está cerrada.\n\nGracias.", "⟦2⟧"]
        first, second = await real.translate(texts, "es", "en")
        assert "⟦1⟧ <b> [x] ^ $ {n} \\ / @" in first
        assert first.split("\n")[1:] == ["", "Thank you."]
        assert second == "⟦2⟧"

    async def test_as_many_texts_come_back_as_went(self) -> None:
        texts = [f"Hola número {n}" + ("." if n % 2 else "") for n in range(60)]
        assert len(await Apertium(Settings({})).translate(texts, "es", "en")) == 60

    async def test_other_pairs_are_refused(self) -> None:
        real = Apertium(Settings({}))
        assert not real.can("en", "so")
        with pytest.raises(CannotTranslate):
            await real.translate(["school"], "en", "so")

    def test_without_the_program_it_says_what_to_install(self) -> None:
        with pytest.raises(Misconfigured, match="Install the packages"):
            Apertium(Settings({"program": "no-such-apertium"}))
