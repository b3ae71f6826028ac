"""The words of a draft in each language, and the forms a district may use."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.languages.codes import LANGUAGES
from bothways.languages.services import suggest
from bothways.surveys.enums import State
from bothways.surveys.forms import LABELS, MOST_LENGTH, Form, UnusableForm, read_csv, read_toml
from bothways.surveys.ready import BUILT_IN, forms_of, unread
from bothways.surveys.services import making
from bothways.surveys.services.making import UnusableSurvey, translate
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.survey_forms import LoadForm
from bothways.web.staff.surveys import survey_here

MOST_FILE = 500_000


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence to be translated. ``origin``: "" where it is kept already, else whence it is suggested."""

    name: str
    source: str
    text: str
    origin: str = ""


@require_http_methods(["GET", "POST"])
@staff(Permission.SURVEYS)
def words(request: StaffRequest, pk: int) -> HttpResponse:
    """The questions in one more language; what is suggested is kept only when somebody sends it."""
    one = survey_here(request, pk)
    if one.state is not State.DRAFT:
        messages.error(request, _("Families read these words already: they stay as they are."))
        return redirect("survey", pk)
    form = one.asks
    lacking = [tag for tag in LANGUAGES if form.missing_in(tag)]
    tag = request.GET.get("language", "")
    if tag not in LANGUAGES:
        tag = next(iter(lacking), "es")
    if request.method == "POST":
        try:
            translate(survey=one, language=tag, words=_typed(request, form), by=request.user)
        except (UnusableSurvey, UnusableForm) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Kept."))
        return redirect(f"{reverse('survey_words', args=[pk])}?{urlencode({'language': tag})}")
    return render(
        request,
        "staff/surveys/words.html",
        {
            "survey": one,
            "tag": tag,
            "tags": [(t, t in lacking) for t in LANGUAGES],
            "lines": _lines(request, form, tag),
            "unread": tag in unread(form),
            "missing": form.missing_in(tag),
            "most": MOST_LENGTH,
        },
    )


def _typed(request: StaffRequest, form: Form) -> dict[str, str]:
    return {
        name: value
        for name in _names(form)
        if (value := request.POST.get(name, "").replace("\x00", "").strip())
    }


def _names(form: Form) -> dict[str, str]:
    """Fields of the page: each different sentence once, with its English."""
    found: dict[str, str] = {}
    sources: dict[str, str] = {}
    for item in form.items:
        found[f"item-{item.code}"] = item.texts.get("en") or next(iter(item.texts.values()))
        for n, label in enumerate(item.labels.get("en", ()), start=1):
            key = f"label-{item.code}-{n}"
            if label not in sources:
                sources[label] = key
                found[key] = label
    return found


def _lines(request: StaffRequest, form: Form, tag: str) -> list[Line]:
    lines: list[Line] = []
    for name, source in _names(form).items():
        kind, _dash, rest = name.partition("-")
        if kind == "item":
            item = form.item(rest)
            kept = item.texts.get(tag, "") if item else ""
        else:
            code, _dash, n = rest.rpartition("-")
            item = form.item(code)
            row = item.labels.get(tag, ()) if item else ()
            kept = row[int(n) - 1] if len(row) == LABELS else ""
        lines.append(Line(name, source, kept))
    if tag == "en" or all(line.text for line in lines):
        return lines
    return [line if line.text else _suggested(request, line, tag) for line in lines]


def _suggested(request: StaffRequest, line: Line, tag: str) -> Line:
    """From memory and the phrasebook; an engine is asked for a few sentences at most."""
    few = request.GET.get("suggest") == "1"
    found = suggest(request.district, line.source, source="en", targets=[tag], machine=few).get(tag)
    return Line(line.name, line.source, found.text, found.origin.value) if found else line


@require_http_methods(["GET", "POST"])
@staff(Permission.SURVEYS)
def instruments(request: StaffRequest) -> HttpResponse:
    """The forms there are, and one of the district’s own from a file."""
    load = LoadForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
    )
    may_load = request.user.can(Permission.SETUP)
    if request.method == "POST" and not may_load:
        raise Http404
    if request.method == "POST" and load.is_valid():
        try:
            kept = making.load(form=_read(load), by=request.user)
        except UnusableForm as error:
            load.add_error("file", str(error))
        else:
            messages.success(request, _("Loaded. It can be chosen for the next survey."))
            return redirect(f"{reverse('survey_forms')}?{urlencode({'form': kept.code})}")
    found = forms_of(request.district)
    code = request.GET.get("form", "")
    shown = found.get(code) or found[BUILT_IN[0]]
    return render(
        request,
        "staff/surveys/forms.html",
        {
            "forms": found,
            "shown": shown,
            "languages": [(tag, shown.missing_in(tag)) for tag in LANGUAGES],
            "unread": unread(shown),
            "load": load,
            "may_load": may_load,
        },
        status=422 if load.errors else 200,
    )


def _read(load: LoadForm) -> Form:
    file = load.cleaned_data["file"]
    if file.size > MOST_FILE:
        raise UnusableForm("The file is too large for a form. Choose the one with the questions.")
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnusableForm("The file is not UTF-8 text. Save it as such, and try again.") from None
    if file.name.lower().endswith(".toml"):
        return read_toml(text)
    values = load.cleaned_data
    return read_csv(
        text,
        code=values["code"].replace("-", "_"),
        title=values["title"] or values["code"],
        source=values["source"],
    )
