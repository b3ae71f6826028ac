"""From the first question to the figures, for each promise."""

import pytest
from django.db import IntegrityError, connection, transaction

from bothways.core import clock
from bothways.messaging.models import Delivery, HeldHome
from bothways.surveys.enums import ItemKind, Of, Promise
from bothways.surveys.forms import Item
from bothways.surveys.models import Answer, Invitation, LooseWords, Sheet, Survey, Unmixed
from bothways.surveys.ready import labels, pulse
from bothways.surveys.results import results, words
from bothways.surveys.services.answering import (
    AlreadyAnswered,
    Given,
    NotOpen,
    NotTaken,
    OutOfRange,
    finish,
    keep_part,
    mix_waiting,
    take_sheet,
)
from bothways.surveys.services.making import UnusableSurvey, promise
from bothways.surveys.services.sending import close, count, follow_up, open_to_families, plan
from bothways.surveys.tasks import tend
from surveys.town import asked, draft, families, family, rosa, short

pytestmark = pytest.mark.django_db


def _all_answer(survey: Survey, value: int = 4) -> None:
    for n, one in enumerate(Invitation.objects.filter(survey=survey).order_by("pk")):
        finish(invitation=one, given=Given({"p1": value}, {"p6": f"Words {n}"}, "en"))


def test_counting_tells_exactly_what_sending_does_and_sends_nothing(world):
    families(world, 3)
    by = rosa(world)
    survey = draft(world, by, Promise.NAMED)
    told = count(survey, by=by)
    assert (Delivery.objects.count(), Invitation.objects.count()) == (0, 0)
    assert told == open_to_families(survey=survey, by=by)
    assert dict(told.deliveries) == {"text": 3}


def test_a_barred_adult_is_not_invited_and_gets_nothing(world):
    home, adult = family(world, 1)
    child = home.children.get().student
    world.bar(child, adult)
    families(world, 2, start=5)
    survey = asked(world, rosa(world), Promise.NAMED)
    assert not Invitation.objects.filter(survey=survey, household=home).exists()
    assert not Delivery.objects.filter(household=home).exists()


def test_a_family_is_asked_once_even_with_two_adults_unless_each_is_asked(world):
    child = world.student("Troy")
    one = world.guardian("Alician", mobile="+13125550101")
    other = world.guardian("Sam", mobile="+13125550102")
    world.home(child, guardians=[one, other])
    by = rosa(world)
    household = asked(world, by, Promise.NAMED)
    assert Invitation.objects.filter(survey=household).count() == 1
    each = asked(world, by, Promise.NAMED, of=Of.GUARDIAN)
    assert set(Invitation.objects.filter(survey=each).values_list("guardian", flat=True)) == {
        one.pk,
        other.pk,
    }


def test_who_was_asked_enough_is_left_in_peace(world):
    families(world, 2)
    by = rosa(world)
    for _ in range(6):
        asked(world, by, Promise.NAMED)  # two questions each
    last = draft(world, by, Promise.NAMED)
    found = plan(last, clock.now())
    assert (found.families, found.tired) == (0, 2)
    with pytest.raises(UnusableSurvey):
        open_to_families(survey=last, by=by)


def test_no_language_without_words_is_sent_to(world):
    own = Item("own", ItemKind.RATING, {"en": "Is the bus on time?"}, {"en": labels("en")})
    families(world, 1)
    (home,) = families(world, 1, reads="so", start=50)
    survey = asked(world, rosa(world), Promise.NAMED, form=pulse([own]))
    assert Invitation.objects.filter(survey=survey).count() == 2
    assert not Delivery.objects.filter(household=home).exists()
    assert not HeldHome.objects.exists()  # nothing was tried there, and nothing held back
    assert survey.homes == {"en": 1, "so": 1}


def test_the_promise_stays_once_it_was_told(world):
    families(world, 1)
    by = rosa(world)
    survey = draft(world, by, Promise.ANONYMOUS)
    promise(survey=survey, promise=Promise.CONFIDENTIAL, by=by)
    open_to_families(survey=survey, by=by)
    with pytest.raises(UnusableSurvey):
        promise(survey=survey, promise=Promise.NAMED, by=by)
    with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
        Survey.objects.filter(pk=survey.pk).update(promise="named")


