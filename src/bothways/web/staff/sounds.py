"""Listen to what a family said; read a message aloud for those who are called."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.languages.codes import direction
from bothways.messaging.models import Recording, Spoken, Version
from bothways.messaging.services.sounds import (
    MOST_BYTES,
    NotASound,
    forget_recording,
    record_version,
)
from bothways.web.sounds import played
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.staff.inbox import conversation_of, readable
from bothways.web.staff.sent import messages_of

# Seconds after which recording in the browser stops by itself: as WAV it stays below the most bytes.
MOST_RECORDED = 150


@require_safe
@staff(Permission.INBOX_ANSWER)
def voice(request: StaffRequest, pk: int, entry: int) -> HttpResponse:
    """What a family said into the phone, to those who may read its words."""
    talk = conversation_of(request, pk)
    spoken = (
        Spoken.objects.select_related("entry")
        .filter(entry=entry, entry__conversation=talk, data__isnull=False)
        .first()
    )
    if spoken is None or spoken.data is None or not readable(spoken.entry, talk, request.user):
        raise Http404
    record("voice.heard", spoken.entry, by=request.user.pk, district=request.district.pk)
    return played(request, bytes(spoken.data), spoken.content_type)


class RecordingForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("The recording"),
        help_text=gettext_lazy(
            "An MP3 or WAV file of up to 5 MB and four minutes. Where the browser can, record it right here."
        ),
        widget=forms.FileInput(attrs={"accept": ".mp3,.wav,audio/mpeg,audio/wav"}),
    )
    voice = forms.CharField(
        max_length=120,
        label=gettext_lazy("Whose voice it is"),
        required=False,
        help_text=gettext_lazy(
            "Families hear it, and read this name beside it. Ask whoever speaks; never a child."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        setattr(self.fields["voice"], "plain", True)  # noqa: B010 - the template's own mark

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 5 MB. Save the recording as MP3 and try again.")
            )
        return file


def _version(request: StaffRequest, pk: int, version: int) -> Version:
    found = (
        Version.objects.select_related("message")
        .filter(pk=version, message=pk, message__in=messages_of(request.user))
        .first()
    )
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@staff(Permission.MESSAGE_WRITE)
def read_aloud(request: StaffRequest, pk: int, version: int) -> HttpResponse:
    """The words to read, and where to put the recording; POST keeps it."""
    found = _version(request, pk, version)
    posted = request.method == "POST"
    form = (
        RecordingForm(request.POST, request.FILES)
        if posted
        else RecordingForm(initial={"voice": request.user.name})
    )
    if posted and form.is_valid():
        try:
            record_version(
                version=found,
                data=form.cleaned_data["file"].read(),
                by=request.user,
                voice=form.cleaned_data["voice"].replace("\x00", ""),
            )
        except NotASound as error:
            form.add_error("file", str(error))
        else:
            messages.success(
                request, _("Kept. Calls in this language play it, and so does the family’s page.")
            )
            return redirect("read_aloud", pk=pk, version=version)
    page = render(
        request,
        "staff/sent/read_aloud.html",
        {
            "message": found.message,
            "version": found,
            "direction": direction(found.language),
            "recording": Recording.objects.filter(version=found)
            .select_related("by")
            .defer("data")
            .first(),
            "form": form,
            "longest": MOST_RECORDED,
        },
        status=422 if form.errors else 200,
    )
    # Here, and nowhere else, a browser may be asked for its microphone.
    page.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self)"
    return page


@require_POST
@staff(Permission.MESSAGE_WRITE)
def forget(request: StaffRequest, pk: int, version: int) -> HttpResponse:
    """Nobody hears this recording any more; calls are spoken by a machine where one has the language."""
    if forget_recording(version=_version(request, pk, version), by=request.user):
        messages.success(request, _("Deleted. Nobody hears it any more."))
    return redirect("read_aloud", pk=pk, version=version)


@require_safe
@staff(Permission.MESSAGE_WRITE)
def recording(request: StaffRequest, pk: int, version: int) -> HttpResponse:
    """What was recorded for these words."""
    found = Recording.objects.filter(version=_version(request, pk, version)).first()
    if found is None:
        raise Http404
    return played(request, bytes(found.data), found.content_type)
