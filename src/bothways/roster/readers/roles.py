"""Who is student, staff or guardian, and where: roles.csv, or the role column of users.csv."""

from collections.abc import Collection, Mapping
from sys import intern

from bothways.roster.readers import relations
from bothways.roster.readers.files import OpenTable, RosterFiles, ended
from bothways.roster.readers.findings import Findings, shown
from bothways.roster.readers.people import Person
from bothways.roster.readers.relations import Group, Role
from bothways.roster.readers.values import Values, grade

Held = tuple[tuple[str, Role], ...]  # (school or district id, role)


class Roles:
    """The current roles of everybody."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self.held: dict[str, Held] = {}
        self.primary: dict[str, str] = {}
        self.grades: dict[str, str] = {}
        self.had: set[str] = set()  # everybody who has any role, ended and unknown ones too
        self.unknown: set[str] = set()
        # A few hundred combinations stand for a hundred thousand people.
        self._same: dict[Held, Held] = {}

    def add(self, user: str, roles: Held) -> None:
        held = tuple(dict.fromkeys((*self.held.get(user, ()), *roles)))
        self.held[user] = self._same.setdefault(held, held)

    def of(self, user: str, group: Group) -> list[tuple[str, Role]]:
        return [(org, role) for org, role in self.held.get(user, ()) if role.group == group]

    def everybody(self, group: Group) -> set[str]:
        return {user for user in self.held if self.of(user, group)}

    def meaning(self, word: str, user: str, file: str, line: int, column: str) -> Role | None:
        """The role a word means; says so and remembers the person if there is none."""
        role = relations.role(word)
        if role is None or role.group == "nobody":
            reason = "there is no role"
            if word.strip():
                reason = f"the role {shown(word)} is not {'known' if role is None else 'served'}"
            self._findings.reject(file, line, column, reason, "the role is not imported")
            self.unknown.add(user)
            return None
        return role

    def place(self, org: str, role: Role, orgs: Collection[str]) -> bool:
        """Whether this school exists. Guardians' schools are not kept, so none is wrong."""
        return not org or not orgs or role.group == "guardian" or org in orgs


def from_table(
    files: RosterFiles, values: Values, orgs: Collection[str]
) -> tuple[OpenTable | None, Roles]:
    """roles.csv; empty ``orgs`` are not checked."""
    findings = values.findings
    roles = Roles(findings)
    table = files.open("roles", "user", "role")
    if table is None:
        return None, roles
    file, names = table.file, {c: table.column(c) for c in ("user", "role", "org", "primary")}
    for line, (raw, status, raw_org, word, kind, primary, grades) in table.rows(
        "user", "status", "org", "role", "kind", "primary", "grade"
    ):
        user = raw.strip()
        if not user:
            findings.reject(file, line, names["user"], "there is no id")
            continue
        roles.had.add(user)
        if ended(status):
            continue
        role = roles.meaning(word, user, file, line, names["role"])
        if role is None:
            continue
        org = intern(raw_org.strip())
        if not roles.place(org, role, orgs):
            findings.flag(file, line, names["org"], "this school is not in the roster")
            org = ""
        roles.add(user, ((org, role),))
        if role.group == "student":
            first = kind.strip().casefold() == "primary" or values.boolean(
                primary, file, line, names["primary"]
            )
            if org and first:
                roles.primary.setdefault(user, org)
            if grades.strip():
                roles.grades.setdefault(user, intern(grade(grades)))
    return table, roles


def from_users(
    users: OpenTable, people: Mapping[str, Person], findings: Findings, orgs: Collection[str]
) -> Roles:
    """The role column of OneRoster 1.1; empty ``orgs`` are not checked."""
    roles = Roles(findings)
    for person in people.values():
        if not person.role:
            continue  # a person whom others name as their guardian needs none
        roles.had.add(person.id)
        role = roles.meaning(person.role, person.id, users.file, person.line, users.column("role"))
        if role is None:
            continue
        at = person.orgs or ((person.primary_org,) if person.primary_org else ())
        known = tuple(org for org in at if roles.place(org, role, orgs))
        if known != at:
            findings.flag(
                users.file, person.line, users.column("orgs"), "this school is not in the roster"
            )
        roles.add(person.id, tuple((org, role) for org in known) or (("", role),))
    return roles
