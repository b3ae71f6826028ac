"""Load a roster: upload, say what columns mean, see what would change, confirm."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.core import jobs
from bothways.people.models import Student
from bothways.roster.folder import folder_of, look_again, place, switch
from bothways.roster.models import ImportRun
from bothways.roster.readers import UnusableRoster, table_start
from bothways.roster.readers.guessing import guess_mapping
from bothways.roster.readers.mapping import check, from_json
from bothways.web.staff import roster_mapping, roster_work, uploads
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.uploads import UnusableUpload, Upload


@require_safe
@staff(Permission.ROSTER_LOAD)
def roster(request: StaffRequest, wrong: str = "") -> HttpResponse:
    runs = ImportRun.objects.filter(district=request.district).select_related("by")
    return render(
        request,
        "staff/roster/roster.html",
        {
            "runs": list(runs.order_by("-at", "-pk")[:20]),
            "uploads": uploads.mine(request.user.pk),
            "students": Student.objects.live().filter(district=request.district).count(),
            "folder": folder_of(request.district),
            "folder_place": place(request.district),
            "wrong": wrong,
        },
        status=422 if wrong else 200,
    )


@require_POST
@staff(Permission.ROSTER_LOAD)
def folder(request: StaffRequest) -> HttpResponse:
    """Watch the nightly folder, watch it no more, or look at what lies there once again."""
    what = request.POST.get("what", "")
    if what in ("on", "off"):
        switch(request.district, on=what == "on")
        record(f"roster.folder_{what}", by=request.user.pk, district=request.district.pk)
    elif what == "again":
        look_again(request.district)
        messages.success(request, _("It is looked at again within a few minutes."))
    return redirect("roster")


@require_safe
@staff(Permission.ROSTER_LOAD)
def run(request: StaffRequest, pk: int) -> HttpResponse:
    found = ImportRun.objects.filter(district=request.district, pk=pk).select_related("by").first()
    if found is None:
        raise Http404
    return render(request, "staff/roster/run.html", {"run": found})


@require_POST
@staff(Permission.ROSTER_LOAD)
def upload(request: StaffRequest) -> HttpResponse:
    try:
        found = uploads.take(
            request.FILES.getlist("files"), user=request.user.pk, district=request.district.pk
        )
    except UnusableUpload as error:
        messages.error(request, str(error))
        return redirect("roster")
    record("roster.uploaded", by=request.user.pk, district=request.district.pk)
    roster_work.look(found)
    if found.stage == "waiting":
        _try(found)
    return redirect("roster_upload", key=found.key)


def _try(found: Upload) -> None:
    """Now, where that is quick; else in the background."""
    if found.small:
        roster_work.attempt(found)
    else:
        jobs.enqueue("web.try_roster", upload=found.key)


def _mine(request: StaffRequest, key: str) -> Upload:
    found = uploads.find(key, user=request.user.pk)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@staff(Permission.ROSTER_LOAD)
def one(request: StaffRequest, key: str) -> HttpResponse:
    """Where this upload stands; POST takes the mapping of its columns."""
    found = _mine(request, key)
    if found.stage == "mapping" or (request.GET.get("again") and found.mapping):
        return _mapping(request, found)
    if found.stage == "unusable":
        return render(request, "staff/roster/unusable.html", {"upload": found}, status=422)
    if found.stage in ("waiting", "importing"):
        return render(request, "staff/roster/working.html", {"upload": found})
    return render(request, "staff/roster/preview.html", {"upload": found, "report": found.report})


def _mapping(request: StaffRequest, found: Upload) -> HttpResponse:
    try:
        start = table_start(found.source)
    except UnusableRoster as error:
        found.stage, found.words = "unusable", str(error)
        found.save()
        return render(request, "staff/roster/unusable.html", {"upload": found}, status=422)
    problems: list[str] = []
    if request.method == "POST":
        written = roster_mapping.from_form(request.POST, start.header)
        try:
            problems = check(from_json(written), start.header)
        except UnusableRoster as error:
            problems = [str(error)]
        if not problems:
            found.mapping, found.stage = written, "waiting"
            found.save()
            _try(found)
            return redirect("roster_upload", key=found.key)
        choices = [request.POST.get(f"column-{i}", "") for i in range(len(start.header))]
        constants = {
            name.removeprefix("same-"): str(value)
            for name, value in request.POST.items()
            if name.startswith("same-")
        }
    else:
        guess = (
            from_json(found.mapping) if found.mapping else guess_mapping(start.header, start.rows)
        )
        choices, constants = roster_mapping.chosen(guess, start.header)
    school = constants.pop("s.school", "")
    columns = [
        {
            "place": place,
            "title": title,
            "choice": choice,
            "samples": [row[place] for row in start.rows if place < len(row) and row[place]][:3],
        }
        for place, (title, choice) in enumerate(zip(start.header, choices, strict=True))
    ]
    return render(
        request,
        "staff/roster/mapping.html",
        {
            "upload": found,
            "columns": columns,
            "options": roster_mapping.options(),
            "constants": constants,
            "school": school,
            "dates": request.POST.get("dates", ""),
            "part": request.POST.get("part", ""),
            "problems": problems,
        },
        status=422 if problems else 200,
    )


@require_POST
@staff(Permission.ROSTER_LOAD)
def confirm(request: StaffRequest, key: str) -> HttpResponse:
    found = uploads.find(key, user=request.user.pk)
    if found is None:
        # Pressed twice: it is in, and the upload is gone.
        return redirect("roster")
    if found.stage != "ready":
        return redirect("roster_upload", key=key)
    if found.losses and request.POST.get("allow") != "1":
        messages.error(
            request, _("Tick that these people have really left, or discard this roster.")
        )
        return redirect("roster_upload", key=key)
    if not found.claim():
        return redirect("roster")
    found.allow_removals, found.stage = bool(found.losses), "importing"
    found.save()
    if not found.small:
        jobs.enqueue("web.import_roster", upload=key)
        return redirect("roster_upload", key=key)
    report = roster_work.carry_out(found)
    if report is None:
        return redirect("roster_upload", key=key)
    messages.success(
        request,
        ngettext(
            "The roster is in: %(students)d student. Next: write to the families.",
            "The roster is in: %(students)d students. Next: write to the families.",
            report.students,
        )
        % {"students": report.students},
    )
    return redirect("roster")


@require_POST
@staff(Permission.ROSTER_LOAD)
def discard(request: StaffRequest, key: str) -> HttpResponse:
    found = _mine(request, key)
    if found.stage != "importing":
        found.discard()
        messages.success(request, _("Discarded. Nothing was changed."))
    return redirect("roster")
