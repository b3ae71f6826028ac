"""Welcome conversations as they are kept: in pieces, by several, corrected, taken back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from bothways.core import clock
from bothways.languages.codes import LANGUAGES
from bothways.people.enums import WordClass
from bothways.people.models import ContactPerson, Guardian, Household, Student
from bothways.welcome import services
from bothways.welcome.enums import Asked, AskedBy, How
from bothways.welcome.models import Answer, Carer, Earlier, Sound, Talk
from bothways.welcome.queries import asked_in, told_by_family, told_to_staff
from bothways.welcome.questions import asked_about
from bothways.welcome.sounds import NotASound
from people import Cast, cast, guardian, home


@pytest.fixture
def everybody(db: None, at: object) -> Cast:
    return cast()


def _begin(of: Cast, adult: Guardian) -> Talk:
    assert adult.household is not None
    return services.begin(
        household=adult.household, guardian=adult, how=How.CALL, language="en", by=of.mrs_c
    )


def _say(talk: Talk, question: str, words: str, **more: object) -> Answer | None:
    values: dict[str, object] = {"student": None, "how": How.CALL, "by": None, **more}
    return services.answer(talk=talk, question=question, words=words, **values)  # type: ignore[arg-type]


def test_a_half_filled_talk_is_the_next_persons_to_go_on_with(everybody: Cast) -> None:
    talk = _begin(everybody, everybody.alician)
    _say(talk, "story", "I never liked it.", by=everybody.mrs_c)
    again = services.begin(
        household=everybody.troys_home,
        guardian=everybody.alician,
        how=How.VISIT,
        language="en",
        by=everybody.counselor,
    )
    assert again.pk == talk.pk
    assert asked_in(everybody.district, [everybody.troys_home.pk]) == {
        everybody.troys_home.pk: Asked.HALF
    }


def test_the_same_words_twice_are_one_answer_without_history(everybody: Cast) -> None:
    talk = _begin(everybody, everybody.alician)
    for _ in range(2):
        _say(talk, "help", "A ride.", by=everybody.mrs_c)
    assert Answer.objects.get().words == "A ride."
    assert Earlier.objects.count() == 0


def test_an_empty_box_takes_no_note_and_a_skipped_question_does(everybody: Cast) -> None:
    talk = _begin(everybody, everybody.alician)
    assert _say(talk, "help", "  ") is None
    row = _say(talk, "help", "", declined=True)
    assert row is not None
    assert (row.declined, row.words) == (True, "")


def test_a_correction_keeps_what_stood_there_and_taking_back_keeps_nothing(
    everybody: Cast,
) -> None:
    talk = _begin(everybody, everybody.alician)
    row = _say(talk, "help", "A ride.", by=everybody.mrs_c)
    assert row is not None
    _say(talk, "help", "A ride on Tuesdays.")  # the mother herself
    assert Earlier.objects.get().words == "A ride."
    services.answer_by_voice(
        talk=talk, question="help", student=None, data=b"OggS voice", how=How.PAGE, by=None
    )
    services.withdraw(answer=row, by=None)
    row.refresh_from_db()
    assert (row.words, row.withdrawn_at is None) == ("", False)
    assert (Earlier.objects.count(), Sound.objects.count()) == (0, 0)
    assert told_to_staff(everybody.troys_home, children=[], protected=True, user=0) == []


@pytest.mark.parametrize(
    ("question", "child"),
    [("nonsense", None), ("hopes", None), ("story", "troy"), ("hopes", "nour")],
)
def test_a_question_that_is_not_asked_here_is_refused(
    everybody: Cast, question: str, child: str | None
) -> None:
    talk = _begin(everybody, everybody.alician)
    student: Student | None = getattr(everybody, child) if child else None
    with pytest.raises(services.Unusable):
        _say(talk, question, "words", student=student)


def test_too_many_words_are_refused_and_a_zero_byte_is_dropped(everybody: Cast) -> None:
    talk = _begin(everybody, everybody.alician)
    with pytest.raises(services.Unusable):
        _say(talk, "help", "x" * (services.MAX_WORDS + 1))
    row = _say(talk, "help", "a\x00b")
    assert row is not None
    assert row.words == "ab"


def test_words_of_danger_are_protected_whatever_was_chosen(everybody: Cast) -> None:
    talk = _begin(everybody, everybody.alician)
    row = _say(talk, "hard", "His father hits him", word_class=WordClass.FAMILY, language="en")
    assert row is not None
    assert (row.danger, row.word_class) == (True, "protected")
    with pytest.raises(IntegrityError), transaction.atomic():
        Answer.objects.filter(pk=row.pk).update(word_class="family")


def test_a_sound_is_told_by_its_bytes(everybody: Cast) -> None:
    talk = _begin(everybody, everybody.alician)
    with pytest.raises(NotASound):
        services.answer_by_voice(
            talk=talk, question="help", student=None, data=b"<html>", how=How.PAGE, by=None
        )
    with pytest.raises(NotASound):
        services.answer_by_voice(
            talk=talk,
            question="help",
            student=None,
            data=b"OggS" * 2_000_000,
            how=How.PAGE,
            by=None,
        )
    assert Answer.objects.count() == 0


def test_the_other_parent_of_a_separated_home_never_reads_it(everybody: Cast) -> None:
    talk = _begin(everybody, everybody.elena)
    _say(talk, "story", "We moved a lot.", word_class=WordClass.FAMILY)
    _say(talk, "hopes", "That he sleeps well.", student=everybody.luis, word_class=WordClass.FAMILY)
    luis = [everybody.luis.pk]
    assert told_by_family(everybody.hector, children=luis).count() == 0
    assert told_by_family(everybody.elena, children=luis).count() == 2


def test_who_lives_there_too_reads_what_is_for_the_home_until_one_moves_out(
    everybody: Cast,
) -> None:
    talk = _begin(everybody, everybody.emilys_mother)
    _say(talk, "story", "Hard.", word_class=WordClass.SPEAKER_ONLY)
    _say(talk, "help", "A lift.", word_class=WordClass.FAMILY)
    emily = [everybody.emily.pk]
    father = everybody.emilys_father
    assert [a.words for a in told_by_family(father, children=emily)] == ["A lift."]
    away = Household.objects.create(district=everybody.district, created_at=clock.now())
    Guardian.objects.filter(pk=everybody.emilys_mother.pk).update(household=away)
    assert told_by_family(father, children=emily).count() == 0


def test_staff_read_of_the_children_whom_they_serve_and_protected_only_by_name(
    everybody: Cast,
) -> None:
    talk = _begin(everybody, everybody.alician)
    _say(talk, "hopes", "That he reads.", student=everybody.troy)
    _say(talk, "hopes", "That she sings.", student=everybody.maya)
    _say(talk, "hard", "Something.", word_class=WordClass.PROTECTED)
    seen = told_to_staff(
        everybody.troys_home, children=[everybody.troy.pk], protected=False, user=0
    )
    assert [(one.answer.question, one.withheld) for one in seen] == [
        ("hopes", False),
        ("hard", True),
    ]


def test_somebody_named_is_a_proposal_and_then_a_contact_person_without_standing(
    everybody: Cast,
) -> None:
    talk = _begin(everybody, everybody.alician)
    _say(talk, "carers", "My sister Rosa")
    carer = Carer.objects.get()
    assert ContactPerson.objects.count() == 0
    for _ in range(2):
        services.add_carer(
            carer=carer,
            student=everybody.troy,
            name="Rosa",
            relation="aunt",
            phone="312 555 0188",
            by=everybody.office,
        )
    assert [p.name for p in ContactPerson.objects.all()] == ["Rosa"]
    assert everybody.troy.links.count() == 1
    with pytest.raises(services.Unusable):
        services.begin(
            household=everybody.troys_home,
            guardian=guardian(everybody.district, "Rosa", "W"),
            how=How.CALL,
            language="en",
            by=None,
        )


def test_a_year_later_a_new_talk_begins(everybody: Cast, at: object) -> None:
    talk = _begin(everybody, everybody.alician)
    _say(talk, "story", "Fine.")
    services.finish(talk=talk, how=How.CALL, by=everybody.mrs_c)
    assert _begin(everybody, everybody.alician).pk == talk.pk
    Talk.objects.update(began_at=clock.now() - timedelta(days=320))
    assert _begin(everybody, everybody.alician).pk != talk.pk


def test_an_invitation_counts_as_being_asked_and_the_same_twice_is_one(everybody: Cast) -> None:
    for _ in range(2):
        services.note_invitation(
            household=everybody.nours_home, by_what=AskedBy.MESSAGE, ref=7, by=everybody.office
        )
    homes = [everybody.nours_home.pk, everybody.emilys_home.pk]
    assert asked_in(everybody.district, homes) == {
        homes[0]: Asked.INVITED,
        homes[1]: Asked.NOT_YET,
    }
    assert everybody.nours_home.welcome_invitations.count() == 1


def test_erasing_an_adult_or_a_child_erases_what_was_told(everybody: Cast) -> None:
    talk = _begin(everybody, everybody.alician)
    _say(talk, "hopes", "That he reads.", student=everybody.troy)
    _say(talk, "carers", "My sister Rosa")
    everybody.troy.delete()
    assert [a.question for a in Answer.objects.all()] == ["carers"]
    everybody.alician.delete()
    assert (Answer.objects.count(), Carer.objects.count(), Talk.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_is_asked_in_every_language(everybody: Cast, language: str) -> None:
    eldest = Student.objects.create(
        district=everybody.district, sis_id="st-hs", given="Ana", family="W", grade="11"
    )
    home([eldest], [])
    asked = asked_about([everybody.troy, everybody.maya, eldest])
    said = [one.words(language) for one in asked]
    assert len(said) == len(set(said)) == 13
    assert [one for one in said if "{" in one] == []
