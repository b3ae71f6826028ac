"""A goal and a talk about Emily, for the tables of pages."""

from datetime import timedelta

from bothways.cases.enums import How, Side
from bothways.cases.models import Goal, Talk, TalkStep
from bothways.cases.services import goals, talks
from bothways.core import clock
from bothways.people.enums import WordClass
from people import Cast


def goal(cast: Cast) -> Goal:
    """Emily reads every evening; her mother said so first."""
    found = Goal.objects.filter(student=cast.emily).first()
    if found is not None:
        return found
    made = goals.set_goal(
        student=cast.emily,
        draft=goals.GoalDraft(
            "Emily reads every evening",
            "en",
            clock.now().date() + timedelta(days=60),
            home_does="Ten minutes with a book.",
            school_does="Sends books home.",
            student_does="Chooses the book.",
            see_it="She tells the story.",
            said_in={"es": {"words": "Emily lee cada noche"}},
        ),
        by=cast.mrs_c,
        form_key="emily-reads",
    )
    goals.say_how(
        goal=made, words="Better", value=3, language="en", by=cast.mrs_c, form_key="emily-3"
    )
    return made


def talk(cast: Cast) -> Talk:
    """A talk with Emily’s parents that is being prepared."""
    made = talks.open_talk(
        household=cast.emilys_home, student=cast.emily, by=cast.mrs_c, form_key="emily-talk"
    )
    if not made.family_view and made.closed_at is None:
        made = talks.note_family_view(
            talk=made,
            words="Nobody asked us.",
            language="en",
            how=How.VISIT,
            word_class=WordClass.FAMILY,
            by=cast.mrs_c,
        )
        talks.add_note(
            talk=made,
            words="Begin with her drawing.",
            word_class=WordClass.FAMILY,
            by=cast.mrs_c,
            form_key="emily-note",
        )
    return made


def agreed(cast: Cast) -> TalkStep:
    made = talk(cast)
    found = made.steps.first()
    if found is not None:
        return found
    return talks.agree(
        talk=made,
        step=talks.Agreed(
            "Calls on Friday", Side.SCHOOL, clock.now().date() + timedelta(days=7), user=cast.mrs_c
        ),
        by=cast.mrs_c,
    )
