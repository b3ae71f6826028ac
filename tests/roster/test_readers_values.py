import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.roster.readers import values
from bothways.roster.readers.dates import Dates
from bothways.roster.readers.findings import Findings
from bothways.roster.readers.phones import PhoneReader, merge
from bothways.roster.records import Phone

AMERICAN = PhoneReader("US")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("(512) 555-0142", ["+15125550142"]),
        ("512.555.0142", ["+15125550142"]),
        ("1-512-555-0142", ["+15125550142"]),
        ("+1 512 555 0142", ["+15125550142"]),
        ("5125550142", ["+15125550142"]),
        ("+52 55 1234 5678", ["+525512345678"]),
        ("512-555-0142; 512-555-0143", ["+15125550142", "+15125550143"]),
        ("512-555-0142 / 512-555-0143", ["+15125550142", "+15125550143"]),
        ("512/555/0142", ["+15125550142"]),
        ("512-555-0142 (work)", ["+15125550142"]),
        ("Cell: 512-555-0142", ["+15125550142"]),
        ("512-555-0142, 512.555.0142", ["+15125550142"]),
        ("none", []),
        ("", []),
    ],
)
def test_numbers_are_found_however_they_are_written(text: str, numbers: list[str]) -> None:
    found = AMERICAN.read(text, texts=False)
    assert [phone.number for phone in found.phones] == numbers
    assert found.unreadable == ()


@pytest.mark.parametrize("text", ["512-555-0142 x12", "512-555-0142 ext. 12", "(512) 555-0142 #12"])
def test_an_extension_is_kept_apart(text: str) -> None:
    assert AMERICAN.read(text, texts=False).phones == (Phone("+15125550142", "12"),)


@pytest.mark.parametrize(
    "text", ["555-0142", "000-000-0000", "9999999999", "call the aunt", "512-555"]
)
def test_what_cannot_be_dialled_is_kept_as_written(text: str) -> None:
    found = AMERICAN.read(text, texts=True)
    assert found.phones == ()
    assert found.unreadable == (text,)


def test_a_possible_number_outside_every_plan_is_kept_and_doubted() -> None:
    found = AMERICAN.read("(950) 342 7522", texts=True)
    assert found.phones == (Phone("+19503427522", "", texts=True),)
    assert found.doubtful
    assert not AMERICAN.read("(512) 342 7522", texts=True).doubtful


def test_local_numbers_belong_to_the_region() -> None:
    assert PhoneReader("gb").read("020 7946 0958", texts=False).phones == (Phone("+442079460958"),)


@given(st.from_regex(r"(\+?1)?[ .-]?\(?[0-9]{3}\)?[ .-]?[0-9]{3}[ .-]?[0-9]{4}", fullmatch=True))
def test_the_quick_way_agrees_with_the_library(text: str) -> None:
    found = AMERICAN.read(text, texts=False)
    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        assert found.phones == ()
        return
    if len(set(filter(str.isdigit, text))) < 3 or not phonenumbers.is_possible_number(number):
        return
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert [phone.number for phone in found.phones] == [e164]
    assert found.doubtful is not phonenumbers.is_valid_number(number)


def test_one_number_in_two_columns_is_one_that_takes_texts() -> None:
    number = "+15125550142"
    assert merge((Phone(number),), (Phone(number, "", True),)) == (Phone(number, "", True),)
    assert merge((Phone(number),), (Phone(number, "9"),)) == (Phone(number), Phone(number, "9"))


