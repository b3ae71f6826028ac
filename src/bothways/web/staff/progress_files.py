"""Load attendance and gradebooks: upload, say what columns mean, see what would change, confirm."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.core import jobs
from bothways.progress.enums import Day, Kind
from bothways.progress.models import ProgressLoad
from bothways.progress.readers.columns import OF_KIND, Meaning, guess, problems
from bothways.progress.readers.tables import start
from bothways.roster.readers import UnusableRoster
from bothways.web.staff import progress_work, uploads
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.progress_words import COLUMNS, DAYS_OFF, KINDS
from bothways.web.staff.uploads import UnusableUpload, Upload


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        raise Http404 from None


def _mine(request: StaffRequest, kind: str, key: str) -> Upload:
    found = uploads.find(key, user=request.user.pk, what=_kind(kind).value)
    if found is None:
        raise Http404
    return found


@require_safe
@staff(Permission.ATTENDANCE)
def files(request: StaffRequest) -> HttpResponse:
    loads = ProgressLoad.objects.filter(district=request.district).select_related("by")
    open_ = [one for kind in Kind for one in uploads.mine(request.user.pk, kind.value)]
    return render(
        request,
        "staff/progress/files.html",
        {"loads": list(loads.order_by("-at", "-pk")[:20]), "uploads": open_, "kinds": KINDS},
    )


@require_safe
@staff(Permission.ATTENDANCE)
def load(request: StaffRequest, pk: int) -> HttpResponse:
    found = (
        ProgressLoad.objects.filter(district=request.district, pk=pk).select_related("by").first()
    )
    if found is None:
        raise Http404
    return render(request, "staff/progress/load.html", {"load": found})


@require_POST
@staff(Permission.ATTENDANCE)
def upload(request: StaffRequest, kind: str) -> HttpResponse:
    what = _kind(kind)
    try:
        found = uploads.take(
            request.FILES.getlist("files"),
            user=request.user.pk,
            district=request.district.pk,
            what=what.value,
        )
    except UnusableUpload as error:
        messages.error(request, str(error))
        return redirect("progress_files")
    record(f"{what.value}.uploaded", by=request.user.pk, district=request.district.pk)
    progress_work.look(found)
    if found.stage == "waiting":
        _try(found)
    return redirect("progress_upload", kind=what.value, key=found.key)


def _try(found: Upload) -> None:
    """Now, where that is quick; else in the background."""
    if found.small:
        progress_work.attempt(found)
    else:
        jobs.enqueue("web.try_progress", upload=found.key)


@require_http_methods(["GET", "POST"])
@staff(Permission.ATTENDANCE)
def one(request: StaffRequest, kind: str, key: str) -> HttpResponse:
    """Where this upload stands; POST takes what its columns mean."""
    found = _mine(request, kind, key)
    if found.stage == "mapping" or (request.GET.get("again") and found.stage != "importing"):
        return _mapping(request, found)
    if found.stage == "unusable":
        return render(request, "staff/progress/unusable.html", {"upload": found}, status=422)
    if found.stage in ("waiting", "importing"):
        return render(request, "staff/progress/working.html", {"upload": found})
    return render(request, "staff/progress/preview.html", {"upload": found, "report": found.report})


def _mapping(request: StaffRequest, found: Upload) -> HttpResponse:
    kind = Kind(found.what)
    try:
        head = start(found.source, kind)
    except UnusableRoster as error:
        found.stage, found.words = "unusable", str(error)
        found.save()
        return render(request, "staff/progress/unusable.html", {"upload": found}, status=422)
    told: list[str] = []
    if request.method == "POST":
        said = _from_form(request, kind, head.header)
        told = problems(kind, said, head.header)
        if not told:
            found.mapping, found.stage = said.as_json(), "waiting"
            found.save()
            _try(found)
            return redirect("progress_upload", kind=kind.value, key=found.key)
    else:
        said = progress_work.meaning_of(found) or guess(kind, head.header)
    chosen = {title: ours for ours, title in said.columns.items()}
    columns = [
        {
            "place": place,
            "title": title,
            "choice": chosen.get(title, ""),
            "samples": [row[place] for row in head.rows if place < len(row) and row[place]][:3],
        }
        for place, title in enumerate(head.header)
    ]
    return render(
        request,
        "staff/progress/mapping.html",
        {
            "upload": found,
            "columns": columns,
            "options": [(ours, COLUMNS[ours]) for ours in OF_KIND[kind].standard],
            "dates": said.dates,
            "codes": [
                (word, said.words.get(word.casefold(), ""))
                for word in dict.fromkeys([*found.report.get("unknown", {}), *said.words])
            ],
            "meanings": [(kind, name) for kind, name in DAYS_OFF.items() if kind != Day.OTHER],
            "problems": told,
        },
        status=422 if told else 200,
    )


def _from_form(request: StaffRequest, kind: Kind, header: list[str]) -> Meaning:
    """The first column that somebody gave a meaning has it."""
    columns: dict[str, str] = {}
    for place, title in enumerate(header):
        ours = request.POST.get(f"column-{place}", "")
        if ours in OF_KIND[kind].standard:
            columns.setdefault(ours, title)
    dates = request.POST.get("dates", "")
    words: dict[str, Day] = {}
    for name, word in request.POST.items():
        chosen = request.POST.get(name.replace("code-", "means-", 1), "")
        if name.startswith("code-") and chosen in DAYS_OFF and word:
            words[str(word).strip().casefold()] = Day(chosen)
    return Meaning(columns, words, dates if dates in ("mdy", "dmy") else "")


@require_POST
@staff(Permission.ATTENDANCE)
def confirm(request: StaffRequest, kind: str, key: str) -> HttpResponse:
    what = _kind(kind)
    found = uploads.find(key, user=request.user.pk, what=what.value)
    if found is None:
        # Pressed twice: it is in, and the upload is gone.
        return redirect("progress_files")
    if found.stage != "ready" or not found.claim():
        return redirect("progress_upload", kind=what.value, key=key)
    found.stage = "importing"
    found.save()
    if not found.small:
        jobs.enqueue("web.load_progress", upload=found.key)
        return redirect("progress_upload", kind=what.value, key=key)
    report = progress_work.carry_out(found)
    if report is None:
        return redirect("progress_upload", kind=what.value, key=key)
    text = ngettext(
        "The file is in: %(n)s row is new or changed.",
        "The file is in: %(n)s rows are new or changed.",
        report.added + report.changed,
    )
    messages.success(request, text % {"n": report.added + report.changed})
    return redirect("absences" if what is Kind.ATTENDANCE else "progress_files")


@require_POST
@staff(Permission.ATTENDANCE)
def discard(request: StaffRequest, kind: str, key: str) -> HttpResponse:
    found = _mine(request, kind, key)
    if found.stage == "importing":
        messages.error(request, _("It is being taken in just now."))
        return redirect("progress_upload", kind=kind, key=key)
    found.discard()
    return redirect("progress_files")