def test_a_confidential_question_is_never_asked_by_text(world):
    families(world, 1)
    by = rosa(world)
    with pytest.raises(UnusableSurvey, match="conversation"):
        draft(world, by, Promise.CONFIDENTIAL, by_text=True)
    kept = draft(world, by, Promise.CONFIDENTIAL)
    with pytest.raises(IntegrityError), transaction.atomic():
        Survey.objects.filter(pk=kept.pk).update(by_text=True)


def test_a_survey_is_answered_once_in_range_and_while_it_is_open(world):
    families(world, 2)
    by = rosa(world)
    survey = asked(world, by, Promise.CONFIDENTIAL)
    one, other = Invitation.objects.filter(survey=survey).order_by("pk")
    with pytest.raises(OutOfRange):
        finish(invitation=one, given=Given({"p1": 6}))
    assert not Answer.objects.exists()
    keep_part(invitation=one, given=Given({"p1": 2}), part=1)
    finish(invitation=one, given=Given({"p1": 3}, {"p6": "x" * 10_000, "nonsense": "y"}))
    with pytest.raises(AlreadyAnswered):
        finish(invitation=one, given=Given({"p1": 5}))
    kept = Answer.objects.order_by("item").values_list("item", "value")
    assert list(kept) == [("p1", 3), ("p6", None)]
    close(survey=survey, by=by)
    with pytest.raises(NotOpen):
        finish(invitation=other, given=Given({"p1": 1}))


def test_it_closes_by_itself_after_its_last_day(world, at):
    from datetime import timedelta

    from messaging.world import MONDAY_MORNING

    families(world, 1)
    survey = asked(world, rosa(world), Promise.NAMED)
    clock.stop_at(at, MONDAY_MORNING + timedelta(days=14))
    tend()
    survey.refresh_from_db()
    assert survey.closed_at is None  # the 28th is its last day
    clock.stop_at(at, MONDAY_MORNING + timedelta(days=15))
    tend()
    survey.refresh_from_db()
    assert survey.closed_at is not None


def test_a_follow_up_goes_once_and_to_the_silent_alone(world):
    first, second = families(world, 2)
    by = rosa(world)
    survey = asked(world, by, Promise.CONFIDENTIAL)
    finish(
        invitation=Invitation.objects.get(survey=survey, household=first), given=Given({"p1": 3})
    )
    follow_up(survey=survey, by=by)
    again = Delivery.objects.filter(message=survey.reminder_id)
    assert [one.household_id for one in again] == [second.pk]
    with pytest.raises(UnusableSurvey):
        follow_up(survey=survey, by=by)


def test_nothing_is_shown_of_fewer_than_ten_answers(world):
    families(world, 9)
    by = rosa(world)
    survey = asked(world, by, Promise.CONFIDENTIAL)
    _all_answer(survey)
    found = results(survey)
    assert (found.answered, found.invited, found.enough) == (9, 9, False)
    assert found.scales[0].raw is None
    assert words(survey, answered=found.n) == []


def test_figures_of_ten_are_shown_and_words_of_a_confidential_survey_name_nobody(world):
    families(world, 10)
    survey = asked(world, rosa(world), Promise.CONFIDENTIAL)
    _all_answer(survey)
    found = results(survey)
    assert found.scales[0].raw.value == 4.0
    assert found.scales[0].items[0].counts == (0, 0, 0, 10, 0)
    said = words(survey, answered=found.n)
    assert len(said) == 10
    assert all(line.home is None and line.guardian is None for line in said)


# --- anonymous ------------------------------------------------------------------------------------


def _tables() -> dict[str, list[tuple[object, ...]]]:
    """All rows of what is kept of anonymous answers, with the transaction that wrote them."""
    found = {}
    with connection.cursor() as cursor:
        for table in ("surveys_unmixed", "surveys_sheet", "surveys_loosewords"):
            cursor.execute(f"SELECT xmin::text, ctid::text, t.* FROM {table} t")
            found[table] = cursor.fetchall()
        cursor.execute(
            "SELECT xmin::text, ctid::text, id, done FROM surveys_invitation ORDER BY ctid"
        )
        found["invitations"] = cursor.fetchall()
    return found


