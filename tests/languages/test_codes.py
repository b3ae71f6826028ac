"""Names and codes as rosters write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.languages import codes
from bothways.languages.folding import fold

SEEN_IN_ROSTERS = [
    ("en", ["en", "eng", "English", "ENGLISH", "en-US", "English only", " english "]),
    ("es", ["es", "spa", "Spanish", "Spanish; Castilian", "español", "ESPANOL", "es-MX", "Spansh"]),
    ("ar", ["ar", "ara", "arb", "Arabic", "العربية", "عربي", "Arabic (Egypt)", "Iraqi"]),
    ("zh-Hans", ["zh", "chi", "zho", "cmn", "zh-CN", "zh_CN", "Chinese", "Mandarin", "简体中文"]),
    ("zh-Hans", ["Chinese-Mandarin", "Chinese (Mandarin)", "Mandarin Chinese", "zh-hans", "中文"]),
    ("zh-Hant", ["zh-TW", "zh-Hant", "zh-HK", "Chinese (Traditional)", "繁體中文"]),
    ("vi", ["vi", "vie", "Vietnamese", "Tiếng Việt", "Tieng Viet", "Vietnamise"]),
    (
        "ht",
        ["ht", "hat", "Haitian", "Haitian-Creole", "Haitian; Haitian Creole", "Kreyòl", "Creole"],
    ),
    ("so", ["so", "som", "Somali", "Soomaali", "Somoli", "Maay Maay"]),
    ("am", ["am", "amh", "Amharic", "አማርኛ", "Amaric"]),
    ("prs", ["prs", "Dari", "دری", "Dari/Farsi", "fa-AF", "Persian (Dari)", "Farsi, Dari"]),
    ("ps", ["ps", "pus", "Pashto", "Pushto", "Pashto; Pushto", "پښتو"]),
    ("uk", ["uk", "ukr", "Ukrainian", "Українська", "Ukranian"]),
    ("pt", ["pt", "por", "Portuguese", "pt-BR", "Portuguese (Brazil)", "Português", "Portugese"]),
    ("fa", ["fa", "per", "fas", "pes", "Farsi", "Persian", "فارسی"]),
    ("tl", ["tl", "tgl", "fil", "Tagalog", "Filipino", "Pilipino; Filipino"]),
    ("hmn", ["hmn", "mww", "Hmong", "White Hmong"]),
    ("kar", ["kar", "ksw", "Karen", "S'gaw Karen"]),
    ("quc", ["quc", "K'iche'", "Quiche", "Kiche"]),
    ("kjb", ["kjb", "Q'anjob'al", "Kanjobal"]),
    ("mam", ["mam", "Mam", "Mayan (Mam)", "Mam (Mayan)"]),
    ("ku", ["ku", "kur", "Kurdish"]),
    ("ckb", ["ckb", "Sorani", "Kurdish (Sorani)"]),
    ("ku-Arab", ["ku-Arab"]),
    ("yue", ["yue", "Cantonese", "Chinese-Cantonese", "Chinese (Cantonese)"]),
    ("ne", ["ne", "nep", "Nepali"]),
    ("my", ["my", "bur", "mya", "Burmese", "Myanmar"]),
    ("sw", ["sw", "swa", "swh", "Swahili", "Kiswahili"]),
    ("rw", ["rw", "kin", "Kinyarwanda"]),
    ("om", ["om", "orm", "Oromo", "Afaan Oromoo"]),
    ("he", ["he", "iw", "heb", "Hebrew"]),
    ("ase", ["asl", "ASL", "American Sign Language"]),
    ("lb", ["Luxembourgish", "ltz", "lb"]),
]


@pytest.mark.parametrize(
    ("tag", "text"), [(tag, text) for tag, texts in SEEN_IN_ROSTERS for text in texts]
)
def test_a_roster_spelling_is_understood(tag: str, text: str) -> None:
    assert codes.normalise(text) == tag


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "Other",
        "Unknown",
        "None",
        "N/A",
        "Undetermined",
        "und",
        "mul",
        "Multiple",
        "No",
        "Declined to answer",
        "Other (non-English)",
        "01",
        "9999",
        "?",
        "xx",
        "gibberish xyz",
        "-",
    ],
)
def test_what_is_no_language_is_none(text: str) -> None:
    assert codes.normalise(text) is None


def test_of_two_home_languages_the_one_that_is_not_english_counts() -> None:
    assert codes.normalise("English/Spanish") == "es"
    assert codes.normalise("Somali and English") == "so"
    assert codes.normalise("English; Other") == "en"


def test_a_guess_between_two_languages_is_not_made() -> None:
    assert codes.normalise("Karean") is None  # Karen? Korean?


def test_every_listed_language_is_found_by_all_its_codes_and_names() -> None:
    for tag, line in codes._data()["languages"].items():
        for text in (tag, *line["codes"], line["english"], line["own"]):
            assert codes.normalise(text) == tag, text


def test_no_name_is_claimed_by_two_languages() -> None:
    claimed: dict[str, str] = {}
    for tag, line in codes._data()["languages"].items():
        for name in {fold(n) for n in (line["english"], line["own"], *line.get("also", ()))}:
            assert claimed.setdefault(name, tag) == tag, name


@given(st.text(max_size=60))
def test_normalise_never_raises_and_is_stable(text: str) -> None:
    tag = codes.normalise(text)
    assert tag is None or codes.normalise(tag) == tag


def test_the_twelve_are_named_in_each_of_the_twelve() -> None:
    for display in codes.LANGUAGES:
        names = [codes.name_in(tag, display) for tag in codes.LANGUAGES]
        assert len(set(names)) == 12
        if display != "en":
            assert "Ukrainian" not in names


def test_a_language_is_named_for_readers_and_by_its_own() -> None:
    assert codes.name_in("uk", "es") == "ucraniano"
    assert codes.name_in("zh-Hans", "en") == "Chinese (simplified)"
    assert codes.name_in("kjb", "es") == "Q'anjob'al"
    assert codes.name_in("not-a-tag", "so") == "not-a-tag"
    assert codes.own_name("ht") == "Kreyòl ayisyen"
    assert codes.own_name("es-MX") == "Español"


@pytest.mark.parametrize("tag", ["ar", "prs", "ps", "ur", "fa", "ku-Arab", "ckb", "he", "pa-Arab"])
def test_right_to_left(tag: str) -> None:
    assert codes.direction(tag) == "rtl"


@pytest.mark.parametrize("tag", ["en", "so", "am", "zh-Hans", "ku", "ku-Latn", "ha", "xx", ""])
def test_left_to_right(tag: str) -> None:
    assert codes.direction(tag) == "ltr"


@pytest.mark.parametrize(
    ("tag", "versions"),
    [
        ("en", ("en",)),
        ("es-MX", ("es-MX", "es")),
        ("pt-BR", ("pt-BR", "pt")),
        ("prs", ("prs", "fa")),
        ("fa", ("fa", "prs")),
        ("yue", ("yue", "zh-Hant")),
        ("zh-Hans", ("zh-Hans",)),
        ("zh-Hant", ("zh-Hant",)),
        ("zh-TW", ("zh-TW", "zh-Hant")),
        ("kjb", ("kjb",)),
        ("ps", ("ps",)),
    ],
)
def test_a_reader_is_given_only_what_they_truly_read(tag: str, versions: tuple[str, ...]) -> None:
    assert codes.fallbacks(tag) == versions


def test_django_is_told_about_the_twelve() -> None:
    assert set(codes.LANGUAGES) < set(codes.LANG_INFO)
    assert codes.LANG_INFO["zh-hans"]["name_local"] == "简体中文"
    assert {code for code, info in codes.LANG_INFO.items() if info["bidi"]} == {"ar", "prs", "ps"}
    assert codes.RIGHT_TO_LEFT == ("ar", "prs", "ps")
