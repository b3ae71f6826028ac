import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.roster.restrictions import NOTHING, Kind, Reading, concerns, read


@pytest.mark.parametrize(
    "text",
    ["", "  ", "None", "n/a", "NO", "N", "No restrictions", "none on file", "No court orders on file.",
     "Joint custody", "joint legal and physical custody", "-", "false", "0", "not applicable"],
)  # fmt: skip
def test_nothing_is_said(text: str) -> None:
    assert read(text) == NOTHING


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("No contact", {"contact"}),
        ("NO CONTACT!", {"contact"}),
        ("Court order: no contact", {"contact"}),
        ("court order no contact with child", {"contact"}),
        ("Restraining order", {"contact"}),
        ("Order of protection", {"contact"}),
        ("Parental rights terminated", {"contact"}),
        ("may not pick up", {"pick_up"}),
        ("No pickup", {"pick_up"}),
        ("Not authorized for pick-up", {"pick_up"}),
        ("Do not release to this person", {"pick_up"}),
        ("father may not pick up the child", {"pick_up"}),
        ("no records", {"records"}),
        ("No access to educational records", {"records"}),
        ("may not receive report cards", {"records"}),
        ("Address confidential", {"address"}),
        ("do not share home address", {"address"}),
        ("Safe at Home", {"address"}),
        ("no contact; no records", {"contact", "records"}),
        ("No contact or pick up", {"contact", "pick_up"}),
        ("none, no pick up", {"pick_up"}),
        ("no records\nno pickup", {"records", "pick_up"}),
        ("Court order; no records", {"records"}),
    ],
)
def test_what_is_forbidden_is_understood(text: str, kinds: set[Kind]) -> None:
    assert read(text) == Reading(frozenset(kinds))


@pytest.mark.parametrize(
    "text",
    ["yes", "x", "Court order on file", "see file", "supervised visits only", "no restriction on contact",
     "mother has sole custody", "ask the principal", "contact only by mail", "no contact info",
     "may pick up on Fridays", "禁止接触", "Gerichtsbeschluss"],
)  # fmt: skip
def test_what_is_not_understood_blocks_contact_and_asks(text: str) -> None:
    reading = read(text)
    assert reading.unreadable
    assert "contact" in reading.kinds


def test_what_is_understood_beside_it_counts_too() -> None:
    assert read("no pickup; see judge's letter") == Reading(
        frozenset({"pick_up", "contact"}), unreadable=True
    )


@given(st.text(), st.sampled_from(["no contact", "no records", "may not pick up"]))
def test_no_text_beside_it_lifts_an_order(text: str, order: str) -> None:
    kinds = read(f"{order}; {text}").kinds
    assert read(order).kinds <= kinds


@given(st.text())
def test_text_is_nothing_or_restricts(text: str) -> None:
    reading = read(text)
    assert reading == NOTHING or reading.kinds


def test_custody_on_a_students_own_row_always_asks() -> None:
    assert concerns("Sole custody")
    assert not concerns("none")
