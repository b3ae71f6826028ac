"""Who translates which languages."""

from bothways.accounts.enums import Role
from bothways.accounts.models import User
from bothways.interpreters.models import Tongue
from bothways.languages.codes import normalise


def languages_of(user: User) -> frozenset[str] | None:
    """The languages whose words this user sees here; None: all. Who only interprets sees the own ones."""
    if {held.role for held in user.roles()} != {Role.INTERPRETER.value}:
        return None
    pairs = Tongue.objects.filter(interpreter__user=user).values_list("language", "other")
    return frozenset(normalise(tag) or tag for pair in pairs for tag in pair)
