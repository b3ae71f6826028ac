"""What the ledger keeps how long. The roll-up of each family stays: it holds moments only."""

from bothways.core.retention import Effect, Rule, TableRule

_OLD = "r.district_id = %(district)s AND r.at < least(%(before)s, %(period)s)"

RULES: tuple[Rule, ...] = (
    TableRule(
        name="contact_notes",
        what="Notes at lines of the ledger",
        days=3 * 365,
        effect=Effect.EMPTY,
        rows="ledger_contactevent r",
        where=f"{_OLD} AND r.note <> ''",
        act=("UPDATE ledger_contactevent SET note = '' WHERE id = ANY(%(ids)s)",),
        least=90,
    ),
    TableRule(
        name="contacts",
        what="Lines of the ledger: who was in contact with which family, when and how",
        days=7 * 365,
        effect=Effect.DELETE,
        rows="ledger_contactevent r",
        where=_OLD,
        act=(
            "DELETE FROM ledger_withdrawn WHERE event_id = ANY(%(ids)s)",
            "DELETE FROM ledger_contactevent WHERE id = ANY(%(ids)s)",
        ),
        least=400,
    ),
)
