"""What is kept of calls and visits."""

from bothways.core.retention import Effect, Rule, TableRule

RULES: tuple[Rule, ...] = (
    TableRule(
        name="outreach_words",
        what="What was said or learned in calls and visits",
        days=3 * 365,
        effect=Effect.EMPTY,
        rows="outreach_personcontact r",
        where=(
            "r.district_id = %(district)s AND r.at < least(%(before)s, %(period)s)"
            " AND r.words <> ''"
        ),
        act=("UPDATE outreach_personcontact SET words = '' WHERE id = ANY(%(ids)s)",),
        least=90,
    ),
)
