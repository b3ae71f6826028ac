"""A printed newsletter: about nobody, in whole languages, on two pages, and how many of each."""

import struct
import zlib
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from bothways.channels.letters.newsletter import NoNewsletter, TooLong, picture_in
from bothways.core import clock
from bothways.messaging.audience import Audience
from bothways.messaging.enums import Purpose
from bothways.messaging.models import Message, Newsletter
from bothways.messaging.services.newsletters import copies, for_everybody, make, pictures, printed
from bothways.schools.models import School
from messaging.world import World
from people import Cast, cast

FAIR = {
    "en": "The book fair is on Friday.",
    "es": "La feria del libro es el viernes.",
    "ar": "معرض الكتاب يوم الجمعة على (512) 555-0100.",
    "am": "የመጽሐፍ ትርኢቱ ዓርብ ነው።",
}


def png(width: int = 2, height: int = 2) -> bytes:
    """A grey picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\x00" + b"\x80" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    )


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))


@pytest.fixture
def everybody(db: None, at: Path) -> Cast:
    return cast()


def news(world: World, *messages: Message, picture: bytes | None = None) -> Newsletter:
    from people import Role, staff

    return make(
        school=world.school,
        messages=messages,
        picture=picture,
        alt="The hall with tables of books" if picture else "",
        by=staff(f"Ken{Newsletter.objects.count()}", Role.OFFICE, world.district, world.school),
    )


def pages(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def written(world: World, audience: Audience | None = None, **bodies: str) -> Message:
    return world.write(purpose=Purpose.TIMELY, audience=audience, **(bodies or FAIR))[0]


def test_newsletter_has_the_schools_head_the_words_and_how_to_answer(world: World) -> None:
    world.school.phone = "(512) 555-0100"
    world.school.save()
    made = news(world, written(world), written(world, en="Doors open at 7:30."), picture=png())
    (text,) = pages(printed(made, "en"))
    for part in (
        "News from Grand Bend Elementary",
        "September 14, 2026",
        "The book fair is on Friday.",
        "Doors open at 7:30.",
        "How to answer",
        "(512) 555-0100",
    ):
        assert part in text


@pytest.mark.parametrize("tag", ["ar", "am", "es"])
def test_each_language_has_its_own_sheet_tagged_for_readers(world: World, tag: str) -> None:
    made = news(world, written(world))
    pdf = PdfReader(BytesIO(printed(made, tag)))
    text = "".join(page.extract_text() for page in pdf.pages)
    assert {letter for letter in FAIR[tag] if letter.isalpha()} - set(text) == set()
    assert "book fair" not in text
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert pdf.trailer["/Root"]["/Lang"].startswith(tag)  # type: ignore[index]


def test_language_in_which_half_of_it_is_written_is_not_printed(world: World) -> None:
    made = news(world, written(world), written(world, en="Doors open at 7:30."))
    with pytest.raises(NoNewsletter, match="Not all of it"):
        printed(made, "es")


def test_what_does_not_fit_on_two_pages_says_how_many_lines_are_too_many(world: World) -> None:
    made = [
        news(world, written(world, en="\n".join(["The book fair is on Friday."] * n)))
        for n in (140, 250, 260)
    ]
    assert len(pages(printed(made[0], "en"))) == 2
    lines = []
    for one in made[1:]:
        with pytest.raises(TooLong, match=r"\d+ lines too long for two pages") as error:
            printed(one, "en")
        lines.append(error.value.lines)
    assert lines[0] > 0
    assert 9 <= lines[1] - lines[0] <= 11  # ten lines more are ten lines too many more


def test_nothing_about_one_child_or_for_certain_families_goes_in(world: World) -> None:
    troy = world.student("Troy")
    home = world.home(troy, guardians=[world.guardian("Alician", mobile="+13125550101")])
    for_all = written(world)
    written(world, Audience(students=(str(troy.sis_id),)))
    written(world, Audience(households=(home.pk,)))
    School.objects.create(district=world.district, sis_id="another", name="Oak Middle School")
    written(world, Audience(schools=("another",)))
    world.write(purpose=Purpose.PERSONAL, student=troy, en="Troy read a whole book.")
    found = for_everybody(Message.objects.all(), world.school, at=clock.now())
    later = for_everybody(Message.objects.all(), world.school, at=clock.now() + timedelta(days=29))
    assert (found, later) == ([for_all], [])


def test_copies_are_counted_by_class_and_language_and_a_barred_adult_gets_none(
    everybody: Cast,
) -> None:
    *rooms, total = copies(everybody.elementary, ["en", "es", "ar"], at=clock.now())
    # Troy, Emily: English; Elena: Spanish; Karim: Arabic. Hector, who is barred, is no reader.
    assert [(row.room, row.by_language) for row in rooms] == [
        ("Room 12", {"ar": 1, "en": 2, "es": 1})
    ]
    assert total.by_language == {"ar": 1, "en": 2, "es": 1}


def test_homes_without_words_and_without_readers_are_counted_apart(everybody: Cast) -> None:
    everybody.elena.can_read = False
    everybody.elena.save()
    total = copies(everybody.elementary, ["en"], at=clock.now())[-1]
    assert (total.by_language, total.no_words, total.nobody_reads) == ({"en": 2}, 1, 1)


@pytest.mark.parametrize(
    ("data", "alt", "says"),
    [
        (b"GIF89a" + b"\0" * 40, "Books", "neither a PNG nor a JPEG"),
        (b"", "Books", "neither a PNG nor a JPEG"),
        (b"\xff\xd8\xff", "Books", "neither a PNG nor a JPEG"),
        (png()[:20], "Books", "neither a PNG nor a JPEG"),
        (png()[:16] + struct.pack(">II", 90_000, 90_000) + png()[24:], "Books", "too many dots"),
        (png()[:16] + struct.pack(">II", 0, 2) + png()[24:], "Books", "too many dots"),
        (png() + b"\0" * 1_500_000, "Books", "larger than 1.5 MB"),
        (png(), " ", "what the picture shows"),
    ],
)
def test_picture_that_cannot_be_printed_is_refused_with_what_to_do(
    data: bytes, alt: str, says: str
) -> None:
    with pytest.raises(NoNewsletter, match=says):
        picture_in(data, alt)


def test_broken_picture_is_told_when_it_is_looked_at(world: World) -> None:
    made = news(world, written(world), picture=png()[:60])
    with pytest.raises(NoNewsletter, match="picture cannot be read"):
        printed(made, "en")


def test_pages_can_be_looked_at_before_printing(world: World) -> None:
    made = news(world, written(world), picture=png())
    assert [page[:4] for page in pictures(made, "ar")] == [b"\x89PNG"]
