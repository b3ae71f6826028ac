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
        act=(
            "DELETE FROM people_pointasked WHERE point_id = ANY(%(ids)s)",
            "DELETE FROM people_contactproof WHERE point_id = ANY(%(ids)s)",
            "UPDATE people_pointchange SET point_id = NULL WHERE point_id = ANY(%(ids)s)",
            "DELETE FROM people_contactpoint WHERE id = ANY(%(ids)s)",
        ),
        least=30,
    ),
    TableRule(
        name="browsers",
        what="Browsers that get no notices any more",
        days=30,
        effect=Effect.DELETE,
        rows="channels_pushsubscription r",
        where=(
            "coalesce(r.ended_at, r.created_at) < %(before)s AND NOT EXISTS ("
            "SELECT FROM people_contactpoint p WHERE p.kind = 'push' AND p.match = r.key"
            " AND p.ended_at IS NULL AND p.state <> 'failing')"
        ),
        act=("DELETE FROM channels_pushsubscription WHERE key = ANY(%(ids)s)",),
        by_district=False,
        key="key",
        text_key=True,
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
    TableRule(
        name="point_changes",
        what="Who said that a number or address changed, and when; open ones stay",
        days=800,
        effect=Effect.DELETE,
        rows="people_pointchange r",
        where=(
            "r.district_id = %(district)s AND r.at < least(%(before)s, %(period)s)"
            " AND (r.confirmed_at IS NOT NULL OR r.refused_at IS NOT NULL)"
        ),
        act=("DELETE FROM people_pointchange WHERE id = ANY(%(ids)s)",),
        least=30,
    ),
    TableRule(
        name="contact_proofs",
        what="Codes by which a family proves a change of its number or address",
        days=1,
        effect=Effect.DELETE,
        rows="people_contactproof r",
        where="r.made_at < %(before)s",
        act=("DELETE FROM people_contactproof WHERE form = ANY(%(ids)s)",),
        by_district=False,
        real_time=True,
        key="form",
        text_key=True,
    ),
)
