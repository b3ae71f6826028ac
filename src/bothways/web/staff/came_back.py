"""What came back on paper: slips that families wrote on, and letters that the post returned.

Codes are typed, scanned or read by the camera, one after the other; they stay out of addresses and logs.
"""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bothways.accounts.enums import Permission
from bothways.accounts.models import User
from bothways.channels.enums import Channel
from bothways.core import clock
from bothways.core.ids import read_code
from bothways.messaging.enums import Meaning
from bothways.messaging.models import Delivery, Version
from bothways.messaging.services.paper import Back, note_returned, take_back_return
from bothways.messaging.services.replies import MAX_WORDS, receive_page
from bothways.outreach.services.looking import look_again
from bothways.web.models import new_key
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.letters import on_paper
from bothways.web.staff.names import homes
from bothways.web.staff.words import ERRORS

# What a scanner types for the square: the address of the reply page, its last part the code.
_ADDRESS = re.compile(r"^[^\s]*/r/([A-Za-z-]+)/?$")
_KEPT = "returned_mail"  # in the session: what was scanned since the page was opened
_MOST_KEPT = 50


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=300,
        label=gettext_lazy("The code on the paper"),
        help_text=gettext_lazy("Twelve letters in three groups, like BCDF-GHJK-MNPQ."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "dir": "ltr",
            }
        ),
    )


class ReturnedForm(CodeForm):
    why = forms.ChoiceField(
        label=gettext_lazy("What the envelope says"),
        initial=Back.UNSAID.value,
        required=False,
        choices=[
            (Back.UNSAID.value, gettext_lazy("Nothing, or something else")),
            (Back.MOVED.value, gettext_lazy("Moved")),
            (Back.UNKNOWN.value, gettext_lazy("Nobody of this name there")),
            (Back.REFUSED.value, gettext_lazy("Not taken in")),
            (Back.BOX.value, gettext_lazy("No letter box, or a full one")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["why"].plain = True  # type: ignore[attr-defined]  # no "(if you know it)" behind it
        # The scanner types as soon as the page is there: nobody reaches for the mouse between two letters.
        self.fields["code"].widget.attrs["autofocus"] = True
        self.fields["code"].help_text = gettext_lazy(
            "Scan the square, or type the twelve letters, then Enter."
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


def code_in(typed: str) -> str | None:
    """The code that was typed, or stands in the address that a scanner typed; None where there is none.

    >>> code_in("https://grandbend.example/r/BCDFGHJKMNPQ")
    'BCDFGHJKMNPQ'
    """
    found = _ADDRESS.match(typed.strip())
    return read_code(found[1] if found else typed)


def _by_code(user: User, typed: str) -> Delivery | None:
    code = code_in(typed)
    return on_paper(user).filter(code=code).select_related("message").first() if code else None


# --- slips ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff(Permission.MAIL_HANDLE)
def slip(request: StaffRequest) -> HttpResponse:
    """Enter a returned slip: first its code, then what is on it."""
    if request.method == "GET":
        return _ask(request, CodeForm())
    found = _by_code(request.user, request.POST.get("code", ""))
    if found is None:
        form = CodeForm(request.POST)
        form.add_error("code", _nothing())
        return _ask(request, form, status=422)
    if request.POST.get("step") != "save":
        initial = {"code": found.code, "form_key": new_key()}
        return _show(request, SlipForm(initial=initial), found)
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
    return _show(request, form, found, status=422)


def _ask(request: StaffRequest, form: forms.Form, status: int = 200) -> HttpResponse:
    return render(request, "staff/letters/code.html", {"form": form}, status=status)


def _nothing() -> str:
    return _(
        "No letter to your families has this code. Look at each letter again: there are no vowels and no "
        "digits in it."
    )


def _show(
    request: StaffRequest, form: forms.Form, found: Delivery, status: int = 200
) -> HttpResponse:
    tag = found.languages[0] if found.languages else ""
    return render(
        request,
        "staff/letters/slip.html",
        {
            "form": form,
            "delivery": found,
            "home": homes(request.user, [found.household_id])[found.household_id],
            "version": Version.objects.filter(message=found.message_id, language=tag).first(),
        },
        status=status,
    )


# --- returned letters ----------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff(Permission.MAIL_HANDLE)
def returned(request: StaffRequest) -> HttpResponse:
    """Letters that the post brought back, one code after the other; each is noted at once and can be undone."""
    if request.method == "GET":
        return _scanning(request, ReturnedForm(initial={"why": request.GET.get("why", "")}))
    form = ReturnedForm(request.POST)
    form.is_valid()
    why = form.cleaned_data.get("why") or Back.UNSAID.value
    found = _by_code(request.user, request.POST.get("code", ""))
    if found is None:
        # The wrong code stays to be looked at; selected, the next scan replaces it.
        form.errors.pop("code", None)
        form.add_error("code", _nothing())
        return _scanning(request, form, status=422)
    if found.channel != Channel.LETTER.value:
        form.add_error(
            "code",
            _("This letter went without an address: the post cannot have brought it back."),
        )
        return _scanning(request, form, status=422)
    now = clock.now()
    if note_returned(found, why=Back(why), by=request.user, at=now):
        look_again(found.household_id, at=now)
        _keep(request, found.pk, new=True)
    else:
        _keep(request, found.pk, new=False)
    return redirect(f"{request.path}?why={why}" if why != Back.UNSAID else request.path)


@require_POST
@staff(Permission.MAIL_HANDLE)
def undo(request: StaffRequest, pk: int) -> HttpResponse:
    """It was another letter."""
    found = on_paper(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    now = clock.now()
    if take_back_return(found, by=request.user, at=now):
        look_again(found.household_id, at=now)
        messages.success(request, _("Undone. The address is as it was before."))
    else:
        messages.error(request, _("This cannot be undone any more: look at the family’s page."))
    kept = [line for line in _kept(request) if line["id"] != pk]
    request.session[_KEPT] = kept
    return redirect("returned")


def _kept(request: StaffRequest) -> list[dict[str, Any]]:
    return list(request.session.get(_KEPT, []))


def _keep(request: StaffRequest, pk: int, *, new: bool) -> None:
    """On top of the list of this session; ids only, no names."""
    lines = [line for line in _kept(request) if line["id"] != pk]
    if new or len(lines) == len(_kept(request)):
        lines.insert(0, {"id": pk, "new": new})
    else:
        lines.insert(0, {"id": pk, "new": True})
    request.session[_KEPT] = lines[:_MOST_KEPT]


def _scanning(request: StaffRequest, form: forms.Form, status: int = 200) -> HttpResponse:
    lines = _kept(request)
    rows = on_paper(request.user).in_bulk([line["id"] for line in lines])
    named = homes(request.user, [row.household_id for row in rows.values()])
    answer = render(
        request,
        "staff/letters/returned.html",
        {
            "form": form,
            "lines": [
                (rows[line["id"]], named[rows[line["id"]].household_id], line["new"])
                for line in lines
                if line["id"] in rows
            ],
            "reasons": ERRORS,
        },
        status=status,
    )
    # The camera reads codes on this page and nowhere else.
    answer["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
    return answer
