"""Triggers that note what changed under families, so that their facts are worked out again.

They stand in the database: no writer can forget them, a rollback takes the notes back, and the tables
below know nothing of reach. One call a statement, however many rows it touched.
"""

from dataclasses import dataclass

# A statement that changes more rows than this leaves one note for the whole district: an import
# then pays for counting its rows and no more.
MANY = 10_000


@dataclass(frozen=True, slots=True)
class Watched:
    """A table, what of its rows facts are made of, and what is noted of a changed row ``x``.

    ``notes``: (word, id) of each; ``district``: where it is not in the row itself.
    """

    table: str
    columns: str  # of the row ``r``, its id first
    notes: tuple[tuple[str, str], ...]
    district: str = "x.district_id"
    joins: str = ""
    # Sending updates it all the time, seldom in what counts here: PostgreSQL compares each row before it
    # calls anything. Of thousands of rows that do count, one call each costs more than one for all.
    hot: bool = False


WATCHED = (
    Watched("people_household", "r.id, r.district_id, r.ended_at", (("household", "x.id"),)),
    Watched(
        "people_householdstudent",
        "r.id, r.household_id, r.student_id",
        (("household", "x.household_id"),),
        district="h.district_id",
        joins="JOIN people_household h ON h.id = x.household_id",
    ),
    Watched(
        "people_student",
        "r.id, r.district_id, r.school_id, r.ended_at",
        (("student", "x.id"),),
    ),
    Watched(
        "people_guardian",
        "r.id, r.district_id, r.household_id, r.reads, r.speaks, r.ended_at",
        (("household", "x.household_id"),),
    ),
    Watched(
        "people_link",
        "r.id, r.district_id, r.student_id, r.guardian_id, r.primary_contact, r.ended_at",
        (("guardian", "x.guardian_id"),),
    ),
    Watched(
        "people_contactpoint",
        "r.id, r.district_id, r.guardian_id, r.kind, r.match, r.ended_at, "
        "r.state = 'failing' AS failing, r.why = 'wrong_person' AS wrong",
        (("guardian", "x.guardian_id"),),
        hot=True,
    ),
    Watched(
        "people_restriction",
        "r.id, r.district_id, r.link_id, r.kind, r.starts_on, r.ends_on, r.needs_review, r.lifted_at",
        (("link", "x.link_id"),),
    ),
    Watched(
        "consent_stop",
        "r.id, r.district_id, r.kind, r.match, r.lifted_at",
        # By the adults too: of a stop that is gone nothing else would be known.
        (("stop", "x.id"), ("guardian", "p.guardian_id")),
        joins="LEFT JOIN people_contactpoint p ON p.district_id = x.district_id "
        "AND p.kind = x.kind AND p.match = x.match",
    ),
)

_NOTE = """
    WITH x AS MATERIALIZED ({changed}), many AS (SELECT count(*) > {limit} AS yes FROM x)
    INSERT INTO reach_stale (district_id, what, ref)
    SELECT DISTINCT {district}, n.what, n.ref
    FROM x {joins} CROSS JOIN LATERAL (VALUES {notes}) AS n(what, ref)
    WHERE n.ref IS NOT NULL AND NOT (SELECT yes FROM many)
    UNION ALL SELECT DISTINCT {district}, 'all', NULL::bigint FROM x {joins} WHERE (SELECT yes FROM many);
"""

_FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{body}
    RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {event} ON {table} {when}
EXECUTE FUNCTION {name}();
"""


def _changed(watched: Watched, event: str) -> str:
    new = f"SELECT {watched.columns} FROM new_rows r"  # noqa: S608 - words of ours
    old = f"SELECT {watched.columns} FROM old_rows r"  # noqa: S608
    if event == "INSERT":
        return new
    if event == "DELETE":
        return old
    # A row whose columns are the same before and after is there twice. By grouping and not by a join:
    # the plan is kept for the session, and one made for three rows must not loop over 300,000.
    names = ", ".join(
        part.split(" AS ")[-1].removeprefix("r.") for part in watched.columns.split(", ")
    )
    return f"SELECT {names} FROM ({old} UNION ALL {new}) r GROUP BY {names} HAVING count(*) = 1"  # noqa: S608


def _name(watched: Watched, event: str) -> str:
    return f"reach_{watched.table}_{event.lower()}"


def create() -> str:
    """The SQL that makes all triggers."""
    return "".join(_trigger(watched, event) for watched in WATCHED for event in _TABLES)


_TABLES = {
    "INSERT": "NEW TABLE AS new_rows",
    "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "OLD TABLE AS old_rows",
}


def _trigger(watched: Watched, event: str) -> str:
    if watched.hot and event == "UPDATE":
        body, when = _of_a_row(watched)
    else:
        body = _NOTE.format(
            changed=_changed(watched, event),
            limit=MANY,
            district=watched.district,
            joins=watched.joins,
            notes=", ".join(f"('{what}', {ref})" for what, ref in watched.notes),
        )
        when = f"REFERENCING {_TABLES[event]} FOR EACH STATEMENT"
    name = _name(watched, event)
    return _FUNCTION.format(name=name, event=event, table=watched.table, body=body, when=when)


def _of_a_row(watched: Watched) -> tuple[str, str]:
    """(what is noted, when) for a trigger that is called for single rows."""
    columns = ", ".join(part.split(" AS ")[0] for part in watched.columns.split(", "))
    old, new = (columns.replace("r.", f"{row}.") for row in ("OLD", "NEW"))
    rows = " UNION ".join(
        f"SELECT x.district_id, '{what}', {ref}".replace("x.", f"{row}.")
        for what, ref in watched.notes
        for row in ("OLD", "NEW")
    )
    return (
        f"    INSERT INTO reach_stale (district_id, what, ref) {rows};",
        f"FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))",
    )


def drop() -> str:
    """The SQL that takes them away."""
    return "".join(
        f"DROP TRIGGER {_name(watched, event)} ON {watched.table};"
        f"DROP FUNCTION {_name(watched, event)}();"
        for watched in WATCHED
        for event in ("INSERT", "UPDATE", "DELETE")
    )
