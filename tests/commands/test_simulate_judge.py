"""The judge of a simulation can find each broken promise: one bad line each, by hand."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from bothways.commands.simulate.district_files import DistrictFiles, Order, read
from bothways.commands.simulate.judge import Claim, Judge, marks

TROYS_MOTHER, HER_NUMBER, HER_MAIL = "gu-alician", "+19505550101", "alician@example.org"
TROYS_FATHER, HIS_NUMBER = "gu-father", "+19505550102"
NEIGHBOUR = "gu-neighbour"


def files(**more: Any) -> DistrictFiles:
    """Alician and Troy's father, who live together; Tia is Troy's sister."""
    found = DistrictFiles(quiet=(time(20, 30), time(7)), **more)
    found.owners[HER_NUMBER] = {TROYS_MOTHER}
    found.owners[HER_MAIL] = {TROYS_MOTHER}
    found.owners[HIS_NUMBER] = {TROYS_FATHER}
    found.children[TROYS_MOTHER] = {"st-troy", "st-tia"}
    found.children[TROYS_FATHER] = {"st-troy"}
    found.streets = {TROYS_MOTHER: "840 depot street", TROYS_FATHER: "840 depot street"}
    found.names = {"st-troy": ("Troy",), "st-tia": ("Tia",)}
    return found


def contact(at: str = "2021-09-14T10:00:00-05:00", **more: Any) -> dict[str, Any]:
    return {
        "at": at,
        "channel": "text",
        "to": HER_NUMBER,
        "who": TROYS_MOTHER,
        "ref": f"key {at} {more.get('channel', 'text')}",
        "purpose": "timely",
        "outcome": "delivered",
        "body": "School closes at one. #12",
        **more,
    }


def event(of: int, at: str, what: str = "seen", **more: Any) -> dict[str, Any]:
    return {
        "at": at,
        "ref": "key",
        "to": HER_NUMBER,
        "channel": "text",
        "what": what,
        "words": "",
        "contact": of,
        **more,
    }


def counts(
    contacts: list[dict[str, Any]],
    events: list[dict[str, Any]] | None = None,
    found: DistrictFiles | None = None,
    **more: Any,
) -> dict[str, int]:
    """What is not zero."""
    claims = more.pop("claims", {c["ref"]: Claim(c["channel"], "delivered") for c in contacts})
    judge = Judge(found or files(), contacts, events or [], claims=claims, **more)
    return {name: len(broken) for name, broken in judge.broken().items() if broken}


def test_a_quiet_day_breaks_nothing() -> None:
    judge = Judge(files(), [contact()], [], claims={contact()["ref"]: Claim("text", "delivered")})
    assert {name: len(broken) for name, broken in judge.broken().items()} == {
        "contact_to_barred_adult": 0,
        "contact_in_quiet_hours": 0,
        "contact_after_sufficient_evidence": 0,
        "contact_to_stopped_address": 0,
        "family_without_next_step": 0,
        "routine_above_budget": 0,
        "deliveries_lost": 0,
        "same_delivery_twice": 0,
    }


class TestBarredAdults:
    order = Order("st-troy", TROYS_FATHER, "contact", date(2021, 9, 14), None)

    def test_one_who_may_hear_of_no_child_is_found_from_the_day_of_the_order(self) -> None:
        to_him = {"to": HIS_NUMBER, "who": TROYS_FATHER}
        found = files(orders=[self.order])
        before = contact("2021-09-13T10:00:00-05:00", **to_him)
        assert counts([before], found=found) == {}
        assert counts([contact(**to_him)], found=found) == {"contact_to_barred_adult": 1}

    @pytest.mark.parametrize("channel", ["call", "letter", "visit"])
    def test_people_and_paper_are_judged_by_whom_they_name(self, channel: str) -> None:
        line = contact(channel=channel, to="840 Depot Street", who=TROYS_FATHER)
        assert counts([line], found=files(orders=[self.order])) == {"contact_to_barred_adult": 1}
        line = contact(channel=channel, to="840 Depot Street", who=TROYS_MOTHER)
        assert counts([line], found=files(orders=[self.order])) == {}

    @pytest.mark.parametrize("kind", ["contact", "records"])
    def test_personal_words_about_a_child_of_whom_one_may_not_hear(self, kind: str) -> None:
        found = files(orders=[Order("st-tia", TROYS_MOTHER, kind, None, None)])
        about_tia = contact(purpose="personal", body="Tia helped a classmate. #3")
        about_troy = contact(purpose="personal", body="Troy helped a classmate. #4")
        assert counts([about_tia], found=found) == {"contact_to_barred_adult": 1}
        assert counts([about_troy], found=found) == {}

    def test_a_number_that_somebody_else_shares_is_theirs_too(self) -> None:
        found = files(orders=[self.order])
        found.owners[HIS_NUMBER].add(TROYS_MOTHER)
        assert counts([contact(to=HIS_NUMBER)], found=found) == {}


@pytest.mark.parametrize("channel", ["text", "voice", "whatsapp", "push", "call"])
def test_what_rings_in_quiet_hours_is_found_unless_it_is_an_emergency(channel: str) -> None:
    night = "2021-09-14T20:30:00-05:00"
    assert counts([contact(night, channel=channel)]) == {"contact_in_quiet_hours": 1}
    assert counts([contact(night, channel=channel, purpose="emergency")]) == {}
    assert counts([contact("2021-09-15T07:00:00-05:00", channel=channel)]) == {}
    assert counts([contact(night, channel="email", to=HER_MAIL)]) == {}


class TestEvidence:
    later = "2021-09-14T15:00:00-05:00"

    def after(self, *signs: dict[str, Any], **more: Any) -> dict[str, int]:
        call = contact(self.later, **{"channel": "voice", **more})
        return counts([contact(), call], list(signs))

    def test_the_machine_goes_on_after_a_sign(self) -> None:
        assert self.after(event(0, "2021-09-14T14:00:00-05:00")) == {
            "contact_after_sufficient_evidence": 1
        }

    def test_the_other_parent_at_the_same_home_counts(self) -> None:
        sign = event(0, "2021-09-14T14:00:00-05:00", "answered", words="ok thank you")
        found = self.after(sign, to=HIS_NUMBER, who=TROYS_FATHER)
        assert found == {"contact_after_sufficient_evidence": 1}

    def test_a_parent_under_an_order_has_a_home_of_their_own(self) -> None:
        found = files(orders=[Order("st-troy", TROYS_FATHER, "address", None, None)])
        call = contact(self.later, channel="voice", to=HIS_NUMBER, who=TROYS_FATHER)
        signs = [event(0, "2021-09-14T14:00:00-05:00")]
        assert counts([contact(), call], signs, found) == {}

    def test_without_a_sign_and_just_before_one_it_may(self) -> None:
        assert self.after() == {}
        assert self.after(event(0, "2021-09-14T14:59:30-05:00")) == {}
        assert self.after(event(0, "2021-09-14T14:00:00-05:00", "delivered")) == {}

    @pytest.mark.parametrize("words", ["wrong number", "no more please"])
    def test_words_that_are_no_sign_of_the_family_count_for_nothing(self, words: str) -> None:
        sign = event(0, "2021-09-14T14:00:00-05:00", "answered", words=words, to=HER_MAIL)
        assert self.after(sign) == {}

    def test_another_message_is_another_matter(self) -> None:
        sign = event(0, "2021-09-14T14:00:00-05:00")
        assert self.after(sign, body="We read together. #13") == {}
        assert self.after(sign, body="First #12, then #13") == {}

    def test_a_person_may_call_after_a_sign(self) -> None:
        assert self.after(event(0, "2021-09-14T14:00:00-05:00"), channel="call") == {}

    def test_a_talk_is_a_sign_for_all_that_was_sent_before(self) -> None:
        talk = contact("2021-09-14T12:00:00-05:00", channel="call", body="call")
        again = contact(self.later, channel="email", to=HER_MAIL)
        signs = [event(1, "2021-09-14T12:00:00-05:00", "answered", channel="call")]
        found = counts([contact(), talk, again], signs)
        assert found == {"contact_after_sufficient_evidence": 1}

    def test_an_incoming_text_counts_for_the_newest_message_alone(self) -> None:
        newer = contact("2021-09-14T11:00:00-05:00", body="We read together. #13")
        voice = contact(self.later, channel="voice")
        sign = event(0, "2021-09-14T14:00:00-05:00")
        assert counts([contact(), newer, voice], [sign]) == {}

    def test_a_slip_is_known_when_the_office_opens_its_letter_box(self) -> None:
        letter = contact(channel="letter", to="840 Depot Street")
        sign = event(0, "2021-09-14T16:00:00-05:00", channel="letter")
        early = contact("2021-09-15T09:00:00-05:00")
        late = contact("2021-09-15T11:00:00-05:00")
        assert counts([letter, early], [sign]) == {}
        assert counts([letter, late], [sign]) == {"contact_after_sufficient_evidence": 1}


class TestStops:
    def test_the_overlays_stop(self) -> None:
        found = files(stops=[(HER_NUMBER, datetime.fromisoformat("2021-09-14T09:00:00-05:00"))])
        assert counts([contact()], found=found) == {"contact_to_stopped_address": 1}
        assert counts([contact("2021-09-14T08:59:00-05:00")], found=found) == {}
        assert counts([contact(channel="call")], found=found) == {"contact_to_stopped_address": 1}

    @pytest.mark.parametrize(
        ("what", "words"), [("stopped", "STOP"), ("answered", "ya no me manden mensajes")]
    )
    def test_the_familys_own_stop_until_they_want_it_again(self, what: str, words: str) -> None:
        stop = event(0, "2021-09-14T11:00:00-05:00", what, words=words)
        start = event(0, "2021-09-14T18:00:00-05:00", "started", words="START")
        after = contact("2021-09-14T12:00:00-05:00", body="We read. #13")
        much_later = contact("2021-09-15T12:00:00-05:00", body="We sing. #14")
        assert counts([contact(), after], [stop]) == {"contact_to_stopped_address": 1}
        assert counts([contact(), much_later], [stop, start]) == {}

    def test_one_confirmation_may_follow(self) -> None:
        stop = event(0, "2021-09-14T11:00:00-05:00", "stopped", words="STOP")
        words = {"purpose": "stop_confirmation", "body": "You get no more."}
        once = contact("2021-09-14T11:10:00-05:00", **words)
        again = contact("2021-09-14T12:10:00-05:00", **words)
        assert counts([contact(), once], [stop]) == {}
        assert counts([contact(), once, again], [stop]) == {"contact_to_stopped_address": 1}


@pytest.mark.parametrize("part", ["what", "owner", "due"])
def test_a_family_for_whom_nobody_does_anything_by_any_date(part: str) -> None:
    step = {"what": "Call them", "channel": "call", "owner": "Mrs. C", "due": "2021-09-15"}
    good = {"unreached": [{"family": 1, "next_step": step}]}
    bad = {"unreached": [{"family": 1, "next_step": {**step, part: ""}}]}
    none = {"unreached": [{"family": 1, "next_step": None}]}
    assert counts([], reach=[good]) == {}
    assert counts([], reach=[good, bad, none]) == {"family_without_next_step": 2}


class TestBudget:
    def routine(self, day: int, number: int, **more: Any) -> dict[str, Any]:
        body = f"News #{number}"
        at = f"2021-09-{day:02}T16:00:00-05:00"
        return contact(at, **{"purpose": "routine", "body": body, **more})

    def test_a_second_routine_word_within_a_week(self) -> None:
        assert counts([self.routine(9, 1), self.routine(15, 2)]) == {"routine_above_budget": 1}
        assert counts([self.routine(9, 1), self.routine(16, 2)]) == {}
        assert counts([self.routine(9, 1), self.routine(10, 2, purpose="timely")]) == {}

    def test_a_digest_is_one_contact(self) -> None:
        assert counts([self.routine(9, 1, body="#1 and #2 and #3")]) == {}

    def test_the_same_words_by_another_channel_are_the_climb_and_by_the_same_one_noise(
        self,
    ) -> None:
        again = self.routine(10, 1, channel="voice")
        assert counts([self.routine(9, 1), again]) == {}
        assert counts([self.routine(9, 1), self.routine(10, 1)]) == {"routine_above_budget": 1}

    def test_a_call_may_be_tried_again_where_nobody_heard_the_first(self) -> None:
        voice = {"channel": "voice"}
        again = self.routine(11, 1, outcome="person", **voice)
        for heard, found in (
            ("none", {}),
            ("machine", {}),
            ("person", {"routine_above_budget": 1}),
        ):
            assert counts([self.routine(9, 1, outcome=heard, **voice), again]) == found

    def test_what_did_not_arrive_is_no_noise(self) -> None:
        lost = self.routine(9, 1, outcome="undelivered")
        assert counts([lost, self.routine(10, 1)]) == {}

    def test_families_who_share_a_number_get_the_same_words_once_each(self) -> None:
        found = files()
        found.owners[HER_NUMBER].add(NEIGHBOUR)
        found.children[NEIGHBOUR] = {"st-other"}
        two = [self.routine(9, 1, ref="a"), self.routine(9, 1, ref="b")]
        assert counts(two, found=found) == {}
        three = [*two, self.routine(9, 1, ref="c")]
        assert counts(three, found=found) == {"routine_above_budget": 1}

    def test_two_homes_at_one_street_get_a_letter_each(self) -> None:
        paper = {"channel": "letter", "to": "840 Depot Street", "outcome": "arrives"}
        hers = self.routine(9, 1, ref="a", **paper)
        found = files(orders=[Order("st-troy", TROYS_FATHER, "address", None, None)])
        his = self.routine(9, 1, ref="b", **paper, who=TROYS_FATHER)
        assert counts([hers, his], found=found) == {}
        later = self.routine(11, 2, ref="b", **paper, who=TROYS_FATHER)
        assert counts([hers, later], found=found) == {}
        assert counts([hers, his]) == {"routine_above_budget": 1}


class TestLost:
    @pytest.mark.parametrize("state", ["accepted", "delivered", "seen", "answered"])
    def test_what_is_claimed_and_reached_nobody(self, state: str) -> None:
        assert counts([], claims={"k1": Claim("text", state)}) == {"deliveries_lost": 1}

    @pytest.mark.parametrize(
        "state", ["queued", "claimed", "withheld", "held", "gathered", "printed"]
    )
    def test_what_reached_somebody_and_is_not_claimed(self, state: str) -> None:
        assert counts([contact(ref="k1")], claims={"k1": Claim("text", state)}) == {
            "deliveries_lost": 1
        }
        assert counts([], claims={"k1": Claim("text", state)}) == {}

    def test_what_the_product_does_not_know_at_all(self) -> None:
        assert counts([contact(ref="k1")], claims={}) == {"deliveries_lost": 1}
        assert counts([contact(ref="alert-3-text")], claims={}) == {}

    def test_what_somebody_is_yet_to_hand_over_is_not_lost(self) -> None:
        assert counts([], claims={"k1": Claim("handover", "accepted")}) == {}
        assert counts([], claims={"k1": Claim("handover", "delivered")}) == {"deliveries_lost": 1}


def test_the_same_delivery_twice_on_one_channel() -> None:
    late = "2021-09-14T18:00:00-05:00"
    assert counts([contact(ref="k1"), contact(late, ref="k1")]) == {"same_delivery_twice": 1}
    two_ways = [contact(ref="k1"), contact(late, ref="k1", channel="voice")]
    assert counts(two_ways) == {}


def test_a_persons_task_may_be_tried_again_at_another_hour_only() -> None:
    call = {"channel": "call", "ref": "7", "body": "call"}
    at_once = [contact(**call), contact("2021-09-14T10:05:00-05:00", **call)]
    later = [contact(**call), contact("2021-09-14T15:05:00-05:00", **call)]
    assert counts(at_once) == {"same_delivery_twice": 1}
    assert counts(later) == {}


def test_the_number_of_a_message_is_found_in_any_language() -> None:
    assert marks("تنقص بعض واجبات Troy هذا الأسبوع #104") == {104}
    assert marks("Room #3b, then #7 and #8.") == {7, 8}


def test_roster_and_overlay_are_read_without_the_product(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text(
        "sourcedId,givenName,preferredGivenName,email,sms,phone,agentSourcedIds,metadata.street\n"
        'st-troy,Troy,T.J.,,,,"gu-alician",\n'
        'gu-alician,Alician,,A@Example.org,950-555-0101,(950) 555-0102,,"840  Depot Street"\n',
        "utf-8",
    )
    (tmp_path / "relationships.csv").write_text(
        "userSourcedId,relationshipUserSourcedId,metadata.contactRestrictions,metadata.livesWith\n"
        "st-troy,gu-alician,,true\nst-troy,gu-father,No contact,false\n",
        "utf-8",
    )
    found = read(
        tmp_path,
        {
            "restrictions": [
                {"student": "st-troy", "guardian": "gu-alician", "kind": "records",
                 "from": "2021-09-20", "to": None}
            ],
            "stops": [{"address": "+19505550101", "at": "2021-09-14T19:00:00-05:00"}],
            "quiet_hours": ["21:00", "06:30"],
        },
    )  # fmt: skip
    assert found.owners["+19505550101"] == {"gu-alician"}
    assert found.owners["+19505550102"] == {"gu-alician"}
    assert found.owners["a@example.org"] == {"gu-alician"}
    assert found.streets == {"gu-alician": "840 depot street"}
    assert found.names["st-troy"] == ("Troy", "T.J.")
    assert found.barred("gu-father", date(2021, 9, 13))
    assert not found.barred("gu-alician", date(2021, 9, 21))
    assert found.closed_to("gu-alician", date(2021, 9, 20), ("records",)) == {"st-troy"}
    assert found.elsewhere == {("st-troy", "gu-father")}
    assert found.quiet == (time(21), time(6, 30))


def test_parents_of_one_child_at_one_street_share_a_home_unless_one_lives_apart() -> None:
    assert len(set(files().homes().values())) == 1
    apart = files(elsewhere={("st-troy", TROYS_FATHER)})
    assert len(set(apart.homes().values())) == 2
    without_street = files()
    del without_street.streets[TROYS_FATHER]
    assert len(set(without_street.homes().values())) == 2
