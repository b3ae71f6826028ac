"""The rows of families’ and carriers’ addresses hold: nobody’s sign-in opens or closes anything here."""

import pytest
from django.test import Client

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.channels.services import configure
from bothways.web.family import entering, frame, homework, notices, reply, right
from messaging.world import World
from web.family.access_rows import ROLES, ROWS
from web.family.reading import Letter

THROTTLES = (
    entering.asking,
    entering.typing,
    frame.misses,
    homework.guesses,
    notices.asking,
    reply.sending,
    right.filling,
    right.typing,
)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_rows_say(letter: Letter, world: World, role: str | None) -> None:
    configure("twilio", {"account_sid": "AC1", "auth_token": "t", "from_number": "+15125550100"})
    client = Client()
    if role is not None:
        user = User.objects.create_user("x@example.org", district=world.district)
        Membership.objects.create(
            district=world.district,
            user=user,
            role=Role(role.removesuffix("_elsewhere")),
            school=None if role == "district_admin" else world.school,
        )
        client.force_login(user)
    delivery = letter()
    found = []
    for method, path, _ in ROWS:
        for throttle in THROTTLES:
            throttle.forget()  # each row stands for itself
        found.append(getattr(client, method.lower())(path(delivery)).status_code)
    assert found == [statuses[role] for _, _, statuses in ROWS]
