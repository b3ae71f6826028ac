"""What is kept of bookings and of people from outside."""

from bothways.core.retention import Effect, Rule, TableRule

RULES: tuple[Rule, ...] = (
    TableRule(
        name="booking_words",
        what="Words and places of interpreters’ bookings that are over",
        days=365,
        effect=Effect.EMPTY,
        rows="interpreters_booking r",
        where=(
            "r.district_id = %(district)s AND r.ends_at < %(before)s"
            " AND (r.words <> '' OR r.why <> '' OR r.place <> '')"
        ),
        act=(
            "UPDATE interpreters_booking SET words = '', why = '', place = ''"
            " WHERE id = ANY(%(ids)s)",
        ),
        least=30,
    ),
    TableRule(
        name="interpreter_addresses",
        what="Numbers and addresses of people from outside who interpret no more",
        days=365,
        effect=Effect.EMPTY,
        rows="interpreters_interpreter r",
        where=(
            "r.district_id = %(district)s AND r.user_id IS NULL AND r.ends_on < (%(before)s)::date"
            " AND (r.phone <> '' OR r.email <> '')"
        ),
        act=("UPDATE interpreters_interpreter SET phone = '', email = '' WHERE id = ANY(%(ids)s)",),
        least=30,
    ),
)
