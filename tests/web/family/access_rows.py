"""Who gets what at the addresses of families and carriers: for the table of all pages.

Each row: (method, address, {role: status}). The path-makers take a delivery that went out. No page of the
family's side knows who is signed in: staff and strangers are answered alike, by the code alone.
"""

from collections.abc import Callable, Mapping

from bothways.messaging.models import Delivery

ROLES = (
    "district_admin",
    "principal",
    "office",
    "counselor",
    "teacher",
    "teacher_elsewhere",
    "family_liaison",
    "interpreter",
    "duty",
    "records",
    None,
)
Row = tuple[str, Callable[[Delivery], str], Mapping[str | None, int]]


def _all(status: int) -> dict[str | None, int]:
    return dict.fromkeys(ROLES, status)


_INSIDE: tuple[Callable[[Delivery], str], ...] = tuple(
    (lambda d, path=path: f"/home/{path}")  # type: ignore[misc]
    for path in (
        "child/1",
        "sound/1/1",
        f"thanks/{'0' * 32}",
        "ways",
        "language",
        "quiet",
        "help",
        "welcome",
        "welcome/sound/1",
        "record",
        "hard",
        "cases",
        "cases/1",
        "said",
        "goals",
        "goal",
        "sent",
        "feedback",
        "looked",
        "devices",
        "take",
        "take.pdf",
        "take.json",
    )
)

ROWS: tuple[Row, ...] = (
    ("GET", lambda d: "/r/", _all(200)),
    ("POST", lambda d: "/r/", _all(422)),  # without a code
    ("GET", lambda d: f"/r/{d.code}", _all(200)),
    ("GET", lambda d: "/r/BCDFGHJKMNPQ", _all(404)),
    ("POST", lambda d: f"/r/{d.code}", _all(422)),  # without words or a button
    ("GET", lambda d: "/s/", _all(200)),
    ("POST", lambda d: "/s/", _all(422)),  # without a code
    ("GET", lambda d: "/s/BCDFGHJKMNPQ", _all(404)),
    ("GET", lambda d: f"/s/{d.code}", _all(404)),  # a message, but no survey
    ("GET", lambda d: f"/home/enter/{d.code}", _all(303)),  # no point of theirs is known to work
    ("GET", lambda d: f"/r/{d.code}/right", _all(200)),
    ("POST", lambda d: f"/r/{d.code}/right", _all(303)),  # all is still right
    ("GET", lambda d: f"/r/{d.code}/push", _all(404)),
    ("POST", lambda d: f"/r/{d.code}/push", _all(422)),  # without a browser's agreement
    ("GET", lambda d: f"/r/{d.code}/sound/1", _all(404)),
    # Families' own pages: a sign-in on the staff side opens nothing here; all come to the door.
    ("GET", lambda d: "/home", _all(303)),
    ("GET", lambda d: "/home/enter", _all(200)),
    ("POST", lambda d: "/home/enter", _all(422)),  # without a number
    ("GET", lambda d: "/home/enter/BCDFGHJKMNPQ", _all(404)),
    ("GET", lambda d: f"/home/code/{'0' * 32}", _all(200)),  # also where there never was one
    ("POST", lambda d: f"/home/code/{'0' * 32}", _all(422)),
    ("GET", lambda d: "/home/pin", _all(303)),
    ("POST", lambda d: "/home/pin", _all(422)),
    ("POST", lambda d: "/home/leave", _all(303)),
    *((method, path, _all(303)) for path in _INSIDE for method in ("GET", "POST")),
    ("GET", lambda d: "/changes/nowhere", _all(404)),
    ("GET", lambda d: "/hw/", _all(200)),
    ("POST", lambda d: "/hw/", _all(422)),  # without a number
    ("GET", lambda d: "/hw/00000", _all(404)),
    ("GET", lambda d: "/hw/00000/1/sound", _all(404)),
    ("GET", lambda d: "/sw.js", _all(200)),
    ("GET", lambda d: f"/stop/{d.code}", _all(200)),
    ("GET", lambda d: "/stop/BCDFGHJKMNPQ", _all(404)),
    ("POST", lambda d: f"/stop/{d.code}", _all(303)),
    (
        "POST",
        lambda d: "/hooks/twilio/in",
        _all(403),
    ),  # where texts are set up; without a signature
    ("GET", lambda d: "/hooks/whatsapp/in", _all(503)),  # where WhatsApp is not set up
    ("POST", lambda d: "/hooks/nobody/in", _all(404)),
)
