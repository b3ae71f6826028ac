"""Paper: what to print, what to hand over, what came back."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.audit.services import record
from bothways.channels.enums import Channel
from bothways.core import clock
from bothways.core.ids import read_code
from bothways.messaging.enums import Meaning, State
from bothways.messaging.models import Delivery, Version
from bothways.messaging.services.receipts import note_failure, note_handed_over
from bothways.messaging.services.replies import MAX_WORDS, receive_page
from bothways.web.models import new_key
from bothways.web.staff import tray
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.names import homes
from bothways.web.staff.paging import page_of
from bothways.web.staff.scope import homes_of

PAPER = (Channel.LETTER.value, Channel.HANDOVER.value)


@dataclass(frozen=True, slots=True)
class Printed:
    batch: tray.Batch
    mine: int  # letters in it to families this user serves
    open: bool  # all of them are: the PDF may be opened


def on_paper(user: User) -> QuerySet[Delivery]:
    """Letters to families that this user serves."""
    return Delivery.objects.filter(
        district=user.district, channel__in=PAPER, household__in=homes_of(user)
    )


def printed(user: User, batches: list[tray.Batch]) -> list[Printed]:
    """Batches with letters of this user's families. A PDF shows names and addresses of all its families."""
    keys = {key for batch in batches for key in batch.keys}
    mine = set(on_paper(user).filter(key__in=keys).values_list("key", flat=True))
    found = []
    for batch in batches:
        count = sum(key in mine for key in batch.keys)
        if count:
            found.append(Printed(batch, count, open=count == len(batch.keys)))
    return found


@require_safe
@staff(Permission.MAIL_HANDLE)
def letters(request: StaffRequest) -> HttpResponse:
    waiting = (
        on_paper(request.user)
        .filter(channel=Channel.HANDOVER.value, state=State.ACCEPTED.value)
        .order_by("accepted_at", "pk")
    )
    page = page_of(request, waiting)
    shown = list(page.object_list)
    named = homes(request.user, [d.household_id for d in shown])
    subjects: dict[int, str] = {}
    for version in Version.objects.filter(message__in={d.message_id for d in shown}).order_by("pk"):
        subjects.setdefault(version.message_id, version.subject or version.body[:80])
    return render(
        request,
        "staff/letters/letters.html",
        {
            "batches": printed(request.user, tray.batches()),
            "page": page,
            "handovers": [
                (d, named[d.household_id], subjects.get(d.message_id, "")) for d in shown
            ],
        },
    )


@require_safe
@staff(Permission.MAIL_HANDLE)
def batch(request: StaffRequest, name: str) -> FileResponse:
    """The PDF, for those who serve every family in it."""
    found = tray.read(name)
    mine = printed(request.user, [found]) if found else []
    if not mine or not mine[0].open:
        raise Http404
    record("letters.printed", by=request.user.pk, district=request.district.pk, batch=name)
    return FileResponse(
        tray.pdf_of(name).open("rb"), content_type="application/pdf", filename=f"{name}.pdf"
    )


@require_POST
@staff(Permission.MAIL_HANDLE)
def handed(request: StaffRequest, pk: int) -> HttpResponse:
    """A letter without an address was given to the family, or could not be."""
    found = on_paper(request.user).filter(pk=pk, channel=Channel.HANDOVER.value).first()
    if found is None:
        raise Http404
    if request.POST.get("what") == "given":
        note_handed_over(key=found.key, at=clock.now())
        record("letter.handed_over", found, by=request.user.pk, district=request.district.pk)
        messages.success(request, _("Noted: given."))
    else:
        note_failure(key=found.key, code="not_given", at=clock.now())
        record("letter.not_given", found, by=request.user.pk, district=request.district.pk)
        messages.success(request, _("Noted. The family’s next step is on the reach board."))
    return redirect("letters")


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=40,
        label=gettext_lazy("The code on the paper"),
        help_text=gettext_lazy("Twelve letters in three groups, like BCDF-GHJK-MNPQ."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "dir": "ltr"}),
    )


