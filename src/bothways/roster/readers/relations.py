"""The words for roles of people and for what an adult is to a student, and what each gives."""

from functools import lru_cache
from typing import Literal, NamedTuple

from bothways.roster.readers.headers import fold

Group = Literal["student", "guardian", "staff", "nobody"]


class Role(NamedTuple):
    name: str  # as OneRoster and School Data Sync spell it
    group: Group


class Relation(NamedTuple):
    name: str
    standing: bool | None  # a guardian; a contact person; None: the person's role decides


_STAFF = [
    "administrator",
    "districtAdministrator",
    "siteAdministrator",
    "systemAdministrator",
    "principal",
    "assistantPrincipal",
    "teacher",
    "aide",
    "counselor",
    "proctor",
    "professor",
    "faculty",
    "lecturer",
    "instructor",
    "adjunct",
    "chair",
    "researcher",
    "affiliate",
    "advisor",
    "coach",
    "substitute",
    "teacherAssistant",
    "assistant",
    "paraprofessional",
    "staff",
    "officeStaff",
    "nurse",
    "itAdmin",
    "specialServices",
    "occupationalTherapist",
    "physicalTherapist",
    "speechTherapist",
    "visionTherapist",
    "socialWorker",
    "psychologist",
    "librarian",
    "superintendent",
    "interpreter",
    "familyLiaison",
    "secretary",
    "registrar",
]
_STAFF_WORDS = {
    "admin": "administrator",
    "sitadmin": "siteAdministrator",
    "siteadmin": "siteAdministrator",
    "districtadmin": "districtAdministrator",
    "systemadmin": "systemAdministrator",
    "sysadmin": "systemAdministrator",
    "counsellor": "counselor",
    "viceprincipal": "assistantPrincipal",
    "headteacher": "principal",
    "headofschool": "principal",
    "primaryteacher": "teacher",
    "teacherofrecord": "teacher",
    "coteacher": "teacher",
    "secondaryteacher": "teacher",
    "substituteteacher": "substitute",
    "clerk": "officeStaff",
    "office": "officeStaff",
    "para": "paraprofessional",
    "schoolnurse": "nurse",
    "teachersaide": "aide",
    "teacheraide": "aide",
    "employee": "staff",
}
_ROLES: dict[str, Role] = {
    "student": Role("student", "student"),
    "learner": Role("student", "student"),
    "pupil": Role("student", "student"),
    "parent": Role("parent", "guardian"),
    "guardian": Role("guardian", "guardian"),
    "legalguardian": Role("guardian", "guardian"),
    "parentguardian": Role("guardian", "guardian"),
    "relative": Role("relative", "guardian"),
    "alumni": Role("alumni", "nobody"),
    "guest": Role("guest", "nobody"),
    **{fold(name): Role(name, "staff") for name in _STAFF},
    **{word: Role(name, "staff") for word, name in _STAFF_WORDS.items()},
}

_GUARDIANS = [
    "mother",
    "father",
    "parent",
    "guardian",
    "relative",
    "grandmother",
    "grandfather",
    "grandparent",
    "stepmother",
    "stepfather",
    "stepparent",
    "fosterMother",
    "fosterFather",
    "fosterParent",
    "adoptiveMother",
    "adoptiveFather",
    "adoptiveParent",
    "aunt",
    "uncle",
    "cousin",
    "legalGuardian",
    "courtAppointedGuardian",
    "kinshipCaregiver",
    "caregiver",
    "hostParent",
]
_CONTACTS = [
    "doctor",
    "neighbor",
    "aide",
    "emergencyContact",
    "sibling",
    "brother",
    "sister",
    "friend",
    "familyFriend",
    "babysitter",
    "daycare",
    "caseWorker",
    "socialWorker",
    "probationOfficer",
    "dentist",
    "employer",
    "nurse",
    "therapist",
    "agency",
    "attorney",
    "partner",
]
_RELATION_WORDS = {
    "mom": "mother",
    "mum": "mother",
    "mommy": "mother",
    "ma": "mother",
    "madre": "mother",
    "mama": "mother",
    "biologicalmother": "mother",
    "naturalmother": "mother",
    "birthmother": "mother",
    "dad": "father",
    "padre": "father",
    "papa": "father",
    "biologicalfather": "father",
    "naturalfather": "father",
    "birthfather": "father",
    "stepmom": "stepmother",
    "stepdad": "stepfather",
    "grandma": "grandmother",
    "abuela": "grandmother",
    "grandpa": "grandfather",
    "abuelo": "grandfather",
    "greatgrandmother": "grandmother",
    "greatgrandfather": "grandfather",
    "greatgrandparent": "grandparent",
    "fostermom": "fosterMother",
    "fosterdad": "fosterFather",
    "foster": "fosterParent",
    "parentguardian": "guardian",
    "courtguardian": "courtAppointedGuardian",
    "carer": "caregiver",
    "caretaker": "caregiver",
    "tia": "aunt",
    "tio": "uncle",
    "physician": "doctor",
    "pediatrician": "doctor",
    "neighbour": "neighbor",
    "emergency": "emergencyContact",
    "contact": "emergencyContact",
    "sitter": "babysitter",
    "nanny": "babysitter",
    "childcare": "daycare",
    "childcareprovider": "daycare",
    "daycareprovider": "daycare",
    "caseworker": "caseWorker",
    "socialworker": "socialWorker",
    "lawyer": "attorney",
    "stepbrother": "brother",
    "stepsister": "sister",
    "girlfriend": "partner",
    "boyfriend": "partner",
    "parentspartner": "partner",
}
_RELATIONS: dict[str, Relation] = {
    **{fold(name): Relation(name, standing=True) for name in _GUARDIANS},
    **{fold(name): Relation(name, standing=False) for name in _CONTACTS},
}
_RELATIONS |= {word: _RELATIONS[fold(name)] for word, name in _RELATION_WORDS.items()}
_RELATIONS |= {
    "other": Relation("other", None),
    "unknown": Relation("other", None),
    "nonrelative": Relation("other", None),
    "unrelated": Relation("other", None),
}
UNKNOWN = Relation("other", None)


@lru_cache(maxsize=4096)
def role(word: str) -> Role | None:
    """The role that a word means, or None."""
    return _ROLES.get(fold(word))


@lru_cache(maxsize=4096)
def relation(word: str) -> Relation | None:
    """What an adult is to a student by this word; None for a word that is not known."""
    return _RELATIONS.get(fold(word))


@lru_cache(maxsize=4096)
def is_child(word: str) -> bool:
    """Whether the word turns the row round: the second person is the first one's child."""
    return fold(word) in {"child", "son", "daughter", "student", "ward", "dependent"}


@lru_cache(maxsize=4096)
def is_self(word: str) -> bool:
    return fold(word) in {"self", "himself", "herself"}
