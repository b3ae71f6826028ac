"""Texts that begin with the word for homework: a teacher posts, a family asks.

Everything else, and all that is not surely one of these, goes on to the conversations: words of a family are
for a person. The sender of a text can be forged. Whoever forges a teacher's number can post to that teacher's
classes: so the teacher is told at once of every posting, at the number in the account, and takes it back with
one word. Whoever forges a family's number learns nothing, since the answer goes to the family.
"""

from datetime import datetime

from bothways.accounts.models import User
from bothways.channels.contract import Event
from bothways.channels.enums import Channel
from bothways.core import jobs
from bothways.hotline.enums import Source
from bothways.hotline.models import Posting, TeacherText
from bothways.hotline.queries import homes_at, sections_of, staff_at
from bothways.hotline.rules import Class, Empty, Post, Undo, read_staff
from bothways.hotline.services.answering import answer_families, wish_weekly
from bothways.hotline.services.posting import Unusable, add, codes, today_of, undo
from bothways.languages.folding import fold
from bothways.languages.homework import after_homework, asks_for_homework
from bothways.languages.meaning import read_reply

_MOST_TITLES = 8
_WEEKLY = {"on": True, "off": False}


def receive(event: Event, *, at: datetime) -> str | None:
    """What this text was taken for at this desk; None: it is for somebody else."""
    if event.channel not in ("", Channel.TEXT.value) or event.audio or event.stop is not None:
        return None
    rest = after_homework(event.body)
    if rest is None or not event.from_:
        return None
    teacher = staff_at(event.from_)
    asked = asks_for_homework(event.body)
    if asked is not None and answer_families(event.from_, asked=asked, at=at):
        return "homework_asked"
    weekly = _WEEKLY.get(fold(rest))
    if weekly is not None and wish_weekly(event.from_, on=weekly, at=at):
        return "homework_weekly"
    if teacher is None or read_reply(event.body).danger:
        return None
    if homes_at(event.from_, at=at) and not _is_post(rest, teacher):
        return None  # a parent who also teaches here, and writes about homework
    answer = _teach(teacher, rest)
    text = TeacherText.objects.create(user=teacher, number=event.from_, at=at, answer=answer[:1000])
    jobs.enqueue("hotline.tell_teacher", text_id=text.pk)
    return "homework_posted"


def _classes(teacher: User) -> list[Class]:
    sections = sections_of(teacher)
    known = codes(sections)
    return [Class(one.pk, one.title, known[one.pk]) for one in sections]


def _is_post(rest: str, teacher: User) -> bool:
    """Whether it names a class of this teacher's, or begins with a colon: no parent's words would."""
    meant = read_staff(rest, _classes(teacher))
    return isinstance(meant, Undo) or (isinstance(meant, Post) and meant.words != rest.strip())


def _teach(teacher: User, rest: str) -> str:
    """Do what the text says; what the teacher is told."""
    classes = _classes(teacher)
    if not classes:
        return "You teach no class here. The office sees what the roster says about you."
    meant = read_staff(rest, classes)
    sections = {one.pk: one for one in sections_of(teacher)}
    if isinstance(meant, Undo):
        last = (
            Posting.objects.filter(section__in=sections, author=teacher, source=Source.TEXT.value)
            .select_related("section")
            .order_by("-changed_at")
            .first()
        )
        if last is None:
            return "There is nothing to take back."
        title = last.section.title
        undo(posting=last, by=teacher)
        return f"Taken back: the last words for {title}."
    if isinstance(meant, Post):
        section = sections[meant.section]
        day = today_of(section)
        assert teacher.district is not None
        try:
            posting = add(
                section=section,
                day=day,
                words=meant.words,
                by=teacher,
                source=Source.TEXT,
                language=teacher.district.default_language,
            )
        except Unusable as error:
            return f"Not posted for {section.title}. {error}"
        words = " ".join(posting.bodies[posting.language].split())
        return (
            f"Posted for {section.title}, {day:%A %d %B}: {words[:300]}\n"
            "To take it back, write HW UNDO."
        )
    if isinstance(meant, Empty):
        return f"Not posted for {sections[meant.section].title}: there are no words after its name."
    listed = ", ".join(f"{one.title} ({one.code})" for one in classes[:_MOST_TITLES])
    more = " and more: see Homework on the school’s page" if len(classes) > _MOST_TITLES else ""
    return (
        f"Not posted: say for which class, then a colon, then the work: HW {classes[0].code}: read "
        f"pages 4-9. Your classes: {listed}{more}."
    )
