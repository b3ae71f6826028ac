"""What is kept of people's addresses. Children, guardians and court orders: see the rosters."""

from bothways.core.retention import Effect, Rule, TableRule

_ENDED = "r.district_id = %(district)s AND r.ended_at < least(%(before)s, %(period)s)"

RULES: tuple[Rule, ...] = (
    TableRule(
        name="old_contact_points",
        what="Numbers and addresses that a guardian no longer has",
        days=400,
        effect=Effect.DELETE,
        rows="people_contactpoint r",
        where=_ENDED,
        act=("DELETE FROM people_contactpoint WHERE id = ANY(%(ids)s)",),
        least=30,
    ),
    TableRule(
        name="old_contact_people",
        what="Doctors, aides, neighbours whom the roster no longer names",
        days=400,
        effect=Effect.DELETE,
        rows="people_contactperson r",
        where=_ENDED,
        act=("DELETE FROM people_contactperson WHERE id = ANY(%(ids)s)",),
        least=30,
    ),
)
