"""Letters, read back from the PDF and the job ticket."""

import asyncio
import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from bothways.channels.contract import Misconfigured, Outgoing, Sender, Settings, Version
from bothways.channels.enums import Channel, OutcomeKind
from bothways.channels.letters.carrier import LettersCarrier
from channels.deliveries import outcomes, to_alician
from channels.letter_words import WORDS

NOW = datetime(2021, 9, 13, 14, 0, tzinfo=UTC)
SPANISH = Version("es", "Estimada familia:\n\nTroy entregó su tarea.", "Una buena semana")
ARABIC = Version("ar", "عائلتنا العزيزة، اتصلوا على (512) 555-0100 اليوم.", "أسبوع جيد")


def press(tray: Path, **settings: str) -> LettersCarrier:
    return LettersCarrier(Settings({"folder": str(tray), **settings}), labels=WORDS, now=NOW)


def letter(key: str = "k1", **changes: Any) -> Outgoing:
    return to_alician(Channel.LETTER, key, **changes)


def english(body: str) -> tuple[Version, ...]:
    return (Version("en", body, "News"),)


def lying(folder: Path) -> dict[str, int]:
    """The files in a tray and their sizes."""
    return {file.name: file.stat().st_size for file in sorted(folder.iterdir())}


def tickets(folder: Path) -> dict[str, list[str]]:
    """The keys on each job ticket, by kind."""
    told = {file.stem.split("-")[0]: json.loads(file.read_text()) for file in folder.glob("*.json")}
    return {kind: [line["key"] for line in ticket["letters"]] for kind, ticket in told.items()}


def a_file(folder: Path) -> Path:
    path = folder / "file"
    path.write_text("no folder")
    return path


class Tray:
    """What lies in a print tray."""

    def __init__(self, folder: Path) -> None:
        (self.ticket_file,) = folder.glob("*.json")
        self.ticket = json.loads(self.ticket_file.read_text())
        self.pdf: Any = PdfReader(self.ticket_file.with_suffix(".pdf"))
        self.lines = {line["key"]: line for line in self.ticket["letters"]}

    def text(self, key: str = "k1") -> str:
        """All words of one letter, white space made even."""
        first, count = self.lines[key]["page"], self.lines[key]["pages"]
        pages = self.pdf.pages[first - 1 : first - 1 + count]
        return " ".join(" ".join(page.extract_text() for page in pages).split())


async def printed(tray: Path, *batch: Outgoing, **settings: str) -> Tray:
    told = await outcomes(press(tray, **settings), *batch)
    assert {outcome.kind for outcome in told.values()} == {OutcomeKind.PRINTED}
    return Tray(tray)


# --- what is on the paper ------------------------------------------------------------------------


async def test_letter_carries_all_that_a_family_needs(tmp_path: Path) -> None:
    text = (await printed(tmp_path, letter())).text()
    for words in (
        "Grand Bend Elementary School",
        "100 Main Street",
        "September 13, 2021",
        "Alician Brown",
        "1411 Oak Street, Apt 4",
        "About Troy",
        "A good week in math",
        "Troy turned in all of his homework this week.",
        "How to answer",
        "Type this code at grandbend.example/r",
        "Or call us: (512) 555-0100",
        "Or cut here",
        "Return slip",
        "I have read this letter",
        "I did not understand this letter",
        "Please call me at",
        "My answer",
    ):
        assert words in text
    assert text.count("BCDF-GHJK-MNPQ") == 2  # below the square and on the slip


async def test_ticket_says_what_the_print_shop_needs(tmp_path: Path) -> None:
    tray = await printed(tmp_path, letter(versions=(*letter().versions, SPANISH)))
    assert tray.ticket == {
        "batch": tray.ticket_file.stem,
        "made_at": "2021-09-13T14:00:00+00:00",
        "school": "Grand Bend Elementary School",
        "letters": [
            {
                "key": "k1",
                "channel": "letter",
                "to": "1411 Oak Street, Apt 4\nGrand Bend, TX 78000",
                "names": ["Alician Brown"],
                "purpose": "personal",
                "languages": ["en", "es"],
                "body": letter().versions[0].body + "\n\n" + SPANISH.body,
                "code": "BCDF-GHJK-MNPQ",
                "reply_url": "https://grandbend.example/r/BCDFGHJKMNPQ",
                "page": 1,
                "pages": 2,
            }
        ],
    }


