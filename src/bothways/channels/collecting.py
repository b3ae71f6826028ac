"""Fetch what came into the mailboxes of this installation, and keep it before it is moved."""

import logging

from bothways.channels.contract import CarrierError, Settings
from bothways.channels.enums import Channel
from bothways.channels.mail.mailbox import Mailbox
from bothways.channels.mail.reading import events_in
from bothways.channels.mail.settings import ours, place_of
from bothways.channels.models import CarrierConfig
from bothways.channels.registry import SERVING
from bothways.channels.services import store, values_of

log = logging.getLogger(__name__)


def mailboxes() -> list[str]:
    """The carriers whose mailbox is set up to be read."""
    named = CarrierConfig.objects.filter(carrier__in=SERVING[Channel.EMAIL])
    return [config.carrier for config in named if config.values.get("imap_host")]


def waiting_in(carrier: str) -> int | None:
    """How many mails wait in this carrier's mailbox; None where it has none. Raises CarrierError."""
    place = place_of(Settings(values_of(carrier)))
    if place is None:
        return None
    with Mailbox(place) as mailbox:
        return mailbox.waiting()


def collect() -> int:
    """Read all mailboxes; how many events were kept. One that cannot be read does not close the others."""
    kept = 0
    for carrier in mailboxes():
        try:
            kept += collect_from(carrier)
        except CarrierError as error:
            log.warning("mailbox of %s: %s", carrier, error)
    return kept


def collect_from(carrier: str) -> int:
    """Read one mailbox: each mail is kept first and moved after, so that none is lost, and none counts twice.

    Raises CarrierError.
    """
    settings = Settings(values_of(carrier))
    place = place_of(settings)
    if place is None:
        return 0
    kept = 0
    broken: CarrierError | None = None
    with Mailbox(place) as mailbox:
        for found in mailbox.new():
            events = events_in(found.raw, ours(settings), whole=found.whole)
            if events:
                kept += store(carrier, events)
            try:
                mailbox.put(found.uid, done=bool(events))
            except CarrierError as error:
                # One that cannot be moved is read again, and known again; those behind it do not wait for it.
                broken = error
    if broken is not None:
        log.warning("mailbox of %s: %s", carrier, broken)
    return kept
