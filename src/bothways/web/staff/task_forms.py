"""Forms for people's steps: what came of it, visits, plans, hours."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bothways.accounts.models import User
from bothways.consent.queries import is_quiet
from bothways.core import clock
from bothways.core.phone import show
from bothways.outreach.enums import REACHING_OUT, NoteKind, Place, Result, TaskKind, Way
from bothways.people.models import ContactPerson, ContactPoint, Guardian, Student
from bothways.schools.calendar import add_school_days
from bothways.schools.models import District
from bothways.web.staff.words import PLACES, RESULTS, TASKS, WAYS

WAY_OF = {
    TaskKind.CALL: Way.CALL,
    TaskKind.VISIT: Way.VISIT,
    TaskKind.HANDOVER: Way.HANDOVER,
    TaskKind.GO_BETWEEN: Way.GO_BETWEEN,
    TaskKind.NEUTRAL_PLACE: Way.NEUTRAL_PLACE,
}
OUTCOMES = [
    (r.value, RESULTS[r.value])
    for r in (
        Result.TALKED,
        Result.LEFT_WORD,
        Result.GIVEN,
        Result.NO_ANSWER,
        Result.WRONG_PERSON,
        Result.MOVED,
        Result.NOT_SAFE,
    )
]
_MORNING, _EVENING = time(8, 30), time(18)
_LAST_MINUTE = time(17, 45)  # after this “this evening” is now


def _plain(form: forms.Form) -> None:
    """What may stay empty says so by itself: no “if you know it” beside each field."""
    for field in form.fields.values():
        setattr(field, "plain", True)  # noqa: B010 - the template's own mark, unknown to Django


def _choose(form: forms.Form, name: str, rows: QuerySet[Any]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


class NumberChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: ContactPoint) -> str:
        return show(obj.address)


class OutcomeForm(forms.Form):
    """What came of a call, a visit, a handing over: one choice, a few words."""

    result = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=OUTCOMES,
        label=_("Choose one"),
    )
    guardian = forms.ModelChoiceField(
        Guardian.objects.none(),
        required=False,
        label=_("With whom"),
        empty_label=_("nobody in particular"),
    )
    point = NumberChoice(
        ContactPoint.objects.none(),
        required=False,
        label=_("Which number was it"),
        empty_label=_("the first one"),
    )
    words = forms.CharField(
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("What you talked about"),
        help_text=_(
            "In the family’s words where you can. The family may read this. Where it did not feel safe, only "
            "named staff read it."
        ),
    )
    learned = forms.CharField(
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=_("What we learned"),
        help_text=_("A good hour, a better way, a language: what the next person should know."),
    )
    again = forms.ChoiceField(
        required=False,
        widget=forms.RadioSelect,
        label=_("If nobody answered: when will you try again?"),
    )
    again_at = forms.DateTimeField(
        required=False,
        label=_("At another time"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    way = forms.ChoiceField(
        choices=[(w.value, WAYS[w.value]) for w in Way], label=_("How you reached out")
    )
    by = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=_("Who did it"),
        empty_label=_("I did"),
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        district: District,
        kind: TaskKind,
        adults: Sequence[Guardian],
        points: Sequence[ContactPoint],
        colleagues: QuerySet[User],
        closed: set[date],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.district, self.closed = district, closed
        _choose(self, "guardian", Guardian.objects.filter(pk__in=[a.pk for a in adults]))
        _choose(self, "point", ContactPoint.objects.filter(pk__in=[p.pk for p in points]))
        _choose(self, "by", colleagues)
        if kind is not TaskKind.CALL or len(points) < 2:
            del self.fields["point"]
        again = self.fields["again"]
        assert isinstance(again, forms.ChoiceField)
        again.choices = self._agains()
        _plain(self)
        way = self.fields["way"]
        way.initial = WAY_OF.get(kind, Way.CALL).value

    def _local_now(self) -> datetime:
        return clock.now().astimezone(self.district.zone)

    def _agains(self) -> list[tuple[str, Any]]:
        found = [("", _("Not again this way: the next step tries another"))]
        now = self._local_now()
        if now.time() < _LAST_MINUTE and not self._is_quiet(_EVENING):
            found.append(("evening", _("This evening")))
        found.append(("next_morning", _("On the next school day, in the morning")))
        if not self._is_quiet(_EVENING):
            found.append(("next_evening", _("On the next school day, in the evening")))
        found.append(("other", _("At another time, which I set below")))
        return found

    def _is_quiet(self, at: time) -> bool:
        return is_quiet(at, self.district.quiet_from, self.district.quiet_until)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        result = values.get("result")
        if result == Result.TALKED.value and not (values.get("words") or values.get("learned")):
            self.add_error("words", gettext("Two words are enough: what was it about?"))
        if result == Result.GIVEN.value and not values.get("guardian"):
            self.add_error("guardian", gettext("Say into whose hand: a guardian’s."))
        values["again_at"] = self._when(values) if result == Result.NO_ANSWER.value else None
        return values

    def _when(self, values: dict[str, Any]) -> datetime | None:
        now, again = self._local_now(), values.get("again")
        if not again:
            return None
        if again == "evening":
            return datetime.combine(now.date(), _EVENING, self.district.zone)
        if again in ("next_morning", "next_evening"):
            day = add_school_days(now.date() + timedelta(days=1), 0, self.closed)
            at = _MORNING if again == "next_morning" else _EVENING
            return datetime.combine(day, at, self.district.zone)
        at_other: datetime | None = values.get("again_at")
        if at_other is None:
            if "again_at" not in self.errors:
                self.add_error("again_at", gettext("Write the day and the hour."))
            return None
        if at_other <= clock.now() or at_other > clock.now() + timedelta(days=60):
            self.add_error("again_at", gettext("Choose an hour within the next 60 days."))
        elif self._is_quiet(timezone.localtime(at_other).time()):
            self.add_error("again_at", gettext("Families are left in peace at that hour."))
        return at_other

    @property
    def told(self) -> str:
        """Both fields as one text."""
        words, learned = self.cleaned_data["words"].strip(), self.cleaned_data["learned"].strip()
        if words and learned:
            return str(gettext("%(words)s\n\nLearned: %(learned)s")) % {
                "words": words,
                "learned": learned,
            }
        return str(words or learned)


class SettleForm(forms.Form):
    words = forms.CharField(
        max_length=300,
        label=_("What you found out or decided"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DropForm(forms.Form):
    why = forms.CharField(
        max_length=300,
        label=_("Why this step is not taken"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class WrongForm(forms.Form):
    why = forms.CharField(max_length=200, label=_("What was wrong"))


class ToForm(forms.Form):
    to = forms.ModelChoiceField(User.objects.none(), label=_("Hand over to"), empty_label=None)

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "to", people)


class AllToForm(ToForm):
    """All that is open of somebody, or of nobody, to a colleague."""

    of = forms.IntegerField(required=False, widget=forms.HiddenInput)


class NumberForm(forms.Form):
    number = forms.IntegerField(
        min_value=1,
        max_value=2**62,
        label=_("Number on the sheet"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class VisitForm(forms.Form):
    planned_at = forms.DateTimeField(
        label=_("Day and hour"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    minutes = forms.IntegerField(
        min_value=10,
        max_value=480,
        initial=45,
        label=_("Minutes it takes"),
        help_text=_("When they are over, and ten more, people at school are told."),
    )
    companion = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=_("Who goes along"),
        empty_label=_("not found yet: nobody goes alone"),
    )
    place = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=[(p.value, PLACES[p.value]) for p in Place],
        label=_("Where the family wants to meet"),
    )
    place_words = forms.CharField(
        required=False, max_length=300, label=_("Which place, which door, which bell")
    )
    agreed = forms.BooleanField(required=False, label=_("The family knows of it and wants it"))
    agreed_how = forms.CharField(
        required=False,
        max_length=300,
        label=_("How they said so, or how they were told"),
        help_text=_(
            "“By phone on Monday.” Where they could not be asked: “A letter went on Friday; they can say no.”"
        ),
    )
    safety_asked = forms.BooleanField(
        required=False,
        label=_("We asked ourselves what to watch for: dogs, stairs, who else is there"),
    )
    safety_note = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Safety note"),
        help_text=_("Only the two of you and named staff read it. It is never printed."),
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "companion", people)
        _plain(self)


class WhyForm(forms.Form):
    why = forms.CharField(max_length=300, label=_("Why"))


class NoteForm(forms.Form):
    kind = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=[
            (NoteKind.LEARNED.value, _("We learned")),
            (NoteKind.TRIED.value, _("We tried")),
            (NoteKind.STUDENT.value, _("The student suggests; the family never sees this")),
        ],
        initial=NoteKind.LEARNED.value,
        label=_("What it is"),
    )
    student = forms.ModelChoiceField(
        Student.objects.none(), required=False, label=_("Which student"), empty_label=_("none")
    )
    words = forms.CharField(
        max_length=4000, widget=forms.Textarea(attrs={"rows": 3}), label=_("In a few words")
    )
    protected = forms.BooleanField(
        required=False, label=_("It touches somebody’s safety: only named staff read it")
    )

    def __init__(self, *args: Any, students: Iterable[Student], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "student", Student.objects.filter(pk__in=[s.pk for s in students]))
        _plain(self)


class TrustForm(forms.Form):
    contact = forms.ModelChoiceField(
        ContactPerson.objects.none(),
        required=False,
        label=_("From the roster’s contacts"),
        empty_label=_("somebody else"),
    )
    name = forms.CharField(required=False, max_length=200, label=_("Name"))
    how = forms.CharField(
        required=False,
        max_length=300,
        label=_("Who they are to the family, and how to find them"),
    )
    may_say = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("What they may pass on, word for word"),
        help_text=_(
            "By your decision, and nothing else: “Mrs. C from school would be glad to talk, and it is good "
            "news.”"
        ),
    )

    def __init__(self, *args: Any, students: Iterable[Student], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = ContactPerson.objects.filter(
            student__in=[s.pk for s in students], ended_at=None
        ).order_by("name", "pk")
        _choose(self, "contact", people)
        _plain(self)


class NextForm(forms.Form):
    kind = forms.ChoiceField(
        choices=[(k.value, TASKS[k.value]) for k in REACHING_OUT], label=_("What is next")
    )
    owner = forms.ModelChoiceField(User.objects.none(), label=_("Whose it is"), empty_label=None)
    due = forms.DateField(label=_("By when"), widget=forms.DateInput(attrs={"type": "date"}))
    why = forms.CharField(required=False, max_length=300, label=_("What to try this time"))

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "owner", people)
        _plain(self)


class PauseForm(forms.Form):
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))
    why = forms.CharField(max_length=300, label=_("Because"))
    reviewer = forms.ModelChoiceField(
        User.objects.none(), label=_("Who looks again on that day"), empty_label=None
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "reviewer", people)


_DAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)


def _clock_input() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class HoursForm(forms.Form):
    """From and to for each weekday; both empty: not there that day."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n, day in enumerate(_DAYS):
            self.fields[f"from_{n}"] = forms.TimeField(
                required=False, widget=_clock_input(), label=_("%(day)s from") % {"day": day}
            )
            self.fields[f"to_{n}"] = forms.TimeField(
                required=False, widget=_clock_input(), label=_("%(day)s to") % {"day": day}
            )
        _plain(self)

    def days(self) -> list[tuple[Any, Any, Any]]:
        return [(day, self[f"from_{n}"], self[f"to_{n}"]) for n, day in enumerate(_DAYS)]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for n in range(7):
            starts, ends = values.get(f"from_{n}"), values.get(f"to_{n}")
            if (starts is None) != (ends is None) and not self.errors.keys() & {
                f"from_{n}",
                f"to_{n}",
            }:
                self.add_error(f"to_{n}", gettext("Write both, or leave both empty."))
            elif starts is not None and ends is not None and ends <= starts:
                self.add_error(f"to_{n}", gettext("The end lies before the beginning."))
        return values

    @property
    def hours(self) -> dict[int, tuple[time, time]]:
        values = self.cleaned_data
        return {
            n: (values[f"from_{n}"], values[f"to_{n}"])
            for n in range(7)
            if values[f"from_{n}"] is not None
        }


class AwayForm(forms.Form):
    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))
    stand_in = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=_("Who stands in"),
        empty_label=_("nobody"),
        help_text=_("Somebody who serves the same children: they see your open steps and talks."),
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "stand_in", people)
        _plain(self)
