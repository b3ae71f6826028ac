"""The forms of a case. What is written for the family has a box more for each language that it reads."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bothways.accounts.models import User
from bothways.cases.enums import STAFF_PARTS, About, Better, Every, How, Kind, Part
from bothways.cases.models import Member
from bothways.cases.services.entering import MOST_TITLE, MOST_WORDS
from bothways.languages.codes import name_in
from bothways.people.enums import WordClass
from bothways.people.models import Guardian
from bothways.web.staff.case_words import (
    BETTERS,
    ENDS,
    EVERY,
    HOWS,
    KINDS,
    PARTS,
    READERS,
    SPOKEN_HOWS,
    choices,
)


def _name(person: Any) -> str:
    return str(person.name)


def area(rows: int = 4, **attrs: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "dir": "auto", **attrs})


def day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class Plain(forms.Form):
    """What may stay empty says so by its own words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            setattr(field, "plain", True)  # noqa: B010


class InTongues(Plain):
    """A form with the same words in the languages of the family."""

    told: tuple[str, ...] = ()  # names of the fields that the family reads

    def __init__(self, *args: Any, tongues: Sequence[str] = (), **kwargs: Any) -> None:
        self.tongues = list(tongues)
        super().__init__(*args, **kwargs)
        ordered: dict[str, forms.Field] = {}
        for name, field in self.fields.items():
            ordered[name] = field
            if name not in self.told:
                continue
            for tag in self.tongues:
                ordered[f"{name}-{tag}"] = other = forms.CharField(
                    required=False,
                    max_length=MOST_WORDS,
                    label=_("The same in %(language)s") % {"language": name_in(tag, "en")},
                    widget=area(2, lang=tag)
                    if isinstance(field.widget, forms.Textarea)
                    else forms.TextInput(attrs={"lang": tag, "dir": "auto"}),
                )
                setattr(other, "plain", True)  # noqa: B010
        self.fields = ordered

    def said(self, name: str) -> dict[str, str]:
        """Language → the words of this field in it, where somebody wrote them."""
        found = {tag: str(self.cleaned_data.get(f"{name}-{tag}") or "") for tag in self.tongues}
        return {tag: words for tag, words in found.items() if words.strip()}


