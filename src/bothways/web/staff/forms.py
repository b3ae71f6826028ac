"""The forms of the staff side: what may be typed, and the words beside each field."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bothways.languages.codes import LANGUAGES, name_in
from bothways.messaging.enums import Tone
from bothways.outreach.enums import Result, Way
from bothways.people.enums import PointKind, RestrictionKind, WordClass
from bothways.people.models import Guardian, Link
from bothways.web.staff.words import POINTS, READERS, RESTRICTIONS, RESULTS, TONES, WAYS

# What only its speaker reads is what a guardian wrote; nobody notes it for another.
READERS_OFFERED = (WordClass.FAMILY, WordClass.STUDENT_VOICE, WordClass.PROTECTED)


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
        help_text=_("In the family’s words where you can. What was promised, by when."),
    )
    word_class = forms.ChoiceField(
        choices=[(c.value, READERS[c.value]) for c in READERS_OFFERED],
        widget=forms.RadioSelect,
        required=False,
        label=_("Who may read these words"),
        help_text=_("Where it did not feel safe, only named staff read them, whatever you choose."),
    )
    tone = forms.ChoiceField(
        required=False,
        choices=[(t.value, TONES[t.value]) for t in Tone],
        label=_("What it was for the family"),
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def clean_word_class(self) -> str:
        # A form of before this choice: as it was then.
        return str(self.cleaned_data["word_class"] or WordClass.FAMILY.value)

    def __init__(self, *args: Any, adults: list[Guardian], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("words", "tone"):
            # What may stay empty says so by itself: the template's own mark, unknown to Django.
            setattr(self.fields[name], "plain", True)  # noqa: B010
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
    interpreter = forms.ChoiceField(
        required=False,
        choices=[("", _("nobody asked yet")), ("yes", _("wants one")), ("no", _("wants none"))],
        label=_("An interpreter for talks"),
        help_text=_("A grown-up who is paid or trained for it: never a child of the family."),
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
