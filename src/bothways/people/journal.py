"""Everything that points to one row points to another instead, and back again.

Which tables point there is read from the models that are installed: tables of higher layers are found
without being known here. A row that may not stand twice (one link a child, one recipient a delivery) stays
where it is, and what points to *it* moves to its counterpart. Each step is noted as it is done; the notes
read backwards undo it.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

Step = dict[str, Any]
Counterparts = Callable[[models.Model, models.Model], None]


class Journal:
    """The steps of one change, oldest first."""

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self.steps: list[Step] = list(steps)

    def change(self, row: models.Model, **after: object) -> None:
        """Set these columns, by name or attribute; note what stood there. Nothing where nothing differs."""
        before = {name: getattr(row, name) for name in after}
        changed = {name: value for name, value in after.items() if before[name] != value}
        if not changed:
            return
        type(row)._base_manager.filter(pk=row.pk).update(**changed)
        for name, value in changed.items():
            setattr(row, name, value)
        self.steps.append(
            {
                "do": "change",
                "model": row._meta.label_lower,
                "id": row.pk,
                "before": _plain({name: before[name] for name in changed}),
                "after": _plain(changed),
            }
        )

    def changed(
        self, row: models.Model, before: dict[str, object], after: dict[str, object]
    ) -> None:
        """Note what a statement of somebody else's changed in this row."""
        changed = {name for name in after if before[name] != after[name]}
        if changed:
            self.steps.append(
                {
                    "do": "change",
                    "model": row._meta.label_lower,
                    "id": row.pk,
                    "before": _plain({name: before[name] for name in sorted(changed)}),
                    "after": _plain({name: after[name] for name in sorted(changed)}),
                }
            )

    def made(self, row: models.Model) -> None:
        """Note a new row: the way back removes it."""
        self.steps.append({"do": "make", "model": row._meta.label_lower, "id": row.pk})

    def note(self, **what: object) -> None:
        """Keep something that the way back needs to know."""
        self.steps.append({"do": "note", **_plain(what)})

    def noted(self, name: str) -> Any:
        """What was noted last under this name; None where nothing was."""
        found = [step[name] for step in self.steps if step["do"] == "note" and name in step]
        return found[-1] if found else None

    def move(
        self,
        away: models.Model,
        kept: models.Model,
        *,
        leave: frozenset[str] = frozenset(),
        collided: Counterparts | None = None,
    ) -> None:
        """Let all that points to ``away`` point to ``kept``.

        ``leave``: "app.model.field" that stay. ``collided(row, counterpart)`` is told of each row that
        stays because its counterpart is there already, before what points to it moves on.
        """
        for model, field in _pointing_to(type(away)):
            if f"{model._meta.label_lower}.{field.name}" in leave or field.primary_key:
                continue
            rows = model._base_manager.filter(**{field.name: away.pk})
            once = _once(model, field)
            if not once:
                self._moved(model, field, list(rows.values_list("pk", flat=True)), away.pk, kept.pk)
                continue
            for row in rows.order_by("pk"):
                twin = _counterpart(row, field, kept, once)
                if twin is None:
                    self._moved(model, field, [row.pk], away.pk, kept.pk)
                    continue
                if collided is not None:
                    collided(row, twin)
                self.move(row, twin, leave=leave, collided=collided)

    def _moved(
        self, model: type[models.Model], field: Any, ids: list[Any], away: Any, kept: Any
    ) -> None:
        if not ids:
            return
        model._base_manager.filter(pk__in=ids).update(**{field.attname: kept})
        self.steps.append(
            {
                "do": "move",
                "model": model._meta.label_lower,
                "field": field.attname,
                "ids": ids,
                "from": away,
                "to": kept,
            }
        )

    def undo(self) -> None:
        """All steps backwards. What somebody changed meanwhile, or what is gone, is left as it is."""
        for step in reversed(self.steps):
            if step["do"] == "move":
                rows = apps.get_model(step["model"])._base_manager
                rows.filter(pk__in=step["ids"], **{step["field"]: step["to"]}).update(
                    **{step["field"]: step["from"]}
                )
            elif step["do"] == "change":
                self._change_back(step)
            elif step["do"] == "make":
                apps.get_model(step["model"])._base_manager.filter(pk=step["id"]).delete()

    def _change_back(self, step: Step) -> None:
        model = apps.get_model(step["model"])
        row = model._base_manager.filter(pk=step["id"]).first()
        if row is None:
            return
        now = _plain({name: getattr(row, name) for name in step["after"]})
        back = {
            name: model._meta.get_field(name).to_python(value)
            for name, value in step["before"].items()
            if now[name] == step["after"][name]
        }
        if back:
            model._base_manager.filter(pk=row.pk).update(**back)


def _plain(values: dict[str, object]) -> dict[str, Any]:
    """As JSON keeps them."""
    kept: dict[str, Any] = json.loads(json.dumps(values, cls=DjangoJSONEncoder))
    return kept


def _pointing_to(model: type[models.Model]) -> list[tuple[type[models.Model], Any]]:
    """Every table and column of the installation that points to this one; always in the same order."""
    return [
        (other, field)
        for other in apps.get_models()
        for field in other._meta.concrete_fields
        if field.is_relation and field.related_model is model
    ]


def _once(model: type[models.Model], field: Any) -> list[models.UniqueConstraint]:
    """The promises "not twice" in which this column has a part."""
    found = [
        constraint
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint) and field.name in constraint.fields
    ]
    if field.unique:
        found.append(models.UniqueConstraint(fields=[field.name], name="itself"))
    return found


def _counterpart(
    row: models.Model, field: Any, kept: models.Model, once: Iterable[models.UniqueConstraint]
) -> models.Model | None:
    """The row that stands where this one would, if there is one."""
    rows = type(row)._base_manager.all()
    for constraint in once:
        if constraint.condition is not None:
            if not rows.filter(constraint.condition, pk=row.pk).exists():
                continue
            rows_here = rows.filter(constraint.condition)
        else:
            rows_here = rows
        wanted: dict[str, object] = {}
        for name in constraint.fields:
            part: Any = type(row)._meta.get_field(name)
            value = kept.pk if name == field.name else getattr(row, part.attname)
            wanted[f"{name}__isnull" if value is None else name] = True if value is None else value
        if constraint.nulls_distinct is not False and any(k.endswith("__isnull") for k in wanted):
            continue
        twin = rows_here.filter(**wanted).exclude(pk=row.pk).first()
        if twin is not None:
            return twin
    return None