async def test_home_of_two_languages_reads_one_after_the_other(tmp_path: Path) -> None:
    text = (await printed(tmp_path, letter(versions=(*letter().versions, SPANISH)))).text()
    order = [
        text.index(words)
        for words in (
            "A good week in math",
            "Una buena semana",
            "How to answer",
            "Cómo responder",
            "I have read this letter",
            "Leí esta carta",
        )
    ]
    assert order == sorted(order)


async def test_every_letter_begins_on_a_new_sheet_in_printing_order(tmp_path: Path) -> None:
    long = "\n\n".join(["A paragraph of some length about the week at school. " * 6] * 12)
    tray = await printed(
        tmp_path,
        letter("c", sort_key="3"),
        letter("a", sort_key="1", versions=english(long)),
        letter("b", sort_key="2", names=("Mrs. Novak",)),
    )
    assert [line["key"] for line in tray.ticket["letters"]] == ["a", "b", "c"]
    pages = [(line["page"], line["pages"]) for line in tray.ticket["letters"]]
    assert pages[0][0] == 1
    assert pages[0][1] >= 2
    assert all(page % 2 == 1 for page, _ in pages)
    for (page, count), (following, _) in pairwise(pages):
        assert following == page + count + (count % 2)
    assert len(tray.pdf.pages) == pages[-1][0] + pages[-1][1] - 1
    assert "Mrs. Novak" in tray.text("b")


async def test_long_letter_has_its_slip_on_the_last_page_only(tmp_path: Path) -> None:
    tray = await printed(tmp_path, letter(versions=english("Some words of a long letter. " * 240)))
    pages = [page.extract_text() for page in tray.pdf.pages]
    assert tray.lines["k1"]["pages"] == len(pages) == 3
    assert ["Return slip" in page for page in pages] == [False, False, True]
    assert [f"Page {n} of 3" in page for n, page in enumerate(pages, 1)] == [True] * 3
    assert ["1411 Oak Street" in page for page in pages] == [True, False, False]


async def test_outcome_counts_pages(tmp_path: Path) -> None:
    told = await outcomes(
        press(tmp_path), letter("a"), letter("b", versions=english("Some words. " * 400))
    )
    tray = Tray(tmp_path)
    assert {key: outcome.pages for key, outcome in told.items()} == {"a": 1, "b": 3}
    assert {outcome.carrier_id for outcome in told.values()} == {tray.ticket["batch"]}


async def test_handover_prints_names_and_no_address(tmp_path: Path) -> None:
    tray = await printed(
        tmp_path,
        to_alician(
            Channel.HANDOVER,
            to="17 Hidden Lane\nGrand Bend",  # must not be looked at, even when given
            names=("Emily’s parents",),
            children=("Emily",),
        ),
    )
    text = tray.text()
    assert "To be handed over in person." in text
    assert "Emily’s parents" in text
    assert "Hidden" not in text
    assert tray.lines["k1"]["to"] == ""
    assert tray.ticket_file.stem.startswith("handover-")


async def test_letters_and_handovers_lie_apart(tmp_path: Path) -> None:
    await outcomes(press(tmp_path), letter("a"), to_alician(Channel.HANDOVER, "b"))
    assert tickets(tmp_path) == {"letter": ["a"], "handover": ["b"]}
    assert len(lying(tmp_path)) == 4


async def test_letter_names_nobody_elses_address(tmp_path: Path) -> None:
    tray = await printed(
        tmp_path,
        letter("a", to="17 Hidden Lane\nGrand Bend", names=("Mr. Novak",), children=("Emily",)),
        letter("b"),
    )
    assert "Hidden" in tray.text("a")
    assert "Hidden" not in tray.text("b")
    assert "Oak Street" not in tray.text("a")


# --- the window ----------------------------------------------------------------------------------


Piece = tuple[str, float, float]


def pieces(tray: Tray) -> list[Piece]:
    """The text on page one, each piece with its inches from the left and the top."""
    page = tray.pdf.pages[0]
    height = float(page.mediabox.height)
    found: list[Piece] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        x = cm[0] * tm[4] + cm[2] * tm[5] + cm[4]
        y = cm[1] * tm[4] + cm[3] * tm[5] + cm[5]
        if text.strip():
            found.append((text, x / 72, (height - y) / 72))

    page.extract_text(visitor_text=visit)
    return found


