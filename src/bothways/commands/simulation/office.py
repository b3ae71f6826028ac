"""What the office does by hand in a simulation: hand letters over, enter slips, note returned mail.

It works through the same services as the pages do, and learns only what a person at the office would.
"""

from datetime import datetime, time, timedelta

from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.channels.enums import Channel
from bothways.commands.simulation.town import Town
from bothways.core.ids import read_code
from bothways.messaging.enums import Meaning, State
from bothways.messaging.models import Delivery
from bothways.messaging.services.receipts import note_failure, note_handed_over
from bothways.messaging.services.replies import receive_page
from bothways.schools.models import District

OFFICE_HOURS = (time(10), time(15))


class Office:
    """The simulated office of a district: it sees to its paper twice on weekdays."""

    def __init__(self, district: District, town: Town) -> None:
        self.district = district
        self.town = town
        self.user = _clerk(district)

    def __call__(self, now: datetime) -> datetime:
        """See to the paper; when it is next."""
        self.hand_over(now)
        self.open_mail(now)
        return self.after(now)

    def after(self, moment: datetime) -> datetime:
        """The next time that the office sees to its paper."""
        local = moment.astimezone(self.district.zone)
        for days in range(8):
            day = local.date() + timedelta(days=days)
            for hour in OFFICE_HOURS:
                at = datetime.combine(day, hour, self.district.zone)
                if day.weekday() < 5 and at > moment:
                    return at
        raise AssertionError("every week has a weekday")

    def hand_over(self, at: datetime) -> int:
        """Give out the letters that carry no address; how many were tried."""
        waiting = Delivery.objects.filter(
            district=self.district,
            channel=Channel.HANDOVER.value,
            state__in=[State.PRINTED.value, State.ACCEPTED.value],
        ).order_by("pk")
        tried = 0
        for delivery in waiting:
            tried += 1
            guardian = (
                delivery.recipients.order_by("link__guardian_id")
                .values_list("link__guardian__sis_id", flat=True)
                .first()
            )
            if self.town.call("handover", {"key": delivery.key, "who": guardian})["arrives"]:
                note_handed_over(key=delivery.key, at=at)
            else:
                note_failure(key=delivery.key, code="not_given", at=at)
        return tried

    def open_mail(self, at: datetime) -> int:
        """Enter return slips and returned letters; how many."""
        found = self.town.call("slips/take", {})
        for slip in found:
            delivery = self._delivery(slip)
            if delivery is None:
                continue
            if slip["kind"] == "returned":
                note_failure(key=delivery.key, code="returned", at=at)
                continue
            receive_page(
                delivery,
                words=slip.get("words") or "",
                button=Meaning.ACKNOWLEDGED,
                form_key=None,
                entered_by=self.user,
            )
        return len(found)

    def _delivery(self, slip: dict[str, str]) -> Delivery | None:
        code = read_code(slip.get("code") or "")
        if code:
            return Delivery.objects.filter(code=code).first()
        return Delivery.objects.filter(key=slip.get("key") or "").first()


def _clerk(district: District) -> User:
    """Somebody at the office, as the roster has it."""
    for role in (Role.OFFICE, Role.PRINCIPAL, Role.DISTRICT_ADMIN):
        member = (
            Membership.objects.filter(district=district, role=role, ended_at=None)
            .select_related("user")
            .order_by("user_id")
            .first()
        )
        if member is not None:
            return member.user
    return User.objects.create_user(
        "office@demo.example.org", district=district, given="The", family="Office"
    )
