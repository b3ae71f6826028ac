"""The forms of surveys."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.core import clock
from bothways.people.models import Student
from bothways.schools.models import School
from bothways.surveys.enums import Of, Promise
from bothways.surveys.forms import MOST_LENGTH, Form
from bothways.surveys.ready import MOST_OF_A_PULSE, forms_of, ready_items
from bothways.surveys.rules import grade_place
from bothways.web.templatetags.face import grade

PROMISES = {
    Promise.NAMED: _("By name: staff who serve the family read its answers"),
    Promise.CONFIDENTIAL: _(
        "Confidential: staff see groups of ten or more; the code reminds and counts once"
    ),
    Promise.ANONYMOUS: _(
        "Anonymous: kept without any way back; figures for all together, none by language or grade"
    ),
}
OF = {
    Of.HOUSEHOLD: _("One answer from each family"),
    Of.GUARDIAN: _("One answer from each adult"),
}
DAYS_OPEN = 14


class MakeForm(forms.Form):
    """What is asked of whom, under which promise."""

    title = forms.CharField(
        label=_("A name for it"),
        help_text=_("For you and your colleagues. Families do not see it."),
        max_length=120,
    )
    school = forms.ChoiceField(label=_("Families of"))
    grades = forms.MultipleChoiceField(
        label=_("Grades"),
        help_text=_("Tick none to ask all."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    ready = forms.MultipleChoiceField(
        label=_("Short questions in twelve languages"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    own = forms.CharField(
        label=_("A question of your own"),
        help_text=_(
            "In English. It is answered from “Not at all” to “Very much”. You translate it next."
        ),
        required=False,
        max_length=MOST_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    instrument = forms.ChoiceField(label=_("Or a long form"), required=False)
    scales = forms.MultipleChoiceField(
        label=_("Its parts"),
        help_text=_("Tick none to ask all. Fewer questions are answered by more families."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    promise = forms.ChoiceField(
        label=_("What you promise"),
        help_text=_("Families read it before the first question. It cannot be changed afterwards."),
        choices=[(p.value, label) for p, label in PROMISES.items()],
        widget=forms.RadioSelect,
        initial=Promise.CONFIDENTIAL.value,
    )
    of = forms.ChoiceField(
        label=_("Who answers"),
        choices=[(o.value, label) for o, label in OF.items()],
        widget=forms.RadioSelect,
        initial=Of.HOUSEHOLD.value,
    )
    by_text = forms.BooleanField(
        label=_("Ask by text, answered with a number"),
        help_text=_("Up to three questions, one after another. Not with a confidential promise."),
        required=False,
    )
    size = forms.IntegerField(
        label=_("How many families"),
        help_text=_(
            "A random sample, drawn within each language; small languages get more. Leave it empty to ask all."
        ),
        required=False,
        min_value=1,
        max_value=1_000_000,
    )
    closes_on = forms.DateField(
        label=_("Open until"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert user.district is not None
        where = user.schools_where(Permission.SURVEYS)
        schools = School.objects.filter(district=user.district, ended_at=None).order_by("name")
        if where is not None:
            schools = schools.filter(pk__in=where)
        self.schools = {str(school.pk): school for school in schools}
        self.forms: dict[str, Form] = forms_of(user.district)
        everywhere = [("", _("all schools"))] if where is None else []
        self._choices("school", [*everywhere, *((pk, s.name) for pk, s in self.schools.items())])
        self.fields["school"].required = where is not None
        grades = (
            Student.objects.filter(
                district=user.district, ended_at=None, school__in=list(self.schools.values())
            )
            .exclude(grade="")
            .values_list("grade", flat=True)
            .order_by()
            .distinct()
        )
        self._choices("grades", [(code, grade(code)) for code in sorted(grades, key=grade_place)])
        self._choices("ready", [(code, i.texts["en"]) for code, i in ready_items().items()])
        self._choices(
            "instrument", [("", _("none")), *((c, f.title) for c, f in self.forms.items())]
        )
        self._choices(
            "scales",
            [
                (f"{code}:{scale.code}", _part_name(scale.titles, scale.code, len(scale.items)))
                for code, form in self.forms.items()
                for scale in form.scales
            ],
        )
        for name in ("grades", "ready", "own", "instrument", "scales", "size"):
            setattr(self.fields[name], "plain", True)  # noqa: B010 - the template's own mark
        self.fields["closes_on"].initial = clock.today(user.district.timezone) + timedelta(
            days=DAYS_OPEN
        )

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        short = len(values.get("ready", [])) + bool(values.get("own", "").strip())
        if values.get("instrument") and short:
            self.add_error("instrument", _("Choose short questions or a long form, not both."))
        elif not values.get("instrument") and not 1 <= short <= MOST_OF_A_PULSE:
            self.add_error("ready", _("Choose one to three short questions, or a long form below."))
        return values


def _part_name(titles: Any, code: str, n: int) -> str:
    return f"{titles.get('en') or next(iter(titles.values()), code)} ({n})"


class LoadForm(forms.Form):
    """A form of the district’s own, as a file."""

    file = forms.FileField(
        label=_("File"), help_text=_("TOML, or CSV with a question on each line.")
    )
    code = forms.SlugField(label=_("Short name"), max_length=40, required=False)
    title = forms.CharField(label=_("Title"), max_length=120, required=False)
    source = forms.CharField(
        label=_("Where the words are from, and that you may use them"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("code", "title", "source"):
            self.fields[name].help_text = _("For CSV; a TOML file says it itself.")
            setattr(self.fields[name], "plain", True)  # noqa: B010 - the template's own mark
