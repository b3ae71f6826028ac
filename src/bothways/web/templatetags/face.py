"""Small things that templates need: words for terms, times as people say them, bars."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_bidi, gettext, ngettext, pgettext

from bothways.core import clock
from bothways.core.phone import show
from bothways.languages import codes
from bothways.ledger.enums import Level
from bothways.people.enums import PointKind
from bothways.web.icons import icon
from bothways.web.staff import goal_words, interpreter_words, progress_words
from bothways.web.staff import words as staff_words
from bothways.web.staff.calendar_forms import DAYS

register = template.Library()
register.simple_tag(icon)

_WORDS = {
    "reason": staff_words.REASONS,
    "hold": staff_words.HOLDS,
    "channel": staff_words.CHANNELS,
    "state": staff_words.STATES,
    "batch": staff_words.BATCHES,
    "purpose": staff_words.PURPOSES,
    "topic": staff_words.TOPICS,
    "purpose_means": staff_words.PURPOSES_MEAN,
    "tone": staff_words.TONES,
    "channels": staff_words.CHANNELS_MANY,
    "meaning": staff_words.MEANINGS,
    "way": staff_words.WAYS,
    "result": staff_words.RESULTS,
    "step": staff_words.STEPS,
    "task": staff_words.TASKS,
    "place": staff_words.PLACES,
    "note": staff_words.NOTES,
    "point": staff_words.POINTS,
    "point_state": staff_words.POINT_STATES,
    "restriction": staff_words.RESTRICTIONS,
    "restriction_means": staff_words.RESTRICTIONS_MEAN,
    "error": staff_words.ERRORS,
    "change_how": staff_words.CHANGE_HOWS,
    "same": staff_words.ALIKE,
    "found": staff_words.FOUND,
    "role": staff_words.ROLES,
    "origin": staff_words.ORIGINS,
    "scope": staff_words.SCOPES,
    "format": staff_words.FORMATS,
    "day_off": progress_words.DAYS_OFF,
    "ask": progress_words.ASKS,
    "standing": progress_words.STANDINGS,
    "progress_file": progress_words.KINDS,
    "set_by": goal_words.SET_BY,
    "goal": goal_words.STATES,
    "ask_every": goal_words.EVERY,
    "goal_event": goal_words.EVENTS,
    "side": goal_words.SIDES,
    "progress_total": progress_words.TOTALS,
    "occasion": interpreter_words.OCCASIONS,
    "booking": interpreter_words.BOOKINGS,
}


@register.filter
def said_as(key: object, kind: str) -> str:
    """``{{ delivery.state|said_as:"state" }}``: the words for a term."""
    return staff_words.say(_WORDS[kind], key)


@register.filter
def level(value: int) -> str:
    """The words for a level of evidence."""
    return staff_words.say(staff_words.LEVELS, Level(value).name)


@register.filter
def tongue(tag: str) -> str:
    """A language's name for the reader of this page; never an empty word."""
    return codes.name_in(tag, get_language() or "en") if tag else gettext("language not known yet")


@register.filter
def number(address: str, kind: str) -> str:
    """A phone number as people write it; anything else as it is."""
    return show(address) if kind in (PointKind.PHONE, PointKind.WHATSAPP) else address


@register.filter
def grade(code: str) -> str:
    """A grade as people say it: “05” is 5, kindergarten is K."""
    return {"KG": "K"}.get(code, code.lstrip("0") or code)


@register.filter
def direction(tag: str) -> str:
    """``ltr`` or ``rtl``, for words in this language."""
    return codes.direction(tag) if tag else "auto"


@register.filter
def in_words(n: int) -> str:
    """A small number as a word that begins a sentence; a larger one in figures."""
    words = (
        pgettext("number at the start of a sentence", "One"),
        pgettext("number at the start of a sentence", "Two"),
        pgettext("number at the start of a sentence", "Three"),
        pgettext("number at the start of a sentence", "Four"),
        pgettext("number at the start of a sentence", "Five"),
        pgettext("number at the start of a sentence", "Six"),
        pgettext("number at the start of a sentence", "Seven"),
        pgettext("number at the start of a sentence", "Eight"),
        pgettext("number at the start of a sentence", "Nine"),
    )
    return words[n - 1] if 1 <= n <= len(words) else intcomma(n)


@register.filter
def long(time: timedelta) -> str:
    """A stretch of time, as people say it."""
    return span(clock.now() - time)


@register.filter
def weekday(number: int) -> str:
    """The name of a day of the week; 0 is Monday."""
    return str(DAYS[number])


@register.simple_tag
def bar(part: int, whole: int, kind: str = "") -> SafeString:
    """A drawing of part of whole; the figures stand beside it in words, so it is hidden from readers."""
    share = round(100 * part / whole, 1) if whole else 0
    return format_html(
        '<svg class="bar {}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="8"/></svg>',
        kind,
        share,
    )


@register.filter
def span(since: datetime | None) -> str:
    """How long ago, as people say it: “25 minutes”, “3 hours”, “2 days”."""
    if since is None:
        return ""
    gone = max(clock.now() - since, timedelta(0))
    minutes = int(gone.total_seconds() // 60)
    if minutes < 1:
        return gettext("just now")
    if minutes < 60:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = minutes // 60
    if hours < 36:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    days = round(hours / 24)
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


@register.filter
def waits(since: datetime | None) -> str:
    """How long somebody has been waiting, as a phrase."""
    if since is None:
        return ""
    if clock.now() - since < timedelta(minutes=1):
        return gettext("written just now")
    return gettext("waiting for %(span)s") % {"span": span(since)}


@register.filter
def awhile(since: datetime | None) -> str:
    """For how long, as it stands after “waiting for”."""
    if since is not None and clock.now() - since < timedelta(minutes=1):
        return gettext("less than a minute")
    return span(since)


@register.filter
def waits_long(since: datetime | None) -> bool:
    """Whether somebody waits longer than a family should."""
    return since is not None and clock.now() - since > timedelta(hours=24)


def _apart(text: str) -> str:
    """In a page that runs from right to left, keep a date from mixing with the words around it."""
    return f"\u2068{text}\u2069" if get_language_bidi() else text


@register.filter
def moment(at: datetime | None) -> str:
    """A date and time on the school's wall; the year only where it is another one."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    same = local.year == timezone.localtime(clock.now()).year
    # Translators: a day and a time, see Django's date format letters.
    form = gettext("j F, g:i A") if same else gettext("j F Y, g:i A")
    return _apart(formats.date_format(local, form))


@register.filter
def day(at: Any) -> str:
    """A date; the year only where it is another one."""
    if at is None:
        return ""
    local = timezone.localtime(at) if isinstance(at, datetime) else at
    same = local.year == timezone.localtime(clock.now()).year
    return _apart(formats.date_format(local, gettext("j F") if same else gettext("j F Y")))


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any], **values: object) -> str:
    """This page's address with these values in its query; None takes one out, a page number always."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    for name, value in values.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def page_link(context: dict[str, Any], number: int) -> str:
    """This page's address, at another page of its list."""
    query = context["request"].GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"


@register.filter
def reason_sentence(reason: str) -> str:
    """The reason inside a sentence."""
    return staff_words.say(staff_words.REASONS, reason)
