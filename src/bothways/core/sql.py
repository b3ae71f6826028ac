"""Put querysets into a larger statement: one place says who may be contacted, statements ask it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL


def embed(
    statement: str,
    parts: Mapping[str, QuerySet[Any, Any]],
    values: Mapping[str, object],
    **text: object,
) -> tuple[str, dict[str, Any]]:
    """The statement with each ``{name}`` replaced by its queryset's SQL, and all parameters by name.

    ``text`` fills further ``{names}``: numbers and SQL of ours, never anything from outside.
    """
    named: dict[str, Any] = dict(values)
    texts: dict[str, object] = dict(text)
    for name, query in parts.items():
        try:
            sql, params = query.query.sql_with_params()
        except EmptyResultSet:  # Django sees that there can be none, and then writes no statement
            sql, params = _nothing(query), ()
        names = [f"{name}_{i}" for i in range(len(params))]
        named.update(zip(names, params, strict=True))
        texts[name] = sql % tuple(f"%({n})s" for n in names)
    return statement.format(**texts), named


def _nothing(query: QuerySet[Any, Any]) -> str:
    """No row, with the columns that the query would have; of unknown type they are ids."""
    columns = [*query.query.values_select, *query.query.annotation_select] or ["id"]
    kinds = query.query.annotation_select
    typed = (
        (name, kinds[name].output_field.db_type(connection) if name in kinds else "bigint")
        for name in columns
    )
    return f"SELECT {', '.join(f'NULL::{kind} AS {name}' for name, kind in typed)} WHERE false"


def among(ids: Iterable[int]) -> RawSQL:
    """For ``field__in``: thousands of ids as one array, which costs no more to write down than one.

    As a list Django and the driver would handle each as a parameter of its own.
    """
    return RawSQL("SELECT unnest(%s::bigint[])", [as_array(ids)])


def as_array(ids: Iterable[int]) -> str:
    """For ``%s::bigint[]``: ids as PostgreSQL writes an array, ready-made.

    The driver looks at each element of a list for what must be quoted; numbers hold nothing of the kind.

    >>> as_array([7, 12])
    '{7,12}'
    """
    return "{" + ",".join(map(str, map(int, ids))) + "}"
