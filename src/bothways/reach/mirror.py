"""``reach.rules.reason`` in SQL, for a hundred thousand families at once; a property test holds them together.

In two steps, so that a board evaluates little for each family: ``STATE`` packs what a family's times mean
into one number, families of the same kind and state are counted together, and ``REASON`` is worked out
for each such group. ``f`` is reach_familyfacts, ``r`` ledger_familyreach (or nulls), ``k`` reach_familykind.
"""

from bothways.reach.enums import Reason

REASONS = tuple(Reason)
# The order of the list of families to be reached: who only waits comes last.
LISTED = (*(reason for reason in REASONS if reason is not Reason.WAITING), Reason.WAITING)

# Something of the period that has not failed, to an address that is not stopped. Not as EXISTS: that is
# planned as one pass over all deliveries there are, for the few families who are asked about.
UNDER_WAY = """coalesce((SELECT true FROM messaging_delivery d WHERE d.household_id = f.household_id
    AND d.created_at >= %(since)s
    AND d.state IN ('queued', 'claimed', 'held', 'printed', 'accepted', 'delivered')
    AND NOT EXISTS (SELECT FROM consent_stop x WHERE x.district_id = d.district_id
        AND x.kind = d.kind AND x.match = d.match AND x.lifted_at IS NULL) LIMIT 1), false)"""

# Bits: 0-2 the level; 3-5 why the last message was held; 6 something failed; 7 a sign was waited for in
# the period; 8 it is now; 9 of a family with stopped and other addresses: nothing goes by the others.
# Of a family that is reached nothing but the level.
STATE = f"""
CASE WHEN r.met_at >= %(since)s THEN 5 WHEN r.answered_at >= %(since)s THEN 4
    WHEN r.seen_at >= %(since)s THEN 3
ELSE CASE WHEN r.delivered_at >= %(since)s THEN 2 WHEN r.attempted_at >= %(since)s THEN 1 ELSE 0 END
    + CASE WHEN r.held_at >= %(since)s THEN CASE r.held_why WHEN '' THEN 0
        WHEN 'no_contact_point' THEN 8 WHEN 'stopped' THEN 16
        WHEN 'no_translation' THEN 24 WHEN 'spoken_needed' THEN 24 ELSE 32 END ELSE 0 END
    + CASE WHEN r.failed_at >= %(since)s THEN 64 ELSE 0 END
    + CASE WHEN r.waiting_until >= %(since)s THEN 128 ELSE 0 END
    + CASE WHEN r.waiting_until > %(now)s THEN 256 ELSE 0 END
    + CASE WHEN NOT f.mixed OR {UNDER_WAY} THEN 0 ELSE 512 END
END"""

LEVEL = "(s.state & 7)"

# The place of the first reason that applies in REASONS; null: reached. ``s.state``: STATE.
REASON = f"""
CASE WHEN {LEVEL} >= 3 THEN NULL
    WHEN NOT k.has_guardian THEN {REASONS.index(Reason.NO_GUARDIAN)}
    WHEN NOT k.has_standing THEN {REASONS.index(Reason.NO_LAWFUL_CONTACT)}
    -- nothing attempted, held or waited for
    WHEN s.state & (7 | 56 | 256) = 0 THEN {REASONS.index(Reason.NOT_ATTEMPTED)}
    WHEN NOT k.has_point OR s.state & (7 | 56) = 8 THEN {REASONS.index(Reason.NO_CONTACT_POINT)}
    WHEN (k.some_stop AND (NOT k.some_way OR s.state & 512 <> 0)) OR s.state & (7 | 56) = 16
        THEN {REASONS.index(Reason.STOPPED)}
    WHEN s.state & (7 | 56) = 24 THEN {REASONS.index(Reason.NO_TRANSLATION)}
    WHEN s.state & 64 <> 0 AND s.state & 128 = 0 THEN {REASONS.index(Reason.UNDELIVERED)}
    WHEN s.state & 256 <> 0 THEN {REASONS.index(Reason.WAITING)}
    ELSE {REASONS.index(Reason.NO_SIGN)}
END"""
