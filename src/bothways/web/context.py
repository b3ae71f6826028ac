"""What every page's frame needs."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from bothways.accounts.models import User
from bothways.web.staff.rooms import open_alerts, pairs_not_back, rooms


@cache
def _written() -> frozenset[str]:
    """English, and the languages that staff pages have a catalogue of ours in.

    Django brings words of its own in many more: a page in two languages at once helps nobody.
    """
    ours = {place.name for root in settings.LOCALE_PATHS for place in Path(root).iterdir()}
    return frozenset({"en", *ours})


def page(request: HttpRequest) -> dict[str, object]:
    """The address without a query; for staff the rooms they may enter and the alerts they have not seen."""
    user = getattr(request, "user", None)
    values: dict[str, object] = {"path": request.path}
    if isinstance(user, User):
        # Asked only by pages that have a frame: a family's page never does.
        values["rooms"] = SimpleLazyObject(lambda: rooms(user, request.path))
        values["open_alerts"] = SimpleLazyObject(lambda: open_alerts(user))
        values["pairs_not_back"] = SimpleLazyObject(lambda: pairs_not_back(user))
    values["interface_languages"] = [
        (code, name) for code, name in settings.LANGUAGES if code in _written()
    ]
    return values
