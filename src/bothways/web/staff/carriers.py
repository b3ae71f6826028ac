"""Set-up: what takes words to families, and whether it works."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings as installation
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bothways.accounts.enums import Permission
from bothways.audit.services import record
from bothways.channels.contract import CarrierError, Misconfigured, Setting
from bothways.channels.enums import Channel
from bothways.channels.letters.carrier import LettersCarrier
from bothways.channels.models import CarrierConfig
from bothways.channels.registry import CARRIERS
from bothways.channels.services import configure, values_of
from bothways.messaging.services.trying import channel_of, try_carrier, try_mailbox
from bothways.people.enums import PointKind
from bothways.people.services import Unusable, read_address
from bothways.schools.models import District
from bothways.web.staff.door import StaffRequest, staff
from bothways.web.throttle import Throttle

# A test costs money and reaches a phone: enough for setting up, too little for anything else.
testing = Throttle(most=10, within=600)
# What decides where on this machine, or to which machine, something goes: only whoever runs it.
_BY_COMMAND_ONLY = frozenset({"folder", "base_url", "hook_base", "own_services", "private_key"})
_LONGEST = 2000

TITLES: dict[str, Promise] = {
    "twilio": gettext_lazy("Texts by Twilio"),
    "kannel": gettext_lazy("Texts by your own gateway (Kannel)"),
    "smtp": gettext_lazy("Email by your mail server"),
    "anymail": gettext_lazy("Email by a provider"),
    "letters": gettext_lazy("Letters from your printer"),
    "twilio_voice": gettext_lazy("Calls by Twilio"),
    "whatsapp": gettext_lazy("WhatsApp"),
    "push": gettext_lazy("Notices on phones"),
}
ABOUT: dict[str, Promise] = {
    "twilio": gettext_lazy("Reaches most families, in both directions. Costs about a cent a text."),
    "kannel": gettext_lazy("For districts with a modem or an operator of their own."),
    "smtp": gettext_lazy("Families with email, and the codes with which staff sign in."),
    "anymail": gettext_lazy("The same by Mailgun, Postmark, Brevo or SparkPost."),
    "letters": gettext_lazy("For every home with an address. Works without any setting."),
    "twilio_voice": gettext_lazy("Reads a message aloud to families who would rather listen."),
    "whatsapp": gettext_lazy("For families who asked for it."),
    "push": gettext_lazy("For families who press “Also tell me on this phone”."),
}
_TRIED_WITH: dict[Channel, PointKind] = {
    Channel.TEXT: PointKind.PHONE,
    Channel.VOICE: PointKind.PHONE,
    Channel.EMAIL: PointKind.EMAIL,
}


@dataclass(frozen=True, slots=True)
class Shown:
    name: str
    title: Promise
    about: Promise
    ready: bool
    needs: bool  # settings before it can do anything


class SettingsForm(forms.Form):
    """The settings of one carrier; a secret is never shown again, and empty keeps what is there."""

    def __init__(
        self, *args: Any, asked: tuple[Setting, ...], values: dict[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for setting in asked:
            kept = bool(values.get(setting.name))
            help_text = setting.help
            if setting.secret and kept:
                help_text = f"{help_text} {_('One is kept. Leave empty to keep it.')}".strip()
            field = forms.CharField(
                label=setting.label,
                help_text=help_text,
                required=setting.required and not (setting.secret and kept),
                max_length=_LONGEST,
                initial="" if setting.secret else values.get(setting.name, setting.default),
                widget=forms.PasswordInput(attrs={"autocomplete": "off"})
                if setting.secret
                else forms.TextInput(attrs={"autocomplete": "off", "dir": "ltr"}),
            )
            field.plain = True  # type: ignore[attr-defined]  # not “(if you know it)”
            self.fields[setting.name] = field


@require_safe
@staff(Permission.SETUP)
def carriers(request: StaffRequest) -> HttpResponse:
    ready = set(CarrierConfig.objects.values_list("carrier", flat=True))
    shown = [
        Shown(name, TITLES[name], ABOUT[name], name in ready or not _needs(name), _needs(name))
        for name in CARRIERS
    ]
    return render(
        request, "staff/set_up/carriers.html", {"shown": shown, "alone": not _shared(request)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Permission.SETUP)
def carrier(request: StaffRequest, name: str) -> HttpResponse:
    """One carrier: its settings, and a test."""
    _guard(request, name)
    asked = tuple(s for s in CARRIERS[name].settings if s.name not in _BY_COMMAND_ONLY)
    values = values_of(name)
    form = SettingsForm(
        request.POST if request.method == "POST" else None, asked=asked, values=values
    )
    if request.method == "POST" and form.is_valid():
        given = {k: v.replace("\x00", "").strip() for k, v in form.cleaned_data.items()}
        secrets = {s.name for s in asked if s.secret}
        kept = {k: v for k, v in given.items() if v or k not in secrets}
        configure(name, {**values, **kept})
        record("carrier.configured", by=request.user.pk, district=request.district.pk, carrier=name)
        messages.success(request, _("Kept. Now send yourself a test."))
        return redirect("carrier", name=name)
    needed = {s.name for s in asked if s.required}
    channel = channel_of(name)
    return render(
        request,
        "staff/set_up/carrier.html",
        {
            "name": name,
            "title": TITLES[name],
            "about": ABOUT[name],
            "first": [form[s.name] for s in asked if s.name in needed],
            "more": [form[s.name] for s in asked if s.name not in needed],
            "form": form,
            "ready": CarrierConfig.objects.filter(carrier=name).exists(),
            "tried_with": _TRIED_WITH.get(channel),
            "own_email": request.user.email or "",
            "reports": _reports(values, CARRIERS[name].settings),
        },
        status=422 if form.errors else 200,
    )


@require_POST
@staff(Permission.SETUP)
def try_one(request: StaffRequest, name: str) -> HttpResponse:
    """Send a test to one's own phone or mailbox."""
    _guard(request, name)
    kind = _TRIED_WITH.get(channel_of(name))
    if kind is None:
        raise Http404
    who = str(request.user.pk)
    if testing.full(who):
        messages.error(request, _("That were many tests. Try again in ten minutes."))
        return redirect("carrier", name=name)
    try:
        address, _match = read_address(
            kind, request.POST.get("address", "")[:400], request.district.region
        )
    except Unusable as error:
        messages.error(request, str(error))
        return redirect("carrier", name=name)
    testing.count(who)
    record("carrier.tried", by=request.user.pk, district=request.district.pk, carrier=name)
    try:
        tried = try_carrier(name, address)
        waiting = try_mailbox(name) if tried.ok else None
    except (Misconfigured, CarrierError) as error:
        messages.error(request, str(error))
        return redirect("carrier", name=name)
    if not tried.ok:
        messages.error(
            request,
            _("The test did not go out. The carrier says: %(words)s") % {"words": tried.words},
        )
    else:
        messages.success(request, _("The carrier took the test. It should be there in a minute."))
        if waiting is not None:
            messages.success(
                request, _("The mailbox opened: %(count)d mails to read.") % {"count": waiting}
            )
    return redirect("carrier", name=name)


def _needs(name: str) -> bool:
    """Letters go to the print tray of this machine; everything else waits for somebody's settings."""
    return name != LettersCarrier.name


def _shared(request: StaffRequest) -> bool:
    """Whether another district lives here: its admin must not read or turn what carries ours."""
    return District.objects.exclude(pk=request.district.pk).exists()


def _guard(request: StaffRequest, name: str) -> None:
    if name not in CARRIERS:
        raise Http404
    if _shared(request):
        raise PermissionDenied


def _reports(values: dict[str, str], known: Sequence[Setting]) -> str:
    """The address at which this carrier tells us what became of it, where it has one."""
    path = next((s for s in known if s.name == "webhook_path"), None)
    if path is None:
        return ""
    return f"{installation.PUBLIC_URL}{values.get('webhook_path') or path.default}"
