"""Bookings as a calendar file (.ics, RFC 5545). It names no child and no family: such files travel."""

from collections.abc import Iterable

import icalendar

from bothways.interpreters.enums import BookingState
from bothways.interpreters.models import Booking
from bothways.languages.codes import name_in

_OCCASIONS = {
    "call": "call",
    "visit": "home visit",
    "conversation": "conversation at school",
    "place": "meeting",
}


def calendar(bookings: Iterable[Booking], *, host: str) -> bytes:
    """The calendar of one person; ``host`` makes its ids unique. Places of homes are left out."""
    made = icalendar.Calendar()
    made.add("prodid", "-//Bothways//Interpreting//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    for booking in bookings:
        event = icalendar.Event()
        event.add("uid", f"booking-{booking.pk}@{host}")
        event.add("dtstamp", booking.decided_at or booking.asked_at)
        event.add("dtstart", booking.starts_at)
        event.add("dtend", booking.ends_at)
        language = name_in(booking.language, "en")
        event.add("summary", f"Interpreting {language}: {_OCCASIONS[booking.occasion]}")
        if booking.place and booking.occasion != "visit":
            event.add("location", booking.place)
        accepted = booking.state != BookingState.ASKED.value
        event.add("status", "CONFIRMED" if accepted else "TENTATIVE")
        made.add_component(event)
    return bytes(made.to_ical())
