"""Children are not an option: whoever is to interpret is held against the roster of students.

A child who interprets for its parents hears what no child should carry, leaves out what is hard to say, and
bears the blame for what went wrong. So we ask somebody else, always.
"""

from bothways.accounts.models import User
from bothways.core.text import fold
from bothways.people.models import Student

_WHY = (
    "Children never interpret between their family and the school: they would hear what no child should "
    "carry, and answer for it. "
)


class AStudent(ValueError):
    """Somebody is a student, or may be one; the text says why not, and what to do."""


def must_be_adult(
    *, district: int, name: str, sis_id: str, user: User | None, identity_seen: bool
) -> None:
    """Raises AStudent for a student of the roster, by id or by name.

    An adult may have a student's name. Somebody here then has to have seen a proof of who it is
    (``identity_seen``); an id that is a student's is refused whatever anybody saw.
    """
    students = Student.objects.live().filter(district=district)
    if sis_id and students.filter(sis_id=sis_id.strip()).exists():
        raise AStudent(_WHY + "This is the roster’s number of a student. Ask an adult.")
    named = fold(user.name if user is not None else name)
    alike = students.filter(search=named) if named else Student.objects.none()
    if user is not None and user.sis_id and alike.filter(sis_id=user.sis_id).exists():
        raise AStudent(_WHY + "This account is a student’s. Ask an adult.")
    if alike.exists() and not identity_seen:
        raise AStudent(
            _WHY
            + "A student of ours has this name. If it is an adult with the same name, look at a "
            "proof of who it is, and say that you did."
        )