def test_no_column_of_an_anonymous_answer_leads_to_a_family_or_a_time():
    for model in (Unmixed, Sheet, LooseWords):
        fields = {field.name: field for field in model._meta.get_fields()}
        keys = {name for name, field in fields.items() if field.is_relation}
        assert keys == {"survey"}
        kinds = {field.get_internal_type() for field in fields.values()}
        assert kinds <= {
            "UUIDField",
            "ForeignKey",
            "JSONField",
            "TextField",
            "CharField",
            "BooleanField",
        }


@pytest.mark.django_db(transaction=True)
def test_no_order_and_no_transaction_leads_from_an_anonymous_answer_to_a_family(db, at):
    from bothways.schools.models import District, School
    from messaging.world import World

    district = District.objects.create(sis_id="d", name="Grand Bend")
    school = School.objects.create(district=district, sis_id="s", name="Lincoln")
    world = World(district, school)
    families(world, 13)
    survey = asked(world, rosa(world), Promise.ANONYMOUS)
    invitations = list(Invitation.objects.filter(survey=survey).order_by("pk"))
    for n, one in enumerate(invitations[:9]):
        finish(invitation=one, given=Given({"p1": 1 + n % 5}, {"p6": f"Words {n}"}))
    mix_waiting()
    assert not Sheet.objects.exists()  # nine do not hide each other
    for n, one in enumerate(invitations[9:12]):
        finish(invitation=one, given=Given({"p1": 1 + n % 5}, {"p6": f"Words {9 + n}"}))
    mix_waiting()
    seen = _tables()
    assert seen["surveys_unmixed"] == []
    # One transaction wrote all answers and all invitations anew: none stands beside another.
    written = {row[0] for name in ("surveys_sheet", "surveys_loosewords") for row in seen[name]}
    assert len(written) == 1
    assert {row[0] for row in seen["invitations"]} == written
    # The places on the disk are by lot: over several mixings the order is never the one in which they came.
    orders = set()
    for _ in range(4):
        with transaction.atomic():
            from bothways.surveys.services.mixing import mix_all

            mix_all(survey)
        rows = sorted(_tables()["surveys_loosewords"], key=lambda row: row[1])
        orders.add(tuple(row[4] for row in rows))
    assert len(orders) > 1
    assert {one.done_on for one in Invitation.objects.all()} == {None}
    close(survey=survey, by=None)
    assert results(survey).answered == 12
    assert results(survey).n == 12


def test_an_anonymous_invitation_cannot_keep_a_day(world):
    families(world, 1)
    survey = asked(world, rosa(world), Promise.ANONYMOUS)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.filter(survey=survey).update(done_on="2026-09-14")


def test_an_anonymous_sheet_has_no_code_and_a_code_is_not_typed_in(world):
    families(world, 1)
    by = rosa(world)
    survey = asked(world, by, Promise.ANONYMOUS)
    with pytest.raises(NotTaken):
        finish(invitation=Invitation.objects.get(), given=Given({"p1": 3}), by=by)
    take_sheet(survey=survey, given=Given({"p1": 3}), by=by)
    with pytest.raises(NotTaken):
        take_sheet(survey=survey, given=Given(), by=by)
    close(survey=survey, by=by)
    assert [(one.values, one.paper) for one in Sheet.objects.all()] == [({"p1": 3}, True)]


def test_half_an_anonymous_survey_is_kept_nowhere(world):
    families(world, 1)
    survey = asked(world, rosa(world), Promise.ANONYMOUS)
    keep_part(invitation=Invitation.objects.get(), given=Given({"p1": 3}), part=1)
    assert not Answer.objects.exists()
    assert not Unmixed.objects.exists()
    assert Invitation.objects.get().part == 0
    del survey


def test_erasing_an_adult_erases_what_that_adult_was_asked(world):
    home, adult = family(world, 1)
    survey = asked(world, rosa(world), Promise.NAMED, of=Of.GUARDIAN, form=short("p1"))
    finish(invitation=Invitation.objects.get(survey=survey), given=Given({"p1": 3}))
    adult.delete()
    assert not Answer.objects.exists()
    del home
