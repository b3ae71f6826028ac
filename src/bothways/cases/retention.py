"""What is kept of cases."""

from bothways.core.retention import Effect, Rule, TableRule

RULES: tuple[Rule, ...] = (
    TableRule(
        name="cases",
        what="Closed cases, with what each side said, plans and numbers",
        days=1100,  # three school years: the next teacher may learn from it
        effect=Effect.DELETE,
        rows="cases_case r",
        where="r.district_id = %(district)s AND r.closed_at < %(before)s",
        act=(
            "DELETE FROM cases_pointbefore b USING cases_measurepoint p, cases_measure m"
            " WHERE b.point_id = p.id AND p.measure_id = m.id AND m.case_id = ANY(%(ids)s)",
            "DELETE FROM cases_measurepoint p USING cases_measure m"
            " WHERE p.measure_id = m.id AND m.case_id = ANY(%(ids)s)",
            "DELETE FROM cases_measure WHERE case_id = ANY(%(ids)s)",
            "DELETE FROM cases_rating r USING cases_plan p"
            " WHERE r.plan_id = p.id AND p.case_id = ANY(%(ids)s)",
            "DELETE FROM cases_plan WHERE case_id = ANY(%(ids)s)",
            "DELETE FROM cases_casealert a USING cases_contribution c"
            " WHERE a.contribution_id = c.id AND c.case_id = ANY(%(ids)s)",
            "DELETE FROM cases_contribution WHERE case_id = ANY(%(ids)s)",
            "DELETE FROM cases_asking WHERE case_id = ANY(%(ids)s)",
            "DELETE FROM cases_caseevent WHERE case_id = ANY(%(ids)s)",
            "DELETE FROM cases_member WHERE case_id = ANY(%(ids)s)",
            "DELETE FROM cases_case WHERE id = ANY(%(ids)s)",
        ),
        least=180,
    ),
    TableRule(
        name="goals",
        what="Shared goals that were reached or let go, and those whose day has long passed",
        days=1100,
        effect=Effect.DELETE,
        rows="cases_goal r",
        where="r.district_id = %(district)s AND coalesce(r.ended_at, r.until + time '12:00') < %(before)s",
        act=(
            "DELETE FROM cases_goalasked WHERE goal_id = ANY(%(ids)s)",
            "DELETE FROM cases_goalevent WHERE goal_id = ANY(%(ids)s)",
            "DELETE FROM cases_goal WHERE id = ANY(%(ids)s)",
        ),
        least=180,
    ),
    TableRule(
        name="goal_alarms",
        what="Words of danger that a student wrote on their own page, looked after",
        days=1100,
        effect=Effect.DELETE,
        rows="cases_goalalarm r JOIN people_student s ON s.id = r.student_id",
        where="s.district_id = %(district)s AND r.seen_at < %(before)s",
        act=("DELETE FROM cases_goalalarm WHERE id = ANY(%(ids)s)",),
        least=180,
    ),
    TableRule(
        name="talks",
        what="Talks when it is tense, with what each side saw and what was agreed",
        days=730,
        effect=Effect.DELETE,
        rows="cases_talk r",
        where="r.district_id = %(district)s AND coalesce(r.closed_at, r.held_at, r.opened_at) < %(before)s",
        act=(
            "DELETE FROM cases_talknote WHERE talk_id = ANY(%(ids)s)",
            "DELETE FROM cases_talkstep WHERE talk_id = ANY(%(ids)s)",
            "DELETE FROM cases_talkoffer WHERE talk_id = ANY(%(ids)s)",
            "DELETE FROM cases_talkmember WHERE talk_id = ANY(%(ids)s)",
            "DELETE FROM cases_talk WHERE id = ANY(%(ids)s)",
        ),
        least=90,
    ),
)