def solid(text: str) -> str:
    return "".join(text.replace("\u200b", "").split())


ADDRESSES = {
    "short": "1411 Oak Street\nGrand Bend, TX 78000",
    "twelve lines": "\n".join(f"Line {n} of a very careful address" for n in range(12)),
    "long lines": "The House at the End of the Long Road behind the Old Water Tower, Apartment 12345 B\n"
    "Grand Bend, TX 78000",
    "no spaces": "Donaudampfschifffahrtsgesellschaftskapitaenswitwenrentenauszahlungsstelle" * 2,
}


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES.keys())
@pytest.mark.parametrize(
    ("paper", "window", "fold"),
    [
        # inches: where the window can come to stand (left, top, right, bottom), and the first fold
        ("us-letter", (-0.125, 2.04, 5.375, 3.625), 3.667),
        ("a4", (10 / 25.4, 44 / 25.4, 110 / 25.4, 90 / 25.4), 99 / 25.4),
    ],
)
async def test_address_and_nothing_else_shows_in_the_window(
    tmp_path: Path,
    paper: str,
    window: tuple[float, float, float, float],
    fold: float,
    address: str,
) -> None:
    tray = await printed(tmp_path, letter(to=address), paper=paper)
    left, top, right, bottom = window
    everything = pieces(tray)
    shown = [
        (text, x, y) for text, x, y in everything if left < x < right and top < y < bottom + 0.05
    ]
    assert solid("".join(text for text, _, _ in shown)).replace(",", "") == solid(
        f"Alician Brown {address}"
    ).replace(",", "")
    assert min(y for _, _, y in shown) > top + 0.4
    assert all(y < top for text, _, y in everything if "100 Main" in text)
    body = [y for text, _, y in everything if "turned" in text or "About" in text]
    assert len(body) >= 2
    assert all(y > fold for y in body)


async def test_short_address_is_seen_however_the_sheet_lies(tmp_path: Path) -> None:
    tray = await printed(tmp_path, letter())
    shown = [y for _, x, y in pieces(tray) if x < 5.375 and 2.04 < y < 3.625]
    assert shown
    assert all(2.5 < y < 3.167 for y in shown)


# --- words that could go wrong -------------------------------------------------------------------

ODD = r"""#panic("x") $x^2$ *bold* _em_ @label <label> `code` \ \u{41} // /* */ "quotes" 'single' ~ -- --- ...
= Heading
- item
+ item
/ term: x
[content] {code} #let x = 1; #read("/etc/passwd") https://a.example/#frag"""


async def test_nothing_that_people_type_is_markup(tmp_path: Path) -> None:
    tray = await printed(
        tmp_path,
        letter(
            versions=(Version("en", ODD, "#import $x$ *y*"),),
            names=("#set page()", "@a *b* $c$"),
            children=("#T_r_oy",),
            to="#1 $treet *\n@ TX",
            sender=Sender("#School *x*", ("#1",), "$5"),
        ),
    )
    text = tray.text()
    for line in ODD.splitlines():
        assert " ".join(line.split()) in text
    for words in (
        "#import $x$ *y*",
        "#set page()",
        "@a *b* $c$",
        "About #T_r_oy",
        "#1 $treet *",
        "#School *x*",
    ):
        assert words in text


async def test_ten_thousand_characters_all_come_out(tmp_path: Path) -> None:
    words = [f"word{n}" for n in range(1250)]
    tray = await printed(tmp_path, letter(versions=english(" ".join(words))))
    text = tray.text().split()
    assert [word for word in text if word.startswith("word")] == words


async def test_run_without_spaces_stays_on_the_sheet(tmp_path: Path) -> None:
    tray = await printed(tmp_path, letter(versions=english("W" * 2000)))
    text = "".join(page.extract_text() for page in tray.pdf.pages)
    assert text.count("W") >= 2000
    rows = [x for piece, x, _ in pieces(tray) if set(solid(piece)) == {"W"}]
    assert len(rows) > 10
    assert all(0.89 < x < 8.5 - 0.9 for x in rows)