@pytest.mark.parametrize(
    ("text", "addresses", "broken"),
    [
        ("Alician@Example.COM", ("alician@example.com",), False),
        ("a@x.example; b@x.example", ("a@x.example", "b@x.example"), False),
        ("a@x.example,A@x.example", ("a@x.example",), False),
        ("Alician Woods <a@x.example>", ("a@x.example",), False),
        ("mailto:a@x.example", ("a@x.example",), False),
        ("josé@exämple.example", ("josé@exämple.example",), False),
        ("Mc Mahon@x.example", (), True),
        ("a@x", (), True),
        ("a@@x.example", (), True),
        ("a..b@x.example", (), True),
        ("noemail@noemail.com", (), True),
        ("a@x.example, nobody", ("a@x.example",), True),
        ("none", (), False),
        ("  ", (), False),
    ],
)
def test_emails(text: str, addresses: tuple[str, ...], broken: bool) -> None:
    assert values.emails(text) == (addresses, broken)


@pytest.mark.parametrize(
    ("words", "meaning"),
    [(["true", "YES", "y", "1", "X", " T ", "sí"], True),
     (["False", "no", "N", "0", "off"], False),
     (["", "N/A", "unknown"], None)],
)  # fmt: skip
def test_yes_and_no_in_many_spellings(words: list[str], meaning: bool | None) -> None:
    assert {values.boolean(word) for word in words} == {meaning}


@pytest.mark.parametrize(
    ("text", "grade"),
    [("5", "05"), ("05", "05"), ("1st", "01"), ("Grade 3", "03"), ("10th Grade", "10"), ("10.0", "10"),
     ("K", "KG"), ("Kindergarten", "KG"), ("0", "KG"), ("Pre-K", "PK"), ("PK", "PK"), ("TK", "TK"),
     ("Senior", "12"), ("ps1", "PS1"), ("UG", "UG"), ("", "")],
)  # fmt: skip
def test_grades_are_written_one_way(text: str, grade: str) -> None:
    assert values.grade(text) == grade


@pytest.mark.parametrize(
    ("text", "tag"),
    [("spa", "es"), ("Spanish", "es"), ("Español", "es"), ("zh-Hans", "zh-Hans"),
     ("Chinese (Simplified)", "zh-Hans"), ("Dari", "prs"), ("fa-AF", "prs"),
     ("Haitian Creole", "ht"), ("", ""), ("N/A", ""), ("other", "")],
)  # fmt: skip
def test_languages_by_code_or_name(text: str, tag: str) -> None:
    assert values.Values(Findings(), "US").language(text, "users.csv", 2, "language") == tag


def test_an_unknown_language_is_not_given_and_told() -> None:
    findings = Findings()
    assert values.Values(findings, "US").language("Qwxzptk", "users.csv", 2, "language") == ""
    assert [(f.line, f.column) for f in findings.flagged] == [(2, "language")]


@pytest.mark.parametrize(
    ("text", "name"),
    [("  Alician ", "Alician"), ("Jose\u0301", "José"), ("De la\n  Cruz", "De la Cruz"), ("A\u200bB", "AB"),
     ("می\u200cخواهم", "می\u200cخواهم"), ("N/A", "N/A"), ("x" * 500, "x" * 200)],
)  # fmt: skip
def test_names_are_trimmed_and_composed(text: str, name: str) -> None:
    assert values.clean(text) == name


def test_a_flood_of_one_flag_is_cut_and_counted() -> None:
    findings = Findings()
    for line in range(10_005):
        findings.flag("users.csv", line, "phone", "odd")
    findings.tell_the_rest()
    assert len(findings.flagged) == 10_001
    assert findings.flagged[-1].reason == "odd (5 more lines)"


@given(st.text(max_size=30))
def test_no_text_breaks_a_cell(text: str) -> None:
    found = values.Values(Findings(), "US")
    found.language(text, "f", 2, "c")
    found.emails(text, "f", 2, "c")
    found.phones(((text, "c", True),), "f", 2)
    found.boolean(text, "f", 2, "c")
    found.priority(text, "f", 2, "c")
    values.grade(text)
    assert values.clean(values.clean(text)) == values.clean(text)
    assert Dates(lambda: [text], "US", lambda _: None).read(text) is None or any(
        map(str.isdigit, text)
    )
