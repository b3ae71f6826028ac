"""One contact instead of many: routine words wait for their family's hour and go out together.

``hold`` lets them wait, in the transaction that makes them. ``gather`` makes those that are due into one
contact for each address: the newest delivery carries the words of all, the others follow its fate. Consent is
asked again for each of them when that one is claimed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from bothways.consent.models import Preference
from bothways.consent.queries import Hushed, allowed, hushed
from bothways.core.sql import embed
from bothways.messaging.digest import LONGEST_WAIT, next_digest, waits, week_begins
from bothways.messaging.enums import (
    DIGEST_LANE,
    EMERGENCY_LANE,
    ROUTINE_LANE,
    MessageKind,
    Purpose,
    State,
)
from bothways.messaging.fanout import Digests
from bothways.messaging.models import Delivery, Message, Recipient
from bothways.schools.models import District

BATCH = 5000  # families at a time
# One district is gathered by one worker at a time: two would make two contacts of one digest.
_LOCK = 0x0D16E57


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of a message waits for digests: deliveries, families, and the first hour at which some go."""

    deliveries: int = 0
    families: int = 0
    first: datetime | None = None


def _hours(district: District, after: datetime) -> Digests:
    """Some hundred families at most have an hour of their own; each different one is worked out once."""
    day, hour = district.digest_day, district.digest_at
    default = None if day is None else next_digest(after, district.zone, day, hour)
    homes, own = [], []
    wishes = Preference.objects.filter(district=district).exclude(digest_day=None, digest_at=None)
    for home, its_day, its_hour in wishes.values_list("household_id", "digest_day", "digest_at"):
        chosen = day if its_day is None else its_day
        if chosen is not None:
            homes.append(home)
            own.append(next_digest(after, district.zone, chosen, its_hour or hour))
    return Digests(default, homes, own)


# The family had something before: by one look into the index of its deliveries.
_HOLD = """
WITH held AS (
    UPDATE messaging_delivery d SET lane = {waiting}, not_before = coalesce(o.at, %(default)s)
    FROM messaging_delivery this
    LEFT JOIN unnest(%(homes)s::bigint[], %(own)s::timestamptz[]) AS o(home, at)
        ON o.home = this.household_id
    WHERE d.id = this.id AND this.message_id = %(message)s AND this.state = 'queued'
        AND coalesce(o.at, %(default)s) IS NOT NULL
        AND EXISTS (SELECT FROM messaging_delivery e WHERE e.household_id = this.household_id
            AND e.message_id <> %(message)s AND e.state <> 'withheld')
    RETURNING d.household_id, d.not_before
)
SELECT count(*), count(DISTINCT household_id), min(not_before) FROM held
"""


def hours_for(
    district: District, *, kind: MessageKind, purpose: Purpose, at: datetime
) -> Digests | None:
    """The hours for which such words would wait; None: they go at once."""
    if not waits(kind=kind, purpose=purpose, first_word=False):
        return None
    hours = _hours(district, at)
    return None if hours.default is None and not hours.homes else hours


def hold(message: Message, *, at: datetime) -> Waiting:
    """Let this message's deliveries wait for their digests; call it right after the fan-out."""
    kind, purpose = MessageKind(message.kind), Purpose(message.purpose)
    hours = hours_for(message.district, kind=kind, purpose=purpose, at=at)
    if hours is None:
        return Waiting()
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLD.format(waiting=DIGEST_LANE),
            {
                "message": message.pk,
                "default": hours.default,
                "homes": hours.homes,
                "own": hours.own,
            },
        )
        deliveries, families, first = cursor.fetchone() or (0, 0, None)
    return Waiting(deliveries, families, first)


def due_districts(at: datetime) -> list[District]:
    """Districts in which a digest is due."""
    found = Delivery.objects.filter(
        district=OuterRef("pk"), state=State.QUEUED.value, lane=DIGEST_LANE, not_before__lte=at
    )
    return list(District.objects.filter(Exists(found)).order_by("pk"))


def gather_due(*, at: datetime) -> int:
    """Gather all digests that are due; how many deliveries were let go or put off."""
    total = 0
    for district in due_districts(at):
        while moved := gather(district, at=at):
            total += moved
    return total


