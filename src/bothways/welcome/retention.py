"""What is kept of welcome conversations."""

from bothways.core.retention import Effect, Rule, TableRule

RULES: tuple[Rule, ...] = (
    TableRule(
        name="welcome_words",
        what="What families told in welcome conversations, with what was named besides",
        days=1095,
        effect=Effect.DELETE,
        rows="welcome_talk r",
        where=(
            "r.district_id = %(district)s AND r.began_at < %(before)s AND NOT EXISTS ("
            "SELECT FROM welcome_answer a WHERE a.talk_id = r.id AND a.at >= %(before)s)"
        ),
        act=(
            "DELETE FROM welcome_sound WHERE answer_id IN"
            " (SELECT id FROM welcome_answer WHERE talk_id = ANY(%(ids)s))",
            "DELETE FROM welcome_earlier WHERE answer_id IN"
            " (SELECT id FROM welcome_answer WHERE talk_id = ANY(%(ids)s))",
            "DELETE FROM welcome_carer WHERE answer_id IN"
            " (SELECT id FROM welcome_answer WHERE talk_id = ANY(%(ids)s))",
            "DELETE FROM welcome_answer WHERE talk_id = ANY(%(ids)s)",
            "DELETE FROM welcome_talk WHERE id = ANY(%(ids)s)",
        ),
        least=365,
    ),
    TableRule(
        name="welcome_invitations",
        what="That a family was asked for a welcome conversation",
        days=800,
        effect=Effect.DELETE,
        rows="welcome_invitation r",
        where="r.district_id = %(district)s AND r.at < %(before)s",
        act=("DELETE FROM welcome_invitation WHERE id = ANY(%(ids)s)",),
        least=60,
    ),
)
