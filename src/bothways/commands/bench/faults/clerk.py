"""``python -m bothways.commands.bench.faults.clerk``: writes to families when told to, inside an installation.

One JSON line in, one out, so that whoever watches from outside needs no database settings of its own.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from bothways.commands.bench.town import fill
from bothways.commands.installation import installation

OFFICE = "office@school.example"
# Of twelve grades two get the emergency, the others a routine message.
ROUTINE = "grade:" + ",".join(f"{grade:02}" for grade in range(10))
EMERGENCY = "grade:10,11"
WORDS = {
    "en": "School closes at noon today. Please tell us that you saw this.",
    "es": "La escuela cierra hoy a mediodía. Díganos que lo vio, por favor.",
}


def main() -> None:
    """Answer until the other side closes."""
    with installation() as here:
        put({"url": here.server.url if here.server else ""})
        for line in sys.stdin:
            given = json.loads(line)
            put(DEEDS[given.pop("do")](**given))


def put(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def town(*, guardians: int, name: str = "Bench") -> dict[str, Any]:
    """A district with so many guardians, and somebody at its office."""
    from bothways.accounts.enums import Role
    from bothways.accounts.models import User
    from bothways.accounts.services import give_role

    district = fill(guardians, name=name)
    user = User.objects.create_user(OFFICE, district=district, given="Ana", family="Cole")
    give_role(user=user, role=Role.DISTRICT_ADMIN, school=None)
    return {}


def carrier(*, values: dict[str, str]) -> dict[str, Any]:
    """Where texts go."""
    from bothways.channels.services import configure

    configure("twilio", values)
    return {}


def link() -> dict[str, Any]:
    """The path of a sign-in link for the office."""
    from bothways.accounts.links import make
    from bothways.accounts.models import User

    return {"link": make(User.objects.get(email=OFFICE))}


def send() -> dict[str, Any]:
    """A routine message to most homes and an emergency to the others."""
    from django.db import close_old_connections

    from bothways.messaging.audience import parse
    from bothways.messaging.enums import Purpose
    from bothways.messaging.services.messages import Draft
    from bothways.messaging.services.messages import send as write
    from bothways.schools.models import District

    close_old_connections()
    district = District.objects.get()
    ids, deliveries = [], 0
    for purpose, audience in ((Purpose.ROUTINE, ROUTINE), (Purpose.EMERGENCY, EMERGENCY)):
        message, fanned = write(
            Draft(purpose, parse(audience), WORDS, {}), district=district, by=None
        )
        ids.append(message.pk)
        deliveries += sum(fanned.deliveries.values())
    return {"messages": ids, "deliveries": deliveries}


DEEDS: dict[str, Callable[..., dict[str, Any]]] = {
    "town": town,
    "carrier": carrier,
    "link": link,
    "send": send,
}

if __name__ == "__main__":
    main()
