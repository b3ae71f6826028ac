"""The forms of the staff side: what may be typed, and the words beside each field."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bothways.languages.codes import LANGUAGES, name_in
from bothways.messaging.enums import Tone
from bothways.outreach.enums import Result, Way
from bothways.people.enums import PointKind, RestrictionKind
from bothways.people.models import Guardian, Link
from bothways.web.staff.words import POINTS, RESTRICTIONS, RESULTS, TONES, WAYS


def language_choices(known: list[str]) -> list[tuple[str, str]]:
    """The district's languages and ours, by name."""
    tags = sorted({*LANGUAGES, *known} - {""}, key=lambda tag: name_in(tag, "en"))
    return [("", str(_("not known yet"))), *((tag, name_in(tag, "en")) for tag in tags)]


class NoteForm(forms.Form):
    """A call, a visit, something handed over."""

    guardian = forms.ModelChoiceField(
        Guardian.objects.none(),
        required=False,
        label=_("With whom"),
        empty_label=_("nobody in particular"),
    )
    way = forms.ChoiceField(choices=[(w.value, WAYS[w.value]) for w in Way], label=_("What it was"))
    result = forms.ChoiceField(
        choices=[(r.value, RESULTS[r.value]) for r in Result], label=_("What came of it")
    )
    words = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        label=_("What was said or learned"),
        help_text=_(
            "In the family’s words where you can. The family may read this. Where it did not feel safe, "
            "only named staff read it."
        ),
    )
    tone = forms.ChoiceField(
        required=False,
        choices=[(t.value, TONES[t.value]) for t in Tone],
        label=_("What it was for the family"),
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, adults: list[Guardian], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["guardian"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Guardian.objects.filter(pk__in=[adult.pk for adult in adults])


class PointForm(forms.Form):
    guardian = forms.ModelChoiceField(Guardian.objects.none(), label=_("Whose"), empty_label=None)
    kind = forms.ChoiceField(
        # A browser agrees by itself, on its family's page.
        choices=[(k.value, POINTS[k.value]) for k in PointKind if k is not PointKind.PUSH],
        label=_("What kind"),
    )
    address = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        label=_("Number, email or address"),
        help_text=_("An address as on an envelope: the street, then the town below it."),
    )
    mobile = forms.BooleanField(
        required=False, label=_("It is a mobile phone that can receive text messages")
    )

    def __init__(self, *args: Any, adults: list[Guardian], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["guardian"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Guardian.objects.filter(pk__in=[adult.pk for adult in adults])


class GuardianForm(forms.Form):
    speaks = forms.ChoiceField(required=False, label=_("Speaks"))
    reads = forms.ChoiceField(required=False, label=_("Reads"))
    can_read = forms.ChoiceField(
        required=False,
        choices=[("", _("nobody asked yet")), ("yes", _("reads")), ("no", _("does not read"))],
        label=_("Written words"),
        help_text=_("To somebody who does not read, a person tells it."),
    )
    address_hidden = forms.BooleanField(
        required=False,
        label=_("Show this home’s address to nobody"),
        help_text=_("It is never printed. Letters are handed over in person."),
    )

    def __init__(self, *args: Any, known: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("speaks", "reads"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = language_choices(known)


class LinkChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Link) -> str:
        return str(
            _("%(adult)s, for %(child)s") % {"adult": obj.guardian.name, "child": obj.student.name}
        )


class RestrictionForm(forms.Form):
    link = LinkChoice(Link.objects.none(), label=_("Whom it restricts"), empty_label=None)
    kind = forms.ChoiceField(
        choices=[(k.value, RESTRICTIONS[k.value]) for k in RestrictionKind], label=_("To what")
    )
    starts_on = forms.DateField(
        required=False, label=_("From"), widget=forms.DateInput(attrs={"type": "date"})
    )
    ends_on = forms.DateField(
        required=False,
        label=_("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Leave it empty where no end is stated."),
    )
    document = forms.CharField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Which paper says so"),
        help_text=_("Court, number, date, where it is kept. Few people may read this."),
    )

    def __init__(self, *args: Any, links: list[Link], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["link"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Link.objects.filter(pk__in=[link.pk for link in links]).select_related(
            "guardian", "student"
        )
