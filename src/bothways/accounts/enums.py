"""Roles and what each may do. Permissions are an enum, roles are data."""

from enum import StrEnum


class Permission(StrEnum):
    FAMILIES_SEE = "families.see"  # within one's scope
    MESSAGE_WRITE = "message.write"  # to families in one's scope
    MESSAGE_DISTRICT = "message.district"  # to the whole school or district
    MESSAGE_EMERGENCY = "message.emergency"
    INBOX_ANSWER = "inbox.answer"
    REACH_SEE = "reach.see"
    ROSTER_LOAD = "roster.load"
    RESTRICTIONS_EDIT = "restrictions.edit"
    RESTRICTIONS_READ = "restrictions.read"  # the document behind a restriction
    CONTACT_EDIT = "contact.edit"
    MAIL_HANDLE = "mail.handle"  # print letters, enter returned slips
    PROTECTED_READ = "protected.read"  # words of class protected
    TASKS_ASSIGN = "tasks.assign"  # give colleagues' tasks to others, and see who has how much
    ATTENDANCE = "attendance"  # attendance and gradebook files, absences of today, excuses
    CALENDAR = "calendar"  # days without school, and days that families keep free
    TRANSLATE = "translate"  # the queue of words to translate and to review, glossary, phrasebook
    INTERPRETERS = "interpreters"  # who interprets, when, and for whom: book and change
    RECORDS_ANSWER = "records.answer"  # families' wishes to inspect or correct what is kept of them
    INTERPRET = "interpret"  # one's own bookings as an interpreter
    SURVEYS = "surveys"  # ask many families, and read what came of it
    BOARD = "board"  # publish what the school changed because families said so
    CASES = "cases"  # open a case; what is in it, its members alone see
    STAFF = "staff"  # who works at one's school, in which role; duty persons; case loads
    SETUP = "setup"


class Role(StrEnum):
    DISTRICT_ADMIN = "district_admin"
    PRINCIPAL = "principal"
    OFFICE = "office"
    COUNSELOR = "counselor"
    TEACHER = "teacher"
    FAMILY_LIAISON = "family_liaison"
    INTERPRETER = "interpreter"
    DUTY = "duty"
    RECORDS = "records"

    @property
    def label(self) -> str:
        return {
            "district_admin": "District admin",
            "principal": "Principal",
            "office": "Office",
            "counselor": "Counselor or social worker",
            "teacher": "Teacher",
            "family_liaison": "Family liaison",
            "interpreter": "Interpreter",
            "duty": "Duty person",
            "records": "Records officer",
        }[self.value]


class Scope(StrEnum):
    """Which children somebody with a role serves."""

    SCHOOL = "school"  # every child of the school, or of the district where no school is named
    SECTIONS = "sections"  # those in the classes that one teaches
    CASE_LOAD = "case_load"  # those whom somebody assigned
    BOOKING = "booking"  # nobody, but for the families of one's own bookings


# A membership may narrow its role's scope to a case load (``Membership.scope``).
SCOPES: dict[Role, Scope] = {
    Role.DISTRICT_ADMIN: Scope.SCHOOL,
    Role.PRINCIPAL: Scope.SCHOOL,
    Role.OFFICE: Scope.SCHOOL,
    Role.COUNSELOR: Scope.SCHOOL,
    Role.TEACHER: Scope.SECTIONS,
    Role.FAMILY_LIAISON: Scope.CASE_LOAD,
    Role.INTERPRETER: Scope.BOOKING,
    Role.DUTY: Scope.SCHOOL,
    Role.RECORDS: Scope.SCHOOL,
}
# For these the district may choose between the whole school and a case load.
CHOOSES_SCOPE = frozenset({Role.COUNSELOR, Role.FAMILY_LIAISON})
# Without a school these serve the whole district; a role at no school in particular.
WITHOUT_SCHOOL = frozenset(
    {
        Role.DISTRICT_ADMIN,
        Role.COUNSELOR,
        Role.FAMILY_LIAISON,
        Role.INTERPRETER,
        Role.DUTY,
        Role.RECORDS,
    }
)
# These see everything of a school or district: where a second step is asked of leaders, of these.
SEES_EVERYTHING = frozenset({Role.DISTRICT_ADMIN, Role.PRINCIPAL, Role.RECORDS})

_P = Permission
_FAMILIES = frozenset({_P.FAMILIES_SEE, _P.MESSAGE_WRITE, _P.INBOX_ANSWER, _P.REACH_SEE, _P.CASES})
_SCHOOL_WIDE = _FAMILIES | frozenset(
    {
        _P.MESSAGE_DISTRICT,
        _P.CONTACT_EDIT,
        _P.MAIL_HANDLE,
        _P.CALENDAR,
        _P.ATTENDANCE,
        _P.TASKS_ASSIGN,
        _P.INTERPRETERS,
        _P.SURVEYS,
        _P.BOARD,
        _P.STAFF,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.DISTRICT_ADMIN: frozenset(Permission),
    Role.PRINCIPAL: _SCHOOL_WIDE
    | {
        _P.MESSAGE_EMERGENCY,
        _P.RESTRICTIONS_EDIT,
        _P.RESTRICTIONS_READ,
        _P.PROTECTED_READ,
    },
    Role.OFFICE: _SCHOOL_WIDE | {_P.MESSAGE_EMERGENCY, _P.RESTRICTIONS_EDIT, _P.RESTRICTIONS_READ},
    Role.COUNSELOR: _FAMILIES | {_P.PROTECTED_READ, _P.INTERPRETERS},
    Role.TEACHER: _FAMILIES,
    Role.FAMILY_LIAISON: _FAMILIES | {_P.INTERPRETERS},
    # Sees nobody but the families of the own bookings.
    Role.INTERPRETER: frozenset({_P.INTERPRET, _P.TRANSLATE}),
    Role.DUTY: _FAMILIES | {_P.PROTECTED_READ},
    Role.RECORDS: _FAMILIES | {_P.PROTECTED_READ, _P.RESTRICTIONS_READ, _P.RECORDS_ANSWER},
}
