"""Translation memory, glossary, suggestions and readings."""

from collections.abc import Iterator

import pytest

from bothways.core import clock, jobs
from bothways.languages import memory, reading
from bothways.languages.engines import running
from bothways.languages.engines.contract import CannotTranslate, Unavailable
from bothways.languages.engines.registry import ENGINES
from bothways.languages.models import Choice, Reading, Remembered, Term
from bothways.languages.services import From, read_all_for, read_for, remember, suggest
from bothways.schools.models import District
from languages.engine_stand_in import Echo

WORDS = "Troy was absent on September 14. Please call us."
SAID = "Troy faltó el 14 de septiembre. Por favor, llámenos."


@pytest.fixture
def district(db: None) -> District:
    return District.objects.create(sis_id="d", name="Grand Bend")


@pytest.fixture
def echo(district: District, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Echo]]:
    monkeypatch.setitem(ENGINES, "echo", Echo)  # type: ignore[arg-type]
    Choice.objects.create(district=district, engine="echo", families_words=True)
    Echo.asked, Echo.trouble = [], None
    yield Echo
    Echo.trouble = None


def keep(district: District, source: str = WORDS, target: str = SAID, **more: object) -> bool:
    values: dict[str, object] = {"by": None, "reviewed": True, "names": ["Troy", "Emily"], **more}
    return remember(
        district,
        source="en",
        source_text=source,
        target="es",
        target_text=target,
        **values,  # type: ignore[arg-type]
    )


def test_a_sentence_is_found_for_another_child_and_day(district: District) -> None:
    assert keep(district)
    found = suggest(
        district,
        "Emily was absent on October 2. Please call us.",
        source="en",
        targets=["es"],
        names=["Emily"],
    )
    assert (found["es"].text, found["es"].origin, found["es"].reviewed) == (
        "Emily faltó el 2 de octubre. Por favor, llámenos.",
        From.MEMORY,
        True,
    )
    assert found["es"].warnings == ()


def test_no_name_is_kept(district: District) -> None:
    keep(district)
    row = Remembered.objects.get()
    assert row.source_text == "⟦1⟧ was absent on ⟦2⟧. Please call us."
    assert row.target_text == "⟦1⟧ faltó el ⟦2⟧. Por favor, llámenos."


def test_words_about_a_child_whose_name_is_not_in_the_translation_are_not_kept(
    district: District,
) -> None:
    assert not keep(district, target="Su hijo faltó el 14 de septiembre.")
    assert Remembered.objects.count() == 0


def test_a_memory_stays_in_its_district(district: District) -> None:
    keep(district)
    other = District.objects.create(sis_id="o", name="Oak Bend")
    assert suggest(other, WORDS, source="en", targets=["es"], names=["Troy"]) == {}
    assert memory.near(other, WORDS, source="en", target="es", names=["Troy"]) == []


def test_what_is_nearly_the_same_is_shown_and_never_suggested(district: District) -> None:
    keep(district)
    text = "Emily was absent on October 2. Please call us today."
    assert suggest(district, text, source="en", targets=["es"], names=["Emily"]) == {}
    (hit,) = memory.near(district, text, source="en", target="es", names=["Emily"])
    assert hit.text == "Emily faltó el 2 de octubre. Por favor, llámenos."
    assert 0.75 <= hit.alike < 1


def test_something_else_is_not_near(district: District) -> None:
    keep(district)
    assert memory.near(district, "The bus is late.", source="en", target="es") == []


def test_a_date_is_not_found_where_a_name_stood(district: District) -> None:
    keep(district, "Ask Troy.", "Pregunte a Troy.")
    assert suggest(district, "Ask September 3.", source="en", targets=["es"]) == {}


def test_what_nobody_reviewed_does_not_replace_what_somebody_did(district: District) -> None:
    keep(district)
    keep(district, target="Troy no vino el 14 de septiembre.", reviewed=False)
    found = suggest(district, WORDS, source="en", targets=["es"], names=["Troy"])
    assert found["es"].text == SAID


def test_a_better_translation_replaces_the_older(district: District) -> None:
    keep(district, reviewed=False)
    keep(district, target="Troy no vino el 14 de septiembre.")
    assert Remembered.objects.count() == 1
    found = suggest(district, WORDS, source="en", targets=["es"], names=["Troy"])
    assert found["es"].text == "Troy no vino el 14 de septiembre."


def test_an_engine_never_gets_a_name_or_a_number(district: District, echo: type[Echo]) -> None:
    found = suggest(district, WORDS, source="en", targets=["es", "so"], names=["Troy"])
    assert [text for text, _, _ in echo.asked] == ["⟦1⟧ was absent on ⟦2⟧. Please call us."] * 2
    assert found["es"].text == "<es> Troy was absent on 14 de septiembre. Please call us."
    assert (found["es"].origin, found["es"].engine, found["es"].reviewed) == (
        From.MACHINE,
        "echo",
        False,
    )


def test_an_engine_is_not_asked_for_what_is_remembered(
    district: District, echo: type[Echo]
) -> None:
    keep(district)
    found = suggest(district, WORDS, source="en", targets=["es", "so"], names=["Troy"])
    assert {tag: one.origin for tag, one in found.items()} == {
        "es": From.MEMORY,
        "so": From.MACHINE,
    }
    assert [target for _, _, target in echo.asked] == ["so"]


