"""Set-up: which languages families read, which engine translates, and what never goes out unread."""

from typing import Any, cast

from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.languages import phrasebook, phrases
from bothways.languages.codes import LANGUAGES, normalise
from bothways.languages.engines.contract import EngineError
from bothways.languages.engines.registry import ENGINES
from bothways.languages.engines.running import configure, engine_named, run, values_of
from bothways.languages.models import Choice
from bothways.languages.reading import forget_readings
from bothways.messaging.enums import Purpose
from bothways.schools.models import District
from bothways.web.staff.carriers import SettingsForm
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.translations import PURPOSES
from bothways.web.templatetags.face import tongue
from bothways.web.throttle import Throttle

testing = Throttle(most=10, within=600)
# What decides to which machine words go, or which program runs here: only whoever runs the installation.
BY_COMMAND_ONLY = frozenset({"url", "base_url", "program"})
ABOUT: dict[str, Promise] = {
    "apertium": gettext_lazy(
        "Runs on this machine: words do not leave the house. Spanish and English; rough."
    ),
    "libretranslate": gettext_lazy("Free software, on a server of your own or somebody else’s."),
    "deepl": gettext_lazy(
        "A company’s service. Not for Somali, Amharic, Dari, Pashto, Haitian Creole."
    ),
    "google": gettext_lazy("A company’s service. All twelve languages."),
    "azure": gettext_lazy("A company’s service. All twelve languages."),
}

# Families of the district by the language in which most of their adults read.
_READ = """
SELECT tag, count(DISTINCT household_id) FROM (
    SELECT g.household_id,
        coalesce(nullif(g.reads, ''), nullif(g.speaks, ''), nullif(s.home_language, ''), '') AS tag
    FROM people_guardian g JOIN people_link k ON k.guardian_id = g.id AND k.ended_at IS NULL
    JOIN people_student s ON s.id = k.student_id AND s.ended_at IS NULL
    WHERE g.district_id = %s AND g.ended_at IS NULL AND g.household_id IS NOT NULL
) home GROUP BY tag
"""


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.SETUP)
def languages(request: StaffRequest) -> HttpResponse:
    """The page; ``what`` names the part that a form is of."""
    if request.method == "POST":
        what = request.POST.get("what", "")
        if what == "vital":
            return _set_vital(request)
        if what == "engine":
            return _choose(request)
        raise Http404
    choice = Choice.objects.filter(district=request.district).first()
    return render(
        request,
        "staff/translations/languages.html",
        {
            "read": _read(request.district),
            "engines": [
                (name, kind.label, ABOUT[name], _ready(name))
                for name, kind in ENGINES.items()
                if name in ABOUT
            ],
            "chosen": choice.engine if choice else "",
            "families_words": choice is not None and choice.families_words,
            "vital": [
                (purpose.value, label, purpose.value in request.district.vital_purposes)
                for purpose, label in ((p, PURPOSES[p]) for p in Purpose)
            ],
            "alone": not _shared(request),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.SETUP)
def engine(request: StaffRequest, name: str) -> HttpResponse:
    """One engine: its key, and a test with a sentence of ours."""
    if name not in ENGINES or _shared(request):
        raise Http404
    asked = tuple(s for s in ENGINES[name].settings if s.name not in BY_COMMAND_ONLY)
    values = values_of(name)
    if request.method == "POST" and request.POST.get("what") == "test":
        return _test(request, name)
    form = SettingsForm(
        request.POST if request.method == "POST" else None, asked=cast(Any, asked), values=values
    )
    if request.method == "POST" and form.is_valid():
        given = {k: v.replace("\x00", "").strip() for k, v in form.cleaned_data.items()}
        secrets = {s.name for s in asked if s.secret}
        configure(name, {**values, **{k: v for k, v in given.items() if v or k not in secrets}})
        record("engine.configured", by=request.user.pk, district=request.district.pk, engine=name)
        messages.success(request, _("Kept. Now try it."))
        return redirect("engine", name=name)
    return render(
        request,
        "staff/translations/engine.html",
        {
            "name": name,
            # A class in a template would be called.
            "title": ENGINES[name].label,
            "outside": ENGINES[name].outside,
            "about": ABOUT[name],
            "form": form,
            "asked": asked,
            "by_command": [
                s for s in ENGINES[name].settings if s.name in BY_COMMAND_ONLY and s.required
            ],
            "ready": _ready(name),
        },
        status=422 if form.errors else 200,
    )


def _test(request: StaffRequest, name: str) -> HttpResponse:
    who = str(request.user.pk)
    if testing.full(who):
        messages.error(request, _("That were many tests. Try again in ten minutes."))
        return redirect("engine", name=name)
    testing.count(who)
    try:
        (said,) = run(engine_named(name), ["The school is open tomorrow."], "en", "es")
    except EngineError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            _("It works. “The school is open tomorrow.” is “%(said)s” in Spanish.")
            % {"said": said[:200]},
        )
    return redirect("engine", name=name)


def _set_vital(request: StaffRequest) -> HttpResponse:
    chosen = [p.value for p in Purpose if p.value in request.POST.getlist("vital")]
    District.objects.filter(pk=request.district.pk).update(vital_purposes=chosen)
    record(
        "district.vital_purposes",
        request.district,
        by=request.user.pk,
        district=request.district.pk,
        purposes=",".join(chosen),
    )
    messages.success(request, _("Kept. It holds for what is sent from now on."))
    return redirect("languages")


def _choose(request: StaffRequest) -> HttpResponse:
    name = request.POST.get("engine", "")
    if name and name not in ENGINES:
        raise Http404
    families = bool(name) and request.POST.get("families_words") == "yes"
    Choice.objects.update_or_create(
        district=request.district, defaults={"engine": name, "families_words": families}
    )
    # What one engine could not, another may; what none may do any more is not kept.
    forget_readings(request.district)
    record(
        "district.engine",
        request.district,
        by=request.user.pk,
        district=request.district.pk,
        engine=name or "none",
        families_words=int(families),
    )
    messages.success(request, _("Kept. It holds from now on."))
    return redirect("languages")


def _ready(name: str) -> bool:
    try:
        engine_named(name)
    except EngineError:
        return False
    return True


def _shared(request: StaffRequest) -> bool:
    """Whether another district lives here: its admin must not turn where ours are translated."""
    return District.objects.exclude(pk=request.district.pk).exists()


def _read(district: District) -> list[dict[str, object]]:
    """A line for each language that families read, the most families first."""
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_READ, [district.pk])
        for tag, n in cursor.fetchall():
            known = normalise(tag) or district.default_language if tag else ""
            counts[known] = counts.get(known, 0) + n
    book = phrasebook.entries(district)
    total = len(book)
    return [
        {
            "tag": tag,
            "name": tongue(tag) if tag else _("nobody has asked yet"),
            "families": n,
            "pages": tag in LANGUAGES,
            "reviewed": tag in LANGUAGES and phrases.is_reviewed(tag),
            "book": sum(tag in one.texts for one in book),
            "book_read": sum(tag in one.reviewed for one in book),
            "total": total,
        }
        for tag, n in sorted(counts.items(), key=lambda pair: (pair[0] == "", -pair[1], pair[0]))
    ]