@pytest.mark.parametrize(
    "body",
    [
        "a\u202eb\u202c c \u2067open isolate",
        "bell\x07 nul\x00 escape\x1b tab\there",
        "\ufeffmark \U000e0041tag",
        "one\r\ntwo\rthree\u2028four\x85five",
        "e\u0301 decomposed, Nguye\u0302\u0303n",
        "👍 ❤️ 👨‍👩‍👧 ½ € ₫ № “ ” … – —",
        "   \n\n\n  spaces  \n \n\t\n",
    ],
)
async def test_odd_characters_come_out_right(tmp_path: Path, body: str) -> None:
    text = (await printed(tmp_path, letter(versions=english(body)))).text()
    assert "Return slip" in text
    assert not set(text) & set("\u202e\x07\x00\x1b\ufeff")


async def test_home_without_names_or_children_still_gets_its_letter(tmp_path: Path) -> None:
    tray = await printed(tmp_path, letter(names=("", " "), children=(), code="", reply_url=""))
    text = tray.text()
    assert "1411 Oak Street" in text
    assert "About" not in text
    assert "k1" in text  # the slip can be matched all the same


@pytest.mark.parametrize("subject", ["", "Grand Bend Elementary School"])
async def test_message_without_a_subject_is_headed_by_the_child(
    tmp_path: Path, subject: str
) -> None:
    text = (await printed(tmp_path, letter(versions=(Version("en", "Hello", subject),)))).text()
    assert text.count("About Troy") == 1
    assert text.count("Grand Bend Elementary School") == 1


async def test_home_whose_guardians_have_no_name_is_addressed_by_the_child(tmp_path: Path) -> None:
    text = (await printed(tmp_path, letter(names=()))).text()
    assert "To the family of Troy" in text


# --- languages -----------------------------------------------------------------------------------

GREETINGS = {
    "es": "¿Cómo está? Él niño",
    "vi": "Kính gửi gia đình Nguyễn, chúng tôi rất vui",
    "ht": "Bonjou fanmi, pitit ou a byen travay",
    "so": "Qoyska qaaliga ah",
    "uk": "Шановна родино, їжак ґанок",
    "pt-BR": "Olá, família! Atenção",
    "am": "ውድ ቤተሰብ፣ ሰላም።",
    "ti": "ክቡር ስድራ",
    "zh-Hans": "亲爱的家长：您好。",
    "zh-Hant": "親愛的家長：您好。",
    "ko": "안녕하세요 학부모님",
    "ja": "こんにちは、保護者の皆様",
    "hi": "प्रिय परिवार, नमस्ते",
    "ne": "प्रिय परिवार",
    "bn": "প্রিয় পরিবার",
    "gu": "પ્રિય પરિવાર",
    "pa": "ਪਿਆਰੇ ਪਰਿਵਾਰ",
    "ta": "அன்பான குடும்பம்",
    "te": "ప్రియమైన కుటుంబం",
    "ml": "പ്രിയപ്പെട്ട കുടുംബം",
    "my": "ချစ်လှစွာသော မိသားစု",
    "th": "เรียนผู้ปกครอง",
    "lo": "ຮຽນ ພໍ່ແມ່",
    "km": "ជូនចំពោះគ្រួសារ",
    "hy": "Հարգելի ընտանիք",
    "ka": "ძვირფასო ოჯახო",
    "he": "משפחה יקרה",
    "yi": "טייערע משפחה",
    "ar": "عائلتنا العزيزة",
    "fa": "خانوادهٔ گرامی",
    "prs": "خانوادهٔ گرامی",
    "ps": "ګرانې کورنۍ، ښه راغلاست",
    "ur": "محترم خاندان",
    "yo": "Ẹ kú àárọ̀ ẹbí",
    "hmn": "Nyob zoo tsev neeg",
    "tlh": "nuqneH",
}