class SlipForm(CodeForm):
    button = forms.ChoiceField(
        required=False,
        label=gettext_lazy("What is ticked"),
        widget=forms.RadioSelect,
        choices=[
            (Meaning.ACKNOWLEDGED.value, gettext_lazy("We have read it")),
            (Meaning.CALL_ME.value, gettext_lazy("Please call us")),
            (Meaning.NOT_UNDERSTOOD.value, gettext_lazy("We did not understand it well")),
            ("", gettext_lazy("Nothing is ticked")),
        ],
    )
    words = forms.CharField(
        required=False,
        max_length=MAX_WORDS,
        label=gettext_lazy("What is written on it"),
        help_text=gettext_lazy("As it stands there, in its own language."),
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )
    form_key = forms.CharField(max_length=40, widget=forms.HiddenInput)


def _by_code(user: User, typed: str) -> Delivery | None:
    code = read_code(typed)
    return on_paper(user).filter(code=code).select_related("message").first() if code else None


@require_http_methods(["GET", "POST"])
@staff(Permission.MAIL_HANDLE)
def slip(request: StaffRequest) -> HttpResponse:
    """Enter a returned slip: first its code, then what is on it. Codes stay out of addresses."""
    if request.method == "GET":
        return _ask(request, CodeForm(), "slip")
    found = _by_code(request.user, request.POST.get("code", ""))
    if found is None:
        return _not_found(request, "slip")
    if request.POST.get("step") != "save":
        form = SlipForm(initial={"code": found.code, "form_key": new_key()})
        return _show(request, form, found, "slip")
    form = SlipForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        if not values["words"].strip() and not values["button"]:
            form.add_error("words", _("Nothing is ticked and nothing is written: what came back?"))
        else:
            receive_page(
                found,
                words=values["words"],
                button=Meaning(values["button"]) if values["button"] else None,
                form_key=f"{request.user.pk}.{values['form_key']}"[:40],
                entered_by=request.user,
            )
            messages.success(request, _("Entered. Whoever owes the answer has it now."))
            return redirect("slip")
    return _show(request, form, found, "slip", status=422)


@require_http_methods(["GET", "POST"])
@staff(Permission.MAIL_HANDLE)
def returned(request: StaffRequest) -> HttpResponse:
    """A letter came back: its address does not work."""
    if request.method == "GET":
        return _ask(request, CodeForm(), "returned")
    found = _by_code(request.user, request.POST.get("code", ""))
    if found is None:
        return _not_found(request, "returned")
    if request.POST.get("step") != "save":
        return _show(request, CodeForm(initial={"code": found.code}), found, "returned")
    note_failure(key=found.key, code="returned", at=clock.now())
    record("letter.returned", found, by=request.user.pk, district=request.district.pk)
    messages.success(request, _("Noted. This address is not used again until somebody mends it."))
    return redirect("returned")


def _ask(request: StaffRequest, form: forms.Form, what: str, status: int = 200) -> HttpResponse:
    return render(request, "staff/letters/code.html", {"form": form, "what": what}, status=status)


def _not_found(request: StaffRequest, what: str) -> HttpResponse:
    form = CodeForm(request.POST)
    form.add_error(
        "code",
        _(
            "No letter to your families has this code. Look at each letter again: there are no vowels "
            "and no digits in it."
        ),
    )
    return _ask(request, form, what, status=422)


def _show(
    request: StaffRequest, form: forms.Form, found: Delivery, what: str, status: int = 200
) -> HttpResponse:
    tag = found.languages[0] if found.languages else ""
    return render(
        request,
        f"staff/letters/{what}.html",
        {
            "form": form,
            "delivery": found,
            "home": homes(request.user, [found.household_id])[found.household_id],
            "version": Version.objects.filter(message=found.message_id, language=tag).first(),
        },
        status=status,
    )
