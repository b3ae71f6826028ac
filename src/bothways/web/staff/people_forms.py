"""What may be typed about who works here."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from bothways.accounts import rules
from bothways.accounts.enums import Role, Scope
from bothways.accounts.models import User
from bothways.core.phone import to_e164
from bothways.schools.models import District, School
from bothways.web.staff.words import ROLES, SCOPES

# Duty persons are named on the page of duties, with the number at which they are called.
_GIVEN_HERE = [role for role in Role if role is not Role.DUTY]


def held_by(user: User) -> list[rules.Held]:
    return [(Role(m.role), m.school_id) for m in user.roles()]


class RoleForm(forms.Form):
    """A role and where; only what the giver may give."""

    role = forms.ChoiceField(label=_("Role"))
    school = forms.ChoiceField(label=_("Where"), required=False)
    scope = forms.ChoiceField(
        label=_("Which families"),
        required=False,
        choices=[
            ("", _("as the role has it")),
            (Scope.SCHOOL.value, SCOPES["school"]),
            (Scope.CASE_LOAD.value, SCOPES["case_load"]),
        ],
        help_text=_("Only counselors and family liaisons have this choice."),
    )

    def __init__(self, *args: Any, giver: User, schools: list[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = held_by(giver)
        self.schools = {str(school.pk): school for school in schools}
        everywhere = any(rules.may_give(self.held, role, None) for role in _GIVEN_HERE)
        places: list[int | None] = [school.pk for school in schools]
        if everywhere:
            places.append(None)
        roles = [
            role
            for role in _GIVEN_HERE
            if any(rules.may_give(self.held, role, place) for place in places)
        ]
        self._choose("role", [(role.value, ROLES[role.value]) for role in roles])
        self._choose(
            "school",
            [
                *([("", _("the whole district"))] if everywhere else []),
                *((pk, school.name) for pk, school in self.schools.items()),
            ],
        )

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "role" not in said or "school" not in said:
            return said
        role = Role(said["role"])
        school = self.schools.get(said["school"])
        place = school.pk if school else None
        if role is Role.DISTRICT_ADMIN and school is not None:
            raise forms.ValidationError(
                _("A district admin serves the whole district: choose that.")
            )
        if not rules.fits(role, place, ""):
            self.add_error("school", _("Choose the school for this role."))
        elif not rules.fits(role, place, said.get("scope", "")):
            self.add_error("scope", _("This role has no such choice."))
        elif not rules.may_give(self.held, role, place):
            self.add_error("role", _("Only a district admin gives this role."))
        said["where"] = school
        return said


class PersonForm(RoleForm):
    """Somebody who stands in no roster, with a first role."""

    given = forms.CharField(label=_("First name"), max_length=200)
    family = forms.CharField(label=_("Last name"), max_length=200)
    email = forms.EmailField(
        label=_("School email address"),
        max_length=254,
        help_text=_("The code for signing in goes there."),
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    field_order = ("given", "family", "email", "role", "school", "scope")


class ReachForm(forms.Form):
    """How the school reaches this colleague."""

    email = forms.EmailField(
        label=_("School email address"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "dir": "ltr", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if email and User.objects.filter(email__iexact=email).exclude(pk=self.person.pk).exists():
            raise forms.ValidationError(_("Somebody else signs in with this address."))
        return email

    def clean_phone(self) -> str:
        return _number(self.cleaned_data["phone"], self.person.district)


class DutyForm(forms.Form):
    person = forms.ModelChoiceField(
        User.objects.none(), label=_("Who"), empty_label=_("choose a colleague")
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        help_text=_("At which this person answers while school is open, and after."),
        widget=forms.TextInput(attrs={"type": "tel", "dir": "ltr", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, people: Any, district: District, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.district = district
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people

    def clean_phone(self) -> str:
        return _number(self.cleaned_data["phone"], self.district)


class LettersForm(forms.Form):
    """A part of a school by grade and first letter of the family name."""

    school = forms.ModelChoiceField(School.objects.none(), label=_("School"), empty_label=None)
    grade = forms.ChoiceField(label=_("Grade"), required=False)
    first = forms.CharField(
        label=_("Family names from"),
        max_length=1,
        validators=[RegexValidator(r"^\w$", _("One letter."))],
    )
    last = forms.CharField(
        label=_("to"), max_length=1, validators=[RegexValidator(r"^\w$", _("One letter."))]
    )

    def __init__(self, *args: Any, schools: list[School], grades: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        school, grade = self.fields["school"], self.fields["grade"]
        assert isinstance(school, forms.ModelChoiceField)
        assert isinstance(grade, forms.ChoiceField)
        school.queryset = School.objects.filter(pk__in=[one.pk for one in schools])
        grade.choices = [("", _("all grades")), *((one, one) for one in grades)]


def _number(typed: str, district: District | None) -> str:
    """A phone number as we keep it; empty stays empty."""
    if not typed.strip():
        return ""
    found = to_e164(typed, district.region if district else "US")
    if found is None:
        raise forms.ValidationError(_("This is no phone number that can be called from here."))
    return found
