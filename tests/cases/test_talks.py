"""A talk when it is tense: who sees what, and what it leaves behind."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from bothways.accounts.enums import Role
from bothways.accounts.models import User
from bothways.cases.enums import How, Side
from bothways.cases.models import Talk
from bothways.cases.refusals import NotYours, Unusable
from bothways.cases.services import talks as work
from bothways.cases.services.talks import Agreed, Prepared
from bothways.cases.talk_moves import moves
from bothways.cases.talk_queries import family_view_for, is_named, readable_notes, talks_for
from bothways.core import clock
from bothways.ledger.enums import Level
from bothways.ledger.models import ContactEvent
from bothways.messaging.models import QuestionAnswer, Version
from bothways.outreach.enums import Way
from bothways.people.enums import WordClass
from people import Cast, cast, staff


@pytest.fixture
def everybody(db: None, at: Path) -> Cast:
    return cast()


@pytest.fixture
def talk(everybody: Cast) -> Talk:
    return work.open_talk(
        household=everybody.luiss_home, student=everybody.luis, by=everybody.mrs_c, form_key="k"
    )


def reads(user: User, talk: Talk) -> bool:
    return talks_for(user).filter(pk=talk.pk).exists()


def test_those_named_and_those_who_serve_the_child_see_it_and_nobody_else(
    everybody: Cast, talk: Talk
) -> None:
    assert reads(everybody.mrs_c, talk)
    assert reads(everybody.liaison, talk)
    assert not reads(everybody.teacher_elsewhere, talk)
    art = staff("Art", Role.TEACHER, everybody.district, everybody.elementary)
    assert not reads(art, talk)
    with pytest.raises(NotYours):
        work.prepare(talk=talk, prepared=Prepared("x", "y"), by=art)
    work.name_colleague(talk=talk, user=art, by=everybody.mrs_c)
    assert reads(art, talk)
    with pytest.raises(Unusable):
        work.name_colleague(talk=talk, user=everybody.teacher_elsewhere, by=everybody.mrs_c)


def test_what_was_said_in_confidence_is_for_those_named(everybody: Cast, talk: Talk) -> None:
    work.note_family_view(
        talk=talk,
        words="Sentí que me culpaban",
        language="es",
        how=How.CALL,
        word_class=WordClass.SPEAKER_ONLY,
        by=everybody.mrs_c,
    )
    talk.refresh_from_db()
    assert family_view_for(talk, named=is_named(talk, everybody.mrs_c)) == "Sentí que me culpaban"
    assert family_view_for(talk, named=is_named(talk, everybody.liaison)) == ""
    for n, kind in enumerate((WordClass.FAMILY, WordClass.SPEAKER_ONLY, WordClass.PROTECTED)):
        work.add_note(
            talk=talk, words=kind.value, word_class=kind, by=everybody.mrs_c, form_key=f"n{n}"
        )

    def read_by(user: User) -> list[str]:
        return [one.words for one in readable_notes(talk, user, named=is_named(talk, user))]

    assert read_by(everybody.mrs_c) == ["family", "speaker_only", "protected"]  # her own words
    assert "speaker_only" not in read_by(everybody.liaison)
    assert read_by(everybody.counselor) == ["family", "protected"]


def test_the_invitation_goes_to_who_has_standing_and_the_barred_father_gets_nothing(
    everybody: Cast, talk: Talk
) -> None:
    soon = clock.now() + timedelta(days=3)
    with pytest.raises(Unusable):  # one time is no choice
        work.invite(talk=talk, offers=[(soon, "School")], by=everybody.mrs_c)
    everybody.elena.points.create(
        district=everybody.district,
        kind="phone",
        address="+13125550155",
        match="+13125550155",
        said_mobile=True,
    )
    work.invite(
        talk=talk,
        offers=[(soon, "School"), (soon + timedelta(hours=3), "The library")],
        by=everybody.mrs_c,
    )
    talk.refresh_from_db()
    assert talk.invitation is not None
    body = Version.objects.get(message=talk.invitation).body
    assert body.startswith("Nos gustaría hablar con usted sobre Luis")
    assert "2: " in body
    assert "The library" in body
    assert set(talk.invitation.deliveries.values_list("household", flat=True)) == {
        everybody.luiss_home.pk
    }
    with pytest.raises(Unusable):
        work.agree(
            talk=talk,
            step=Agreed("Calls", Side.HOME, date(2026, 10, 1), guardian=everybody.hector),
            by=everybody.mrs_c,
        )


def test_holding_it_is_a_meeting_in_the_ledger_and_a_call_on_the_day(
    everybody: Cast, talk: Talk
) -> None:
    for _twice in range(2):
        work.hold(
            talk=talk,
            way=Way.AT_SCHOOL,
            guardian=everybody.elena,
            owner=everybody.liaison,
            follow_up=date(2026, 10, 1),
            by=everybody.mrs_c,
        )
    talk.refresh_from_db()
    event = ContactEvent.objects.get(household=everybody.luiss_home)
    assert event.level == Level.MET
    assert talk.follow_up is not None
    assert (talk.follow_up.owner, talk.follow_up.due) == (everybody.liaison, date(2026, 10, 1))
    assert talk.contact is not None
    assert talk.contact.words == ""  # what was said stays in the talk


def test_the_barred_father_is_no_one_to_have_talked_with(everybody: Cast) -> None:
    talk = work.open_talk(
        household=everybody.hectors_home, student=everybody.luis, by=everybody.mrs_c, form_key="h"
    )
    with pytest.raises(Unusable):
        work.hold(
            talk=talk,
            way=Way.CALL,
            guardian=everybody.hector,
            owner=everybody.mrs_c,
            follow_up=date(2026, 10, 1),
            by=everybody.mrs_c,
        )
    assert not ContactEvent.objects.exists()
    assert not QuestionAnswer.objects.exists()


def test_the_six_moves_have_both_languages() -> None:
    assert [one.name for one in moves()] == [
        "block",
        "reframe",
        "ask",
        "specific",
        "validate",
        "respect",
    ]
    for one in moves():
        assert all([one.why, one.en.better, one.en.less, one.es.better, one.es.less])
