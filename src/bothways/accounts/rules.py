"""Who may give which role to whom. Pure: roles and places in, a decision out."""

from collections.abc import Iterable

from bothways.accounts.enums import (
    CHOOSES_SCOPE,
    PERMISSIONS,
    WITHOUT_SCHOOL,
    Permission,
    Role,
    Scope,
)

Held = tuple[Role, int | None]  # a role, and the school where it is held; None: the whole district

# Leaders and whoever sees everything: the district names them.
LEADING = frozenset({Role.DISTRICT_ADMIN, Role.PRINCIPAL, Role.RECORDS})
# These open nobody's record: an office gives them without holding them.
_OPENS_NOBODY = frozenset({Permission.INTERPRET, Permission.TRANSLATE})


def held_at(held: Iterable[Held], school: int | None) -> frozenset[Permission]:
    """What these roles allow at this school (None: in the whole district)."""
    return frozenset(
        permission
        for role, at in held
        if at is None or at == school
        for permission in PERMISSIONS[role]
    )


def may_give(held: Iterable[Held], role: Role, school: int | None) -> bool:
    """Whether whoever holds these roles may give, and end, this role there: never more than they hold."""
    allowed = held_at(held, school)
    if Permission.SETUP in allowed:
        return True
    if Permission.STAFF not in allowed or school is None or role in LEADING:
        return False
    return PERMISSIONS[role] - _OPENS_NOBODY <= allowed


def may_manage(held: Iterable[Held], theirs: Iterable[Held], at: Iterable[int]) -> bool:
    """Whether the account itself is theirs to end or to send a link for: all its roles would be.

    ``at``: the schools where the giver arranges who works there; somebody without any role is nobody's
    but the district's.
    """
    held, theirs = list(held), list(theirs)
    if Permission.SETUP in held_at(held, None):
        return True
    return bool(theirs) and all(may_give(held, role, school) for role, school in theirs)


def fits(role: Role, school: int | None, scope: str) -> bool:
    """Whether a role can be held so: most need a school, and few let the scope be chosen."""
    if school is None and role not in WITHOUT_SCHOOL:
        return False
    if role is Role.DISTRICT_ADMIN and school is not None:
        return False
    if not scope:
        return True
    return role in CHOOSES_SCOPE and scope in (Scope.SCHOOL, Scope.CASE_LOAD)
