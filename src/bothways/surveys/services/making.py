"""Make a survey, or load a form of one's own; nothing goes out."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.db import transaction

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.core import clock
from bothways.core.text import clean
from bothways.schools.models import School
from bothways.surveys.enums import Of, Promise, ScaleKind, State
from bothways.surveys.forms import Form, UnusableForm, read_json
from bothways.surveys.models import Instrument, Survey
from bothways.surveys.queries import surveys_for
from bothways.surveys.ready import BUILT_IN

LONGEST_OPEN = timedelta(days=90)
MOST_BY_TEXT = 3


class UnusableSurvey(ValueError):
    """It cannot be made or sent like this; the text says what to change."""


@transaction.atomic
def make(
    *,
    by: User,
    school: School | None,
    title: str,
    form: Form,
    promise: Promise,
    closes_on: date,
    of: Of = Of.HOUSEHOLD,
    by_text: bool = False,
    grades: Sequence[str] = (),
    size: int | None = None,
    seed: int | None = None,
) -> Survey:
    """Keep a survey as a draft. Raises UnusableSurvey."""
    _may(by, school)
    assert by.district is not None
    survey = Survey(
        district=by.district,
        school=school,
        title=_title(title),
        form=form.to_json(),
        promise=promise.value,
        of=of.value,
        by_text=by_text,
        grades=sorted(set(grades)),
        size=size,
        seed=secrets.randbelow(2**31) if seed is None else seed,
        made_by=by,
        made_at=clock.now(),
        closes_on=closes_on,
    )
    _check(survey)
    survey.save()
    record("survey.made", survey, by=by.pk, district=survey.district_id)
    return survey


@transaction.atomic
def promise(*, survey: Survey, promise: Promise, by: User) -> None:
    """Choose what families are told about their answers; not after the first of them was told."""
    now = Survey.objects.select_for_update().get(pk=survey.pk)
    if now.state is not State.DRAFT:
        raise UnusableSurvey(
            "Families were told what becomes of their answers. That stays: make another survey."
        )
    now.promise = promise.value
    _check(now)
    now.save(update_fields=["promise"])
    survey.promise = now.promise
    record("survey.promised", survey, by=by.pk, district=survey.district_id)


@transaction.atomic
def throw_away(*, survey: Survey, by: User) -> None:
    """Throw a draft away. Raises UnusableSurvey for one that went out."""
    now = Survey.objects.select_for_update().get(pk=survey.pk)
    if now.state is not State.DRAFT:
        raise UnusableSurvey("It went out to families. Close it instead: what they said stays.")
    record("survey.thrown_away", now, by=by.pk, district=now.district_id)
    now.delete()


@transaction.atomic
def load(*, form: Form, by: User) -> Instrument:
    """Keep a form that the district may use; one of the same name takes its place for later surveys."""
    assert by.district is not None
    if form.code in BUILT_IN or form.code.startswith("pulse"):
        raise UnusableForm(f"A form called {form.code} stands ready already. Choose another name.")
    kept, _ = Instrument.objects.update_or_create(
        district=by.district,
        code=form.code,
        defaults={"form": form.to_json(), "loaded_by": by, "at": clock.now()},
    )
    record("instrument.loaded", kept, by=by.pk, district=by.district.pk, questions=form.questions)
    return kept


def _may(by: User, school: School | None) -> None:
    where = by.schools_where(Permission.SURVEYS)
    if not by.can(Permission.SURVEYS) or (
        where is not None and (school is None or school.pk not in where)
    ):
        raise UnusableSurvey("Choose a school of yours: you ask its families, and nobody else’s.")
    if school is not None and school.district_id != by.district_id:
        raise UnusableSurvey("This school is not in your district.")


def may_see(user: User, survey: Survey) -> bool:
    return surveys_for(user).filter(pk=survey.pk).exists()


def _title(typed: str) -> str:
    title = clean(typed)
    if not title:
        raise UnusableSurvey("Give it a name, for you and your colleagues.")
    return title[:120]


def _check(survey: Survey) -> None:
    form, today = survey.asks, clock.today(survey.district.timezone)
    if not today <= survey.closes_on <= today + LONGEST_OPEN:
        raise UnusableSurvey(f"Choose a last day from today on, within {LONGEST_OPEN.days} days.")
    if survey.size is not None and survey.size < 1:
        raise UnusableSurvey("Ask at least one family, or leave the number out to ask all.")
    if not survey.by_text:
        return
    if any(scale.kind is ScaleKind.INVENTORY for scale in form.scales):
        raise UnusableSurvey("A list to mark cannot be asked by text: send it as a page.")
    if form.questions > MOST_BY_TEXT:
        raise UnusableSurvey(
            f"By text at most {MOST_BY_TEXT} questions: send more of them as a page."
        )
    if survey.promise == Promise.CONFIDENTIAL:
        raise UnusableSurvey(
            "A texted answer stands in the family’s conversation, where colleagues read it: it would "
            "not be confidential. Send a page, or promise something else."
        )
    if survey.is_anonymous and form.questions > 1:
        raise UnusableSurvey(
            "By text one anonymous question at a time: nobody here knows who answered the first. "
            "Send several as a page."
        )


@transaction.atomic
def translate(*, survey: Survey, language: str, words: Mapping[str, str], by: User) -> None:
    """Keep the words of a draft in one language: ``item-CODE`` or ``label-CODE-N`` → words.

    A label counts for every question with the same English answer. Raises UnusableSurvey, UnusableForm.
    """
    kept = Survey.objects.select_for_update().get(pk=survey.pk)
    if kept.state is not State.DRAFT:
        raise UnusableSurvey("Families read these words already: they stay as they are.")
    form = kept.asks
    said: dict[str, str] = {}  # English answer → here
    for item in form.items:
        for n, label in enumerate(item.labels.get("en", ()), start=1):
            if word := words.get(f"label-{item.code}-{n}"):
                said.setdefault(label, word)
    values = form.to_json()
    for scale in values["scales"]:
        for item in scale["items"]:
            text = words.get(f"item-{item['code']}", "")
            if text:
                item["texts"][language] = text
            elif language != "en":
                item["texts"].pop(language, None)
            english = item["labels"].get("en", [])
            row = [said.get(label, "") for label in english]
            if english and all(row):
                item["labels"][language] = row
    kept.form = read_json(values).to_json()
    kept.save(update_fields=["form"])
    record("survey.translated", kept, by=by.pk, district=kept.district_id, language=language)
    survey.refresh_from_db()
