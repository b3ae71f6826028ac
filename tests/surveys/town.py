"""Families to be asked, in a few words."""

from datetime import date

from bothways.accounts.enums import Role
from bothways.accounts.models import User
from bothways.people.models import Guardian, Household
from bothways.surveys.enums import Promise
from bothways.surveys.forms import Form
from bothways.surveys.models import Survey
from bothways.surveys.ready import pulse, ready_items
from bothways.surveys.services.making import make
from bothways.surveys.services.sending import open_to_families
from messaging.world import World
from people import staff

LAST_DAY = date(2026, 9, 28)


def rosa(world: World) -> User:
    """The principal, who asks."""
    return staff("Rosa", Role.PRINCIPAL, world.district, world.school)


def families(world: World, number: int, *, reads: str = "", start: int = 0) -> list[Household]:
    """So many families with a mobile each."""
    return [family(world, start + n, reads=reads)[0] for n in range(number)]


def family(world: World, n: int, *, reads: str = "") -> tuple[Household, Guardian]:
    child = world.student(f"Child{n}")
    adult = world.guardian(f"Adult{n}", mobile=f"+1312555{n:04d}", reads=reads)
    return world.home(child, guardians=[adult]), adult


def short(*codes: str) -> Form:
    items = ready_items()
    return pulse([items[code] for code in codes or ("p1", "p6")])


def draft(world: World, by: User, promise: Promise, **more: object) -> Survey:
    values: dict[str, object] = {
        "school": world.school,
        "title": "How are we doing",
        "form": short(),
        "closes_on": LAST_DAY,
        "seed": 7,
        **more,
    }
    return make(by=by, promise=promise, **values)  # type: ignore[arg-type]


def asked(world: World, by: User, promise: Promise, **more: object) -> Survey:
    """A survey that is open."""
    survey = draft(world, by, promise, **more)
    open_to_families(survey=survey, by=by)
    return survey