async def test_every_language_of_us_districts_has_its_letters(tmp_path: Path) -> None:
    batch = [letter(tag, versions=(Version(tag, body, body),)) for tag, body in GREETINGS.items()]
    tray = await printed(tmp_path, *batch)
    assert set(tray.lines) == set(GREETINGS)
    fonts = {
        str(font.get_object()["/BaseFont"]).split("+")[-1]
        for page in tray.pdf.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert {name.removeprefix("Noto").split("-")[0] for name in fonts if "Regular" in name} >= {
        "Sans",
        "NaskhArabic",
        "SansEthiopic",
        "SansSC",
        "SansKR",
        "SansMyanmar",
        "SansKhmer",
        "SansHebrew",
    }
    assert all(name.startswith("Noto") for name in fonts)


async def test_character_that_no_font_has_stops_that_letter_only(tmp_path: Path) -> None:
    told = await outcomes(
        press(tmp_path),
        letter("good"),
        letter("adlam", versions=(Version("ff-Adlm", "𞤀𞤁 hello", "x"),)),
        letter("name", names=("Ꭰlice",)),
        letter("broken", versions=english("half \ud83d")),
    )
    assert told["good"].kind is OutcomeKind.PRINTED
    assert {key: o.kind for key, o in told.items() if key != "good"} == dict.fromkeys(
        ("adlam", "name", "broken"), OutcomeKind.REJECTED
    )
    assert "Fula" in told["adlam"].detail
    assert "“𞤀” (U+1E900 ADLAM CAPITAL LETTER ALIF)" in told["adlam"].detail
    assert "U+13A0 CHEROKEE LETTER A" in told["name"].detail
    assert "lice" not in told["name"].detail
    assert set(Tray(tmp_path).lines) == {"good"}


async def test_letter_without_address_or_words_is_refused(tmp_path: Path) -> None:
    told = await outcomes(
        press(tmp_path),
        letter("a", to=" \n "),
        letter("b", versions=(Version("en", " "),)),
        letter("c", versions=()),
    )
    assert {o.kind for o in told.values()} == {OutcomeKind.REJECTED}
    assert lying(tmp_path) == {}


async def test_pdf_is_tagged_and_says_its_title_and_languages(tmp_path: Path) -> None:
    tray = await printed(tmp_path, letter("a"), letter("b", versions=(ARABIC,)))
    root = tray.pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712  # pypdf's own kind of truth
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert root["/Lang"] == "en"
    assert tray.pdf.metadata is not None
    assert tray.pdf.metadata.title == "Grand Bend Elementary School 2021-09-13"
    xmp = root["/Metadata"].get_data()
    assert b"<pdfuaid:part>1</pdfuaid:part>" in xmp
    languages = {
        str(o["/Lang"])
        for n in tray.pdf.xref[0]
        if isinstance(o := tray.pdf.get_object(n), dict) and "/Lang" in o
    }
    assert "ar" in languages
    figures = [
        o
        for n in tray.pdf.xref[0]
        if isinstance(o := tray.pdf.get_object(n), dict) and o.get("/S") == "/Figure"
    ]
    assert {str(f["/Alt"]) for f in figures if "/Alt" in f} == {"QR code BCDF-GHJK-MNPQ"}


# --- the tray ------------------------------------------------------------------------------------


async def test_printing_again_after_a_crash_overwrites(tmp_path: Path) -> None:
    await outcomes(press(tmp_path), letter("a"), letter("b"))
    first = lying(tmp_path)
    await outcomes(press(tmp_path), letter("b"), letter("a"))
    assert lying(tmp_path) == first
    assert len(first) == 2


async def test_ticket_appears_only_when_its_pdf_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced: list[str] = []
    original = Path.replace

    def watch(self: Path, target: Path) -> Path:
        replaced.append(Path(target).suffix)
        assert not list(tmp_path.glob("*.json"))
        return original(self, target)

    monkeypatch.setattr(Path, "replace", watch)
    await outcomes(press(tmp_path), letter())
    assert replaced == [".pdf", ".json"]
    assert [name.split(".", 1)[1] for name in lying(tmp_path)] == ["json", "pdf"]


async def test_tray_that_cannot_be_written_makes_letters_wait(tmp_path: Path) -> None:
    blocked = a_file(tmp_path)
    told = await outcomes(press(blocked), letter())
    assert (told["k1"].kind, told["k1"].code) == (OutcomeKind.UNAVAILABLE, "tray")
    assert "print tray" in told["k1"].detail


async def test_printing_leaves_the_loop_free(tmp_path: Path) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await outcomes(press(tmp_path), *[letter(f"k{n}") for n in range(60)])
    ticking.cancel()
    assert ticks >= 3


@pytest.mark.parametrize("settings", [{"folder": ""}, {"folder": "x", "paper": "papyrus"}])
def test_wrong_setting_is_told(settings: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        LettersCarrier(Settings(settings), labels=WORDS, now=NOW)


def test_words_that_english_lacks_are_named() -> None:
    words = {"en": {key: value for key, value in WORDS["en"].items() if key != "slip_read"}}
    with pytest.raises(Misconfigured, match="slip_read"):
        LettersCarrier(Settings({"folder": "x"}), labels=words, now=NOW)