def test_an_engine_in_trouble_gives_nothing_and_breaks_nothing(
    district: District, echo: type[Echo]
) -> None:
    echo.trouble = Unavailable("busy")
    assert suggest(district, "Come to school", source="en", targets=["es"]) == {}


def test_an_engine_that_loses_a_part_is_told_on(
    district: District, echo: type[Echo], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(self: Echo, batch: list[str], source: str, target: str) -> list[str]:
        return ["Llámenos 5 veces."]

    monkeypatch.setattr(Echo, "translate", lose)
    found = suggest(district, WORDS, source="en", targets=["es"], names=["Troy"])
    assert [(w.what, w.value) for w in found["es"].warnings] == [
        ("added", "5"),
        ("missing", "Troy"),
        ("missing", "September 14"),
    ]


def test_a_word_of_the_glossary_stays_or_is_said_as_the_district_says_it(
    district: District, echo: type[Echo]
) -> None:
    now = clock.now()
    Term.objects.create(district=district, source="en", word="Cougar Den", at=now)
    Term.objects.create(
        district=district, source="en", target="es", word="report card", said="boletín", at=now
    )
    found = suggest(district, "The report card is in the Cougar Den.", source="en", targets=["es"])
    assert echo.asked[0][0] == "The report card is in the ⟦1⟧."
    assert found["es"].text == "<es> The boletín is in the Cougar Den."


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_is_not_translated(district: District, echo: type[Echo], text: str) -> None:
    assert suggest(district, text, source="en", targets=["es"]) == {}
    assert echo.asked == []


def test_a_text_is_not_translated_into_its_own_language(
    district: District, echo: type[Echo]
) -> None:
    assert suggest(district, "Hello there", source="en", targets=["en", "en-GB", ""]) == {}


def test_without_an_engine_there_is_no_translation_of_a_familys_words(district: District) -> None:
    found = read_for(district, "Mi hijo está enfermo", known="es", reader="en")
    assert (found.language, found.sure, found.translation, found.waiting) == (
        "es",
        True,
        None,
        False,
    )


def test_a_familys_words_are_read_in_the_background_and_once(
    district: District, echo: type[Echo]
) -> None:
    words = "Troy está enfermo, llámeme al 312-555-0101"
    first = read_for(district, words, known="es", reader="en", names=["Troy"])
    assert (first.translation, first.waiting, echo.asked) == (None, True, [])
    jobs.run_all()
    second = read_for(district, words, known="es", reader="en", names=["Troy"])
    assert second.translation == "<en> Troy está enfermo, llámeme al 312-555-0101"
    assert (second.engine, second.waiting) == ("echo", False)
    assert echo.asked == [("⟦1⟧ está enfermo, llámeme al ⟦2⟧", "es", "en")]
    row = Reading.objects.get()
    assert (row.text, row.names) == ("", [])


def test_a_familys_words_do_not_leave_the_house_unless_the_district_said_so(
    district: District, echo: type[Echo]
) -> None:
    Choice.objects.update(families_words=False)
    found = read_for(district, "Mi hijo está enfermo", known="es", reader="en")
    jobs.run_all()
    assert (found.translation, found.waiting, echo.asked) == (None, False, [])


def test_words_that_wait_stay_in_the_house_when_the_district_changes_its_mind(
    district: District, echo: type[Echo]
) -> None:
    read_for(district, "Mi hijo está enfermo", known="es", reader="en")
    Choice.objects.update(families_words=False)
    jobs.run_all()
    assert echo.asked == []
    assert Reading.objects.get().text == ""


def test_an_engine_that_is_away_is_asked_again(district: District, echo: type[Echo]) -> None:
    read_for(district, "Mi hijo está enfermo", known="es", reader="en")
    echo.trouble = Unavailable("busy")
    with pytest.raises(Unavailable):
        reading.translate_waiting(district.pk)
    echo.trouble = None
    reading.translate_waiting(district.pk)
    assert Reading.objects.get().translation == "<en> Mi hijo está enfermo"


def test_an_engine_that_cannot_is_not_asked_for_ever(district: District, echo: type[Echo]) -> None:
    read_for(district, "Mi hijo está enfermo", known="es", reader="en")
    echo.trouble = CannotTranslate("no such pair")
    jobs.run_all()
    found = read_for(district, "Mi hijo está enfermo", known="es", reader="en")
    assert (found.translation, found.waiting, found.trouble) == (None, False, "CannotTranslate")


def test_a_reader_of_the_language_needs_no_engine(district: District, echo: type[Echo]) -> None:
    assert not read_for(district, "Mi hijo está enfermo", known="es", reader="es").waiting


def test_many_texts_cost_as_many_queries_as_one(
    district: District, echo: type[Echo], django_assert_max_num_queries: object
) -> None:
    texts = [(f"Mi hijo número {n} está enfermo", "es") for n in range(30)]
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert len(read_all_for(district, texts, reader="en")) == 30
    with django_assert_max_num_queries(1):  # type: ignore[operator]
        read_all_for(district, texts, reader="en")


def test_an_engine_that_never_answers_ends(
    district: District, echo: type[Echo], monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    async def never(self: Echo, batch: list[str], source: str, target: str) -> list[str]:
        await asyncio.sleep(60)
        return []

    monkeypatch.setattr(Echo, "translate", never)
    monkeypatch.setattr(running, "PATIENCE", 0.05)
    assert suggest(district, "Come to school", source="en", targets=["es"]) == {}
