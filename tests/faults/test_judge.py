"""The judge of the faults, judged."""

import pytest

from bothways.commands.bench.faults.judge import Verdict, judge, read_contacts


@pytest.mark.parametrize(
    ("state", "outcomes", "why"),
    [
        ("delivered", ["delivered"], None),
        ("answered", ["delivered"], None),
        ("accepted", ["nothing"], None),
        ("undelivered", ["undelivered"], None),
        ("undelivered", ["landline"], None),
        ("held", [], None),
        ("held", ["delivered"], None),
        ("withheld", [], None),
        ("undelivered", [], None),  # every try failed, and the office sees it
        ("queued", [], "still open"),
        ("claimed", ["delivered"], "still open"),
        ("accepted", [], "never went out"),
        ("delivered", [], "never went out"),
        ("accepted", ["delivered"], "report lost"),
        ("accepted", ["undelivered"], "report lost"),
        ("undelivered", ["undelivered", "delivered"], "report lost"),
    ],
)
def test_lost_is_what_nobody_can_explain(state: str, outcomes: list[str], why: str | None) -> None:
    verdict = judge({"k1": state}, {"k1": outcomes})
    assert (verdict.lost, verdict.why) == ((1, {why: 1}) if why else (0, {}))


def test_each_line_beyond_the_first_is_once_too_often() -> None:
    states = {"k1": "delivered", "k2": "delivered", "k3": "held", "k4": "undelivered"}
    contacts = {"k1": ["delivered"], "k2": ["nothing", "delivered"], "other": ["delivered"] * 9}
    assert judge(states, contacts) == Verdict(
        deliveries=4, lost=0, twice=1, held=1, undelivered=1, withheld=0, why={}
    )


def test_a_line_that_is_being_written_waits_for_the_next_look(tmp_path) -> None:
    path = tmp_path / "contacts.jsonl"
    assert read_contacts(path) == {}
    path.write_text(
        '{"ref": "k1", "outcome": "nothing"}\n{"ref": null, "outcome": "delivered"}\n'
        '{"ref": "k1", "outcome": "delivered"}\n{"ref": "k2", "outc'
    )
    assert read_contacts(path) == {"k1": ["nothing", "delivered"]}