# Only words for the same adults in the same languages go together: who may not hear of one child never gets
# a contact that speaks of it. The newest carries the others: a reply to an address finds the newest.
_GATHER = """
WITH homes AS MATERIALIZED (
    SELECT DISTINCT household_id FROM (
        SELECT household_id FROM messaging_delivery
        WHERE district_id = %(district)s AND state = 'queued' AND lane = {waiting}
            AND not_before <= %(now)s
        ORDER BY not_before, id LIMIT %(batch)s
    ) due
), waiting AS MATERIALIZED (
    SELECT d.id, d.household_id, d.student_id, d.channel, d.kind, d.match, d.records, d.languages,
        d.created_at, d.not_before <= %(now)s AS due
    FROM messaging_delivery d
    WHERE d.household_id IN (SELECT household_id FROM homes) AND d.district_id = %(district)s
        AND d.state = 'queued' AND d.lane = {waiting}
    ORDER BY d.id FOR UPDATE
), reader AS MATERIALIZED (
    SELECT r.delivery_id, array_agg(DISTINCT k.guardian_id ORDER BY k.guardian_id) AS adults
    FROM messaging_recipient r JOIN people_link k ON k.id = r.link_id
    WHERE r.delivery_id IN (SELECT id FROM waiting) GROUP BY r.delivery_id
), contact AS (
    SELECT w.kind, w.match, array_agg(w.id) AS ids, max(w.id) AS lead, min(w.created_at) AS oldest
    FROM waiting w LEFT JOIN reader r ON r.delivery_id = w.id
    GROUP BY w.household_id, w.student_id, w.channel, w.kind, w.match, w.records, w.languages, r.adults
    HAVING bool_or(w.due)
), verdict AS MATERIALIZED (
    SELECT ids, lead, oldest <= %(too_old)s
        OR row_number() OVER (PARTITION BY kind, match ORDER BY oldest, lead) + (
            SELECT count(*) FROM messaging_delivery u
            WHERE u.kind = c.kind AND u.match = c.match AND u.district_id = %(district)s
                AND u.lane = {routine} AND u.state NOT IN ('withheld', 'gathered')
                AND coalesce(u.accepted_at, u.claimed_at, u.released_at, u.created_at) >= %(week)s
                -- The same words there once more, since nothing shows that they were heard, are no news.
                AND NOT (u.attempt > 1 AND EXISTS (SELECT FROM messaging_delivery b WHERE b.kind = u.kind
                    AND b.match = u.match AND b.message_id = u.message_id AND b.id < u.id
                    AND b.state <> 'withheld'))
        ) <= %(per_week)s AS goes
    FROM contact c
), each AS MATERIALIZED (
    SELECT unnest(ids) AS id, lead, cardinality(ids) AS size, goes FROM verdict
), moved AS (
    UPDATE messaging_delivery d SET lane = {routine}, released_at = %(now)s, not_before = %(now)s,
        state = CASE WHEN d.id = e.lead THEN 'queued' ELSE 'gathered' END,
        rank = CASE WHEN d.id = e.lead THEN {queued} ELSE {gathered} END,
        digest_id = CASE WHEN e.size > 1 THEN e.lead END
    FROM each e WHERE d.id = e.id AND e.goes
    RETURNING d.id
)
SELECT (SELECT count(*) FROM moved), (SELECT coalesce(array_agg(id), '{{}}') FROM each WHERE NOT goes)
"""


