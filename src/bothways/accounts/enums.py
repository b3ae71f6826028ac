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
    SETUP = "setup"


class Role(StrEnum):
    DISTRICT_ADMIN = "district_admin"
    PRINCIPAL = "principal"
    OFFICE = "office"
    COUNSELOR = "counselor"
    TEACHER = "teacher"

    @property
    def label(self) -> str:
        return {
            "district_admin": "District admin",
            "principal": "Principal",
            "office": "Office",
            "counselor": "Counselor",
            "teacher": "Teacher",
        }[self.value]


_P = Permission
_SCHOOL_WIDE = frozenset(
    {
        _P.FAMILIES_SEE,
        _P.MESSAGE_WRITE,
        _P.MESSAGE_DISTRICT,
        _P.INBOX_ANSWER,
        _P.REACH_SEE,
        _P.CONTACT_EDIT,
        _P.MAIL_HANDLE,
        _P.CALENDAR,
        _P.ATTENDANCE,
        _P.TASKS_ASSIGN,
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
    Role.COUNSELOR: frozenset(
        {_P.FAMILIES_SEE, _P.MESSAGE_WRITE, _P.INBOX_ANSWER, _P.REACH_SEE, _P.PROTECTED_READ}
    ),
    Role.TEACHER: frozenset({_P.FAMILIES_SEE, _P.MESSAGE_WRITE, _P.INBOX_ANSWER, _P.REACH_SEE}),
}
