"""Erasing a child or an adult leaves nothing of what was asked, told, counted or promised about them."""

from collections.abc import Iterable

from django.apps import apps
from django.db.models import Model

from bothways.barriers.enums import Source
from bothways.barriers.services import note as note_barrier
from bothways.cases.enums import About, How
from bothways.cases.services.speaking import Words, say_at_home
from bothways.people.enums import WordClass
from bothways.people.models import Guardian, Household, Student
from bothways.surveys.enums import Of
from bothways.surveys.models import Invitation
from bothways.surveys.services.answering import Given, finish
from people import Cast
from web import cases_made, surveying, together, welcomed
from web.asked import wants_a_ride

APPS = ("welcome", "barriers", "feedback", "surveys", "cases")


def _everything_about_emily(cast: Cast) -> None:
    """Her mother was welcomed, asked for a ride, answered a survey; a case, a goal and a talk are about her."""
    welcomed.told(cast, "story", "I liked school.")
    welcomed.told(cast, "carers", "Her aunt Joan")
    note_barrier(
        household=cast.emilys_home,
        barrier="transport",
        by=cast.mrs_c,
        source=Source.VISIT,
        words="The bus stops at six.",
        student=cast.emily,
    )
    wants_a_ride(cast)
    survey = surveying.opened(cast, of=Of.GUARDIAN)
    asked = Invitation.objects.get(survey=survey, guardian=cast.emilys_mother)
    finish(invitation=asked, given=Given({"p1": 4}, {"p6": "More music"}, "en"))
    case = cases_made.of(cast, cast.emily, cast.emilys_mother, "emilys")
    say_at_home(
        case=case,
        guardian=cast.emilys_mother,
        words=Words("She sleeps badly.", "en", About.SEES, WordClass.FAMILY, How.PAGE),
        form_key="a",
    )
    together.goal(cast)
    together.talk(cast)


def _pointing(at: Iterable[Model]) -> set[str]:
    """Models of the new rooms with a row that points at one of these, by a key the database keeps."""
    found = set()
    for label in APPS:
        for model in apps.get_app_config(label).get_models():
            for field in model._meta.concrete_fields:
                for one in at:
                    if (
                        field.related_model is type(one)
                        and model._base_manager.filter(**{field.attname: one.pk}).exists()
                    ):
                        found.add(f"{model._meta.label}.{field.name}")
    return found


def _words() -> set[str]:
    """All words of people that stand in these rooms."""
    return {
        str(value)
        for label in APPS
        for model in apps.get_app_config(label).get_models()
        for row in model._base_manager.values()
        for value in row.values()
        if isinstance(value, str)
    }


HERS = {
    "I liked school.",
    "Her aunt Joan",
    "We would come if somebody could drive us.",
    "More music",
    "She sleeps badly.",
}
OF_EMILY = {
    "The bus stops at six.",
    "We would come if somebody could drive us.",
    "She sleeps badly.",
    "Nobody asked us.",
}


def test_erasing_an_adult_erases_what_the_adult_said_in_all_rooms(everybody: Cast) -> None:
    _everything_about_emily(everybody)
    mother = Guardian.objects.get(pk=everybody.emilys_mother.pk)
    assert len(_pointing([mother])) >= 4
    assert _words() >= HERS
    mother.delete()
    assert _words() & HERS == set()


def test_erasing_a_child_erases_its_case_goal_talk_and_what_was_asked_for_it(
    everybody: Cast,
) -> None:
    _everything_about_emily(everybody)
    emily = Student.objects.get(pk=everybody.emily.pk)
    pointing = {name.partition(".")[0] for name in _pointing([emily])}
    assert pointing >= {"barriers", "feedback", "cases"}
    assert _words() >= OF_EMILY | {"Emily reads every evening"}
    emily.delete()
    assert _words() & (OF_EMILY | {"Emily reads every evening"}) == set()


def test_erasing_a_family_leaves_no_row_of_it(everybody: Cast) -> None:
    _everything_about_emily(everybody)
    home = Household.objects.get(pk=everybody.emilys_home.pk)
    rooms = {name.partition(".")[0] for name in _pointing([home])}
    assert rooms == {"welcome", "barriers", "feedback", "surveys", "cases"}
    home.delete()
    assert "The bus stops at six." not in _words()