class NewForm(InTongues):
    told = ("title",)
    strengths = forms.CharField(
        max_length=MOST_WORDS,
        widget=area(4),
        label=gettext_lazy("What is good"),
        help_text=gettext_lazy(
            "Begin here: something this child does well, as you saw it. The family reads it first."
        ),
    )
    sees = forms.CharField(
        required=False,
        max_length=MOST_WORDS,
        widget=area(4),
        label=gettext_lazy("What you see"),
        help_text=gettext_lazy(
            "What happened, when and how often; not what the child is, and not why."
        ),
    )
    title = forms.CharField(
        max_length=MOST_TITLE,
        label=gettext_lazy("What it is about, in a few words"),
        help_text=gettext_lazy("As the family may read it: “homework in the evening”."),
    )
    guardians = forms.ModelMultipleChoiceField(
        Guardian.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("With whom at home"),
        help_text=gettext_lazy("Only adults who may be told about this child stand here."),
        error_messages={"required": gettext_lazy("Choose with whom you want to work on it.")},
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, adults: Sequence[Guardian], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["guardians"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Guardian.objects.filter(pk__in=[adult.pk for adult in adults])


class SayForm(Plain):
    about = forms.ChoiceField(
        choices=[
            (About.STRENGTH.value, gettext_lazy("what is good")),
            (About.SEES.value, gettext_lazy("what I see")),
            (About.WISH.value, gettext_lazy("what I wish for")),
            (About.NOTE.value, gettext_lazy("a note on how it goes")),
        ],
        label=gettext_lazy("What you say"),
    )
    words = forms.CharField(
        max_length=MOST_WORDS, widget=area(5), label=gettext_lazy("In your words")
    )
    word_class = forms.ChoiceField(
        choices=choices(READERS, WordClass.FAMILY, WordClass.SPEAKER_ONLY),
        initial=WordClass.FAMILY.value,
        widget=forms.RadioSelect,
        label=gettext_lazy("Who reads this"),
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)


class NoteForm(Plain):
    """What somebody of the family, or the student, said to staff."""

    member = forms.ModelChoiceField(
        Member.objects.none(), label=gettext_lazy("Who said it"), empty_label=None
    )
    how = forms.ChoiceField(
        choices=choices(HOWS, *SPOKEN_HOWS), label=gettext_lazy("How you heard it")
    )
    language = forms.ChoiceField(label=gettext_lazy("In which language you write it down"))
    words = forms.CharField(
        max_length=MOST_WORDS,
        widget=area(5),
        label=gettext_lazy("In their words"),
        help_text=gettext_lazy("As they said it. What they did not say, nobody writes for them."),
    )
    word_class = forms.ChoiceField(
        choices=choices(READERS, WordClass.FAMILY, WordClass.SPEAKER_ONLY, WordClass.STUDENT_VOICE),
        initial=WordClass.SPEAKER_ONLY.value,
        widget=forms.RadioSelect,
        label=gettext_lazy("Who reads this"),
        help_text=gettext_lazy(
            "Ask them. What a student says, the family reads only if the student says so."
        ),
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, members: Sequence[Member], tongues: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field, language = self.fields["member"], self.fields["language"]
        assert isinstance(field, forms.ModelChoiceField)
        assert isinstance(language, forms.ChoiceField)
        field.queryset = Member.objects.filter(pk__in=[m.pk for m in members])
        field.label_from_instance = _name  # type: ignore[method-assign, assignment]
        language.choices = [(tag, name_in(tag, "en")) for tag in tongues]


class AskForm(InTongues):
    """The first question: strengths, then what home sees. In every language that is read there."""

    told = ("words",)
    words = forms.CharField(
        required=False,
        max_length=1500,
        widget=area(5),
        label=gettext_lazy("Your message"),
        help_text=gettext_lazy(
            "Say what is good first. Then ask one thing that can be answered in a line: what do you see at "
            "home, and would you like to work it out together?"
        ),
    )

    def __init__(self, *args: Any, language: str, reads: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, tongues=[tag for tag in reads if tag != language], **kwargs)
        self.language, self.reads = language, list(reads)

    def bodies(self) -> dict[str, str]:
        return {self.language: str(self.cleaned_data.get("words") or ""), **self.said("words")}


class AskedForm(Plain):
    """That somebody was asked by another way."""

    guardian = forms.ModelChoiceField(
        Guardian.objects.none(), label=gettext_lazy("Whom you asked"), empty_label=None
    )
    how = forms.ChoiceField(
        choices=choices(HOWS, How.CALL, How.VISIT, How.LETTER), label=gettext_lazy("How")
    )
    words = forms.CharField(max_length=2000, widget=area(2), label=gettext_lazy("What you asked"))

    def __init__(self, *args: Any, adults: Sequence[Guardian], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["guardian"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Guardian.objects.filter(pk__in=[adult.pk for adult in adults])


class ConsentForm(Plain):
    guardian = forms.ModelChoiceField(
        Guardian.objects.none(), label=gettext_lazy("Who said it"), empty_label=None
    )
    how = forms.ChoiceField(
        choices=choices(HOWS, *SPOKEN_HOWS), label=gettext_lazy("How you heard it")
    )
    given = forms.ChoiceField(
        choices=[
            ("yes", gettext_lazy("Yes, they want to work on it together")),
            ("no", gettext_lazy("No, or no more: the case is closed")),
        ],
        widget=forms.RadioSelect,
        label=gettext_lazy("What they said"),
    )

    def __init__(self, *args: Any, adults: Sequence[Guardian], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["guardian"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Guardian.objects.filter(pk__in=[adult.pk for adult in adults])


class DefinitionForm(InTongues):
    told = ("definition",)
    definition = forms.CharField(
        max_length=2000,
        widget=area(4),
        label=gettext_lazy("What we both mean, in behaviour words"),
        help_text=gettext_lazy(
            "What would a camera see? Who does what, when, how often. “Troy puts his homework into the tray "
            "when he comes in”; not “Troy is unmotivated”. Say what is to happen rather than what is to stop."
        ),
    )


class MeasureForm(InTongues):
    told = ("what",)
    what = forms.CharField(
        max_length=MOST_TITLE,
        label=gettext_lazy("What is counted"),
        help_text=gettext_lazy(
            "So that two people would count the same: “pieces of homework done”."
        ),
    )
    kind = forms.ChoiceField(choices=choices(KINDS), label=gettext_lazy("As what"))
    better = forms.ChoiceField(choices=choices(BETTERS), label=gettext_lazy("Which way is better"))
    who = forms.ChoiceField(
        choices=[
            ("both", gettext_lazy("home and school, each its own number")),
            ("home", gettext_lazy("home")),
            ("school", gettext_lazy("school, one tap on Today")),
            ("gradebook", gettext_lazy("the gradebook file: percent handed in on time")),
            ("home_gradebook", gettext_lazy("home, and the gradebook file")),
        ],
        label=gettext_lazy("Who says the number"),
    )
    ask_home = forms.ChoiceField(
        choices=choices(EVERY),
        initial=Every.DAY.value,
        label=gettext_lazy("Ask home by text"),
        help_text=gettext_lazy(
            "On school days only, in their language; they answer with a number."
        ),
    )
    ask_at = forms.TimeField(
        initial=time(18),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        label=gettext_lazy("At the family’s hour"),
    )
    starts_on = forms.DateField(widget=day(), label=gettext_lazy("From"))
    ends_on = forms.DateField(
        widget=day(),
        label=gettext_lazy("Until"),
        help_text=gettext_lazy("Asking stops by itself after this day; a plan makes it longer."),
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("who") in ("gradebook", "home_gradebook"):
            found["kind"] = Kind.PERCENT.value
            found["better"] = Better.UP.value
        return found


class NumbersForm(Plain):
    """A week of numbers as somebody types them; empty stays as it is."""

    def __init__(self, *args: Any, boxes: Sequence[tuple[str, str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, value in boxes:
            self.fields[name] = field = forms.CharField(
                required=False,
                max_length=20,
                label=label,
                initial=value,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "size": "6"}),
            )
            setattr(field, "plain", True)  # noqa: B010


class PlanForm(InTongues):
    told = ("home_part", "school_part", "student_part", *(f"level_{n}" for n in range(5)))
    home_part = forms.CharField(
        max_length=2000,
        widget=area(3),
        label=gettext_lazy("What home does"),
        help_text=gettext_lazy(
            "Small enough for a hard day; what the family proposed counts most."
        ),
    )
    school_part = forms.CharField(
        max_length=2000,
        widget=area(3),
        label=gettext_lazy("What school does"),
        help_text=gettext_lazy("By whom, and when. A plan with a part for home alone is none."),
    )
    student_part = forms.CharField(
        required=False,
        max_length=2000,
        widget=area(2),
        label=gettext_lazy("What the student does"),
        help_text=gettext_lazy("More with each year. May stay empty for the youngest."),
    )
    starts_on = forms.DateField(widget=day(), label=gettext_lazy("From"))
    review_on = forms.DateField(widget=day(), label=gettext_lazy("We look at it together on"))
    level_0 = forms.CharField(
        required=False, max_length=300, label=gettext_lazy("Much less than hoped (−2)")
    )
    level_1 = forms.CharField(
        required=False, max_length=300, label=gettext_lazy("Less than hoped (−1)")
    )
    level_2 = forms.CharField(
        required=False,
        max_length=300,
        label=gettext_lazy("As hoped (0)"),
        help_text=gettext_lazy("Five levels, written before anybody knows how it ends; or none."),
    )
    level_3 = forms.CharField(
        required=False, max_length=300, label=gettext_lazy("More than hoped (+1)")
    )
    level_4 = forms.CharField(
        required=False, max_length=300, label=gettext_lazy("Much more than hoped (+2)")
    )
    end_running = forms.BooleanField(
        required=False,
        label=gettext_lazy("End the plan that runs now, the day before this one begins"),
    )

    def __init__(self, *args: Any, running: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not running:
            del self.fields["end_running"]

    def levels(self) -> list[str]:
        return [str(self.cleaned_data[f"level_{n}"]) for n in range(5)]

    def parts_in(self) -> dict[str, dict[str, str]]:
        """Language → part → words."""
        found: dict[str, dict[str, str]] = {}
        for name in self.told:
            for tag, words in self.said(name).items():
                found.setdefault(tag, {})[name] = words
        return found


class RateForm(Plain):
    level = forms.TypedChoiceField(
        coerce=int, widget=forms.RadioSelect, label=gettext_lazy("How far did we get?")
    )
    member = forms.ModelChoiceField(
        Member.objects.none(), label=gettext_lazy("Who says so"), empty_label=None
    )

    def __init__(
        self, *args: Any, levels: Sequence[str], members: Sequence[Member], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        level, member = self.fields["level"], self.fields["member"]
        assert isinstance(level, forms.TypedChoiceField)
        assert isinstance(member, forms.ModelChoiceField)
        level.choices = [(n - 2, words) for n, words in enumerate(levels)]
        member.queryset = Member.objects.filter(pk__in=[m.pk for m in members])
        member.label_from_instance = _name  # type: ignore[method-assign, assignment]


class DecideForm(Plain):
    what = forms.ChoiceField(
        choices=[
            ("keep", gettext_lazy("Keep: the plan goes on as it is")),
            ("change", gettext_lazy("Change: write a new plan; this one ends the day before")),
            ("end", gettext_lazy("End: close the case")),
        ],
        widget=forms.RadioSelect,
        label=gettext_lazy("What was decided with the family"),
    )
    review_on = forms.DateField(
        required=False, widget=day(), label=gettext_lazy("If it is kept: look at it again on")
    )
    why = forms.ChoiceField(
        choices=choices(ENDS), required=False, label=gettext_lazy("If it ends: why")
    )
    words = forms.CharField(
        required=False, max_length=2000, widget=area(3), label=gettext_lazy("What was learned")
    )


class MemberForm(Plain):
    colleague = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=gettext_lazy("A colleague"),
        empty_label=gettext_lazy("nobody"),
    )
    part = forms.ChoiceField(
        choices=choices(PARTS, *(p for p in STAFF_PARTS if p is not Part.LEAD)),
        label=gettext_lazy("As"),
    )
    adult = forms.ModelChoiceField(
        Guardian.objects.none(),
        required=False,
        label=gettext_lazy("An adult of the family"),
        empty_label=gettext_lazy("nobody"),
        help_text=gettext_lazy(
            "They read what is for everybody here, and nothing that another adult said to the school alone."
        ),
    )
    student = forms.BooleanField(
        required=False, label=gettext_lazy("The student takes part, with words of their own")
    )

    def __init__(
        self, *args: Any, colleagues: Any, adults: Sequence[Guardian], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        colleague, adult = self.fields["colleague"], self.fields["adult"]
        assert isinstance(colleague, forms.ModelChoiceField)
        assert isinstance(adult, forms.ModelChoiceField)
        colleague.queryset = colleagues
        colleague.label_from_instance = _name  # type: ignore[method-assign, assignment]
        adult.queryset = Guardian.objects.filter(pk__in=[one.pk for one in adults])


class StageForm(Plain):
    why = forms.CharField(
        required=False,
        max_length=500,
        label=gettext_lazy("If you go on without something: why"),
        help_text=gettext_lazy("Everybody in the case reads it."),
    )


class WhyForm(Plain):
    why = forms.CharField(
        max_length=500,
        widget=area(2),
        label=gettext_lazy("Why you take this over"),
        help_text=gettext_lazy("All members read it, the family too."),
    )


def review_after(start: date, weeks: int) -> date:
    return start + timedelta(weeks=weeks) - timedelta(days=3)
