"""Texts that a part above this one understands by itself: it is asked before the conversations are.

Which parts there are, the settings say (TEXT_DESKS): nothing here knows them. A desk that breaks takes nothing:
the words then go to a person, as all others.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.module_loading import import_string

from bothways.channels.contract import Event

log = logging.getLogger(__name__)

Desk = Callable[..., str | None]  # (event, *, at) → what the text was taken for; None: not mine


def taken(event: Event, *, at: datetime) -> str | None:
    """What the first desk that takes this text took it for; None where it is for a person."""
    for name in settings.TEXT_DESKS:
        desk: Desk = import_string(name)
        try:
            with transaction.atomic():
                found = desk(event, at=at)
        except DatabaseError:
            raise
        except Exception:
            log.exception("%s could not take a text; it goes to a person", name)
            continue
        if found is not None:
            return found
    return None
