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
    TableRule(
        name="visit_safety",
        what="Safety notes of visits that are over",
        days=3 * 365,
        effect=Effect.EMPTY,
        rows="outreach_visit r",
        where=(
            "r.district_id = %(district)s AND r.planned_at < least(%(before)s, %(period)s)"
            " AND r.safety_note <> ''"
            " AND (r.checked_out_at IS NOT NULL OR r.called_off_at IS NOT NULL)"
        ),
        act=("UPDATE outreach_visit SET safety_note = '' WHERE id = ANY(%(ids)s)",),
        least=90,
    ),
    TableRule(
        name="plan_words",
        what="What was tried, learned and suggested, in plans of families with whom we are in contact",
        days=3 * 365,
        effect=Effect.EMPTY,
        rows="outreach_plannote r JOIN outreach_familyplan p ON p.id = r.plan_id",
        where=(
            "p.district_id = %(district)s AND r.at < least(%(before)s, %(period)s)"
            " AND r.words <> '' AND p.state = 'in_contact'"
        ),
        act=("UPDATE outreach_plannote SET words = '' WHERE id = ANY(%(ids)s)",),
        least=90,
    ),
    TableRule(
        name="family_requests",
        what="What families asked to see or to correct in the record, and our answers",
        days=5 * 365,
        effect=Effect.EMPTY,
        rows="outreach_familyrequest r",
        where=(
            "r.district_id = %(district)s AND r.answered_at < least(%(before)s, %(period)s)"
            " AND r.words <> ''"
        ),
        act=("UPDATE outreach_familyrequest SET words = '', answer = '' WHERE id = ANY(%(ids)s)",),
        least=365,
    ),
)
