"""Whom a message is for, as the writer may choose it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict
from django.utils.translation import gettext as _

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.core.text import clean
from bothways.messaging.audience import Audience
from bothways.people.models import Household, Student
from bothways.schools.models import School, Section
from bothways.web.staff.outcome import WORDS, Those, families, messages_of
from bothways.web.staff.scope import children_of, homes_of, schools_where


class UnusableChoice(ValueError):
    """This choice cannot be sent to by this person; the text says what to choose instead."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What this user may choose from."""

    everybody: bool
    schools: tuple[School, ...]
    grades: tuple[str, ...]
    sections: tuple[Section, ...]  # those this user teaches


def offer(user: User) -> Offer:
    wide = schools_where(user, Permission.MESSAGE_DISTRICT)
    schools = School.objects.filter(district=user.district, ended_at=None).order_by("name")
    if wide is not None:
        schools = schools.filter(pk__in=wide)
    sections = Section.objects.filter(
        district=user.district,
        ended_at=None,
        teaching__user=user,
        teaching__ended_at=None,
    ).order_by("title", "pk")
    found = tuple(schools)
    grades = (
        Student.objects.filter(pk__in=children_of(user).values("pk"), school__in=found)
        .exclude(grade="")
        .order_by("grade")
        .values_list("grade", flat=True)
        .distinct()
    )
    return Offer(
        everybody=wide is None,
        schools=found,
        grades=tuple(grades),
        sections=tuple(sections),
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """An audience with the words for it, and its school or child where it is one."""

    audience: Audience
    words: str
    school: School | None = None
    student: Student | None = None
    home: Household | None = None


def read(data: QueryDict | Mapping[str, str], user: User, choices: Offer) -> Choice:
    """The audience that was chosen; raises UnusableChoice."""
    who = str(data.get("who", ""))
    since = _since(str(data.get("not_reached_since", "")), bool(data.get("only_unreached")))
    kind, _colon, value = who.partition(":")
    if kind == "family":
        return _one_family(value, str(data.get("about", "")), user)
    if kind == "again":
        return _again(value, user)
    if kind == "all" and choices.everybody:
        return _with_grades(
            Audience(not_reached_since=since), _("All families"), None, data, choices
        )
    if kind == "school":
        school = next((s for s in choices.schools if s.sis_id == value), None)
        if school is not None:
            audience = Audience(schools=(school.sis_id,), not_reached_since=since)
            return _with_grades(audience, school.name, school, data, choices)
    if kind == "section":
        section = next((s for s in choices.sections if s.sis_id == value), None)
        if section is not None:
            return Choice(
                Audience(sections=(section.sis_id,), not_reached_since=since),
                _but(section.title, since),
                section.school,
            )
    if kind == "mine" and choices.sections:
        ids = tuple(section.sis_id for section in choices.sections)
        return Choice(
            Audience(sections=ids, not_reached_since=since), _but(_("All my classes"), since)
        )
    if kind == "list":
        return _list(str(data.get("list", "")), user, since)
    raise UnusableChoice(_("Choose whom the message is for."))


def _since(typed: str, wanted: bool) -> date | None:
    if not wanted:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise UnusableChoice(
            _("Say since when: choose the day from which a family counts as not reached.")
        ) from None


def _but(words: str, since: date | None) -> str:
    if since is None:
        return words
    return _("%(who)s, only families not reached since %(day)s") % {
        "who": words,
        "day": since.isoformat(),
    }


def _with_grades(
    audience: Audience,
    words: str,
    school: School | None,
    data: QueryDict | Mapping[str, str],
    choices: Offer,
) -> Choice:
    asked = data.getlist("grade") if isinstance(data, QueryDict) else []
    grades = tuple(grade for grade in choices.grades if grade in asked)
    if grades:
        audience = Audience(
            schools=audience.schools, grades=grades, not_reached_since=audience.not_reached_since
        )
        words = _("%(who)s, grade %(grades)s") % {"who": words, "grades": ", ".join(grades)}
    return Choice(audience, _but(words, audience.not_reached_since), school)


def _one_family(value: str, about: str, user: User) -> Choice:
    home = (
        homes_of(user).filter(pk=int(value)).first()
        if value.isascii() and value.isdigit() and len(value) < 18
        else None
    )
    if home is None:
        raise UnusableChoice(_("This family is not one that you serve."))
    children = list(
        children_of(user).filter(homes__household=home).select_related("school").order_by("pk")
    )
    names = ", ".join(child.name for child in children)
    student = next((child for child in children if str(child.pk) == about), None)
    schools = {child.school for child in children if child.school}
    if student is not None:
        if not student.sis_id:
            # Without it the audience could not say which child is meant, and would mean all of them.
            raise UnusableChoice(_("This child has no student number yet. Write in general."))
        # About one child: only those may read it who may read this child's records.
        return Choice(
            Audience(students=(student.sis_id,), households=(home.pk,)),
            _("The family of %(children)s, about %(child)s")
            % {"children": names, "child": student.called},
            student.school,
            student,
            home,
        )
    return Choice(
        Audience(households=(home.pk,)),
        _("The family of %(children)s") % {"children": names},
        next(iter(schools)) if len(schools) == 1 else None,
        None,
        home,
    )


def _again(value: str, user: User) -> Choice:
    """Those families of an earlier message who did not get, see or answer it, as it stands now."""
    number, _colon, those = value.partition(":")
    message = (
        messages_of(user).select_related("school").filter(pk=int(number)).first()
        if number.isascii() and number.isdigit() and len(number) < 18
        else None
    )
    if message is None or message.sent_at is None or those not in set(Those):
        raise UnusableChoice(_("This message is not there any more. Choose whom you write to."))
    if message.student_id is not None:
        raise UnusableChoice(_("That message was about one child. Write to that family instead."))
    homes = families(user, message, Those(those))
    if not homes:
        raise UnusableChoice(_("There is no such family any more: all of them did."))
    version = message.versions.order_by("pk").first()
    title = (version.subject or version.body[:60]) if version else ""
    return Choice(
        Audience(households=tuple(homes)),
        _("Families %(who)s: “%(title)s”") % {"who": WORDS[Those(those)], "title": title},
        message.school,
    )


def _list(typed: str, user: User, since: date | None) -> Choice:
    wanted = list(dict.fromkeys(clean(part) for part in typed.replace(",", "\n").splitlines()))
    wanted = [part for part in wanted if part]
    if not wanted:
        raise UnusableChoice(_("The list is empty. Write one student number a line."))
    served = set(children_of(user).filter(sis_id__in=wanted).values_list("sis_id", flat=True))
    missing = [part for part in wanted if part not in served]
    if missing:
        raise UnusableChoice(
            _("Not among the students that you serve: %(ids)s.") % {"ids": ", ".join(missing[:5])}
        )
    return Choice(
        Audience(students=tuple(wanted), not_reached_since=since),
        _but(_("A list of %(count)d students") % {"count": len(wanted)}, since),
    )