@transaction.atomic
def gather(district: District, *, at: datetime, batch: int = BATCH) -> int:
    """Gather what is due for up to so many deliveries' families; how many were let go or put off.

    0 as well where another worker is at it. A crash leaves all as it was: it is one transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, district.pk])
        row = cursor.fetchone()
        if row is None or not row[0]:
            return 0
        put_off = postpone(district, hushed(district, at), at=at, lanes=(DIGEST_LANE,))
        cursor.execute(
            _GATHER.format(
                waiting=DIGEST_LANE,
                routine=ROUTINE_LANE,
                queued=State.QUEUED.rank,
                gathered=State.GATHERED.rank,
            ),
            {
                "district": district.pk,
                "now": at,
                "batch": batch,
                "too_old": at - LONGEST_WAIT,
                "week": week_begins(at, district.zone),
                "per_week": max(district.routine_per_week, 1),
            },
        )
        moved, later = cursor.fetchone() or (0, [])
        if later:
            hours = _hours(district, at)
            cursor.execute(
                "UPDATE messaging_delivery d SET not_before = coalesce(o.at, %(default)s)"
                " FROM messaging_delivery this LEFT JOIN unnest(%(homes)s::bigint[],"
                " %(own)s::timestamptz[]) AS o(home, at) ON o.home = this.household_id"
                " WHERE d.id = this.id AND this.id = ANY(%(ids)s)",
                {
                    "ids": later,
                    "default": hours.default or at + timedelta(days=7),
                    "homes": hours.homes,
                    "own": hours.own,
                },
            )
    return int(moved) + len(later) + put_off


_POSTPONE = """
WITH mine AS MATERIALIZED (
    SELECT d.id, coalesce(u.until, %(everybody)s) AS until FROM messaging_delivery d
    LEFT JOIN unnest(%(homes)s::bigint[], %(untils)s::timestamptz[]) AS u(home, until)
        ON u.home = d.household_id
    WHERE d.district_id = %(district)s AND d.state = 'queued' AND d.lane = ANY(%(lanes)s)
        AND d.not_before <= %(now)s AND ({which}) AND coalesce(u.until, %(everybody)s) IS NOT NULL
    ORDER BY d.id FOR UPDATE OF d SKIP LOCKED
)
UPDATE messaging_delivery d SET not_before = mine.until FROM mine WHERE d.id = mine.id
"""


def postpone(
    district: District,
    peace: Hushed,
    *,
    at: datetime,
    lanes: Sequence[int] = (1, ROUTINE_LANE),
    loud: Sequence[str] = (),
) -> int:
    """Push what is due for families in their quiet time to the moment it ends; how many were pushed.

    ``loud``: the channels that ring. Emergencies are never pushed, letters lie still by themselves.
    """
    total = 0
    with connection.cursor() as cursor:
        for homes, everybody, which in (
            (peace.loud, None, "d.channel = ANY(%(loud)s)"),
            (
                peace.still,
                peace.everybody_still,
                f"(d.lane >= {ROUTINE_LANE} OR d.attempt > 1)"
                " AND d.channel NOT IN ('letter', 'handover')",
            ),
        ):
            if homes or everybody:
                cursor.execute(
                    _POSTPONE.format(which=which),
                    {
                        "district": district.pk,
                        "now": at,
                        "lanes": [lane for lane in lanes if lane != EMERGENCY_LANE],
                        "loud": list(loud),
                        "homes": list(homes),
                        "untils": list(homes.values()),
                        "everybody": everybody,
                    },
                )
                total += cursor.rowcount
    return total


# Asked in the transaction of the claim. Who may not hear any more takes the words out; where the adults are no
# longer the same as the carrying delivery's, or that one may not go, the others are gathered anew.
_MEMBERS = """
WITH member AS MATERIALIZED (
    SELECT id, digest_id FROM messaging_delivery
    WHERE digest_id = ANY(%(leads)s) AND state = 'gathered' ORDER BY id FOR UPDATE
), ok AS MATERIALIZED (
    SELECT r.id AS recipient_id, r.delivery_id FROM ({recipients}) r
    WHERE r.delivery_id IN (SELECT id FROM member)
), gone AS (
    DELETE FROM messaging_recipient r USING member m WHERE r.delivery_id = m.id
        AND r.delivery_id IN (SELECT delivery_id FROM ok)
        AND r.id NOT IN (SELECT recipient_id FROM ok)
), adults AS MATERIALIZED (
    SELECT h.delivery_id, array_agg(DISTINCT k.guardian_id ORDER BY k.guardian_id) AS who
    FROM (
        SELECT r.delivery_id, r.link_id FROM messaging_recipient r
        WHERE r.delivery_id IN (SELECT id FROM member) AND r.id IN (SELECT recipient_id FROM ok)
        UNION ALL
        SELECT r.delivery_id, r.link_id FROM messaging_recipient r
        WHERE r.delivery_id = ANY(%(claimed)s)
    ) h JOIN people_link k ON k.id = h.link_id
    GROUP BY h.delivery_id
), verdict AS (
    SELECT m.id, CASE WHEN mine.who IS NULL THEN 'withheld'
        WHEN m.digest_id = ANY(%(claimed)s) AND mine.who = leads.who THEN 'gathered'
        ELSE 'queued' END AS state
    FROM member m LEFT JOIN adults mine ON mine.delivery_id = m.id
    LEFT JOIN adults leads ON leads.delivery_id = m.digest_id
)
UPDATE messaging_delivery d SET state = v.state, digest_id = NULL,
    rank = CASE v.state WHEN 'withheld' THEN {withheld} ELSE {queued} END,
    lane = CASE v.state WHEN 'withheld' THEN d.lane ELSE {waiting} END,
    not_before = %(now)s, claimed_at = CASE v.state WHEN 'withheld' THEN %(now)s::timestamptz END
FROM verdict v WHERE d.id = v.id AND v.state <> 'gathered'
RETURNING d.household_id, d.state
"""


def settle_members(
    district: District,
    *,
    leads: Iterable[int],
    claimed: Iterable[int],
    records: bool,
    at: datetime,
) -> list[int]:
    """Ask consent again for all that goes with these deliveries; the families whose words were withheld.

    ``claimed``: those of the leads that go out; the others were withheld. Call it in the claim's transaction,
    after the claim's own statement.
    """
    carried = list(leads)
    if not carried:
        return []
    may = allowed(
        district=district,
        at=at,
        records=records,
        address=(OuterRef("delivery__kind"), OuterRef("delivery__match")),
    ).filter(pk=OuterRef("link_id"))
    recipients = Recipient.objects.filter(
        Q(Exists(may)), delivery__digest__in=carried, delivery__state=State.GATHERED.value
    )
    sql, params = embed(
        _MEMBERS,
        {"recipients": recipients.values("id", "delivery_id").order_by()},
        {"leads": carried, "claimed": list(claimed), "now": at},
        withheld=State.WITHHELD.rank,
        queued=State.QUEUED.rank,
        waiting=DIGEST_LANE,
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [home for home, state in cursor.fetchall() if state == State.WITHHELD.value]
