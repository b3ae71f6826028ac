"""Persons, roles and ties → students, guardians, contact persons, staff and links."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from bothways.roster import restrictions
from bothways.roster.readers import relations
from bothways.roster.readers.files import OpenTable
from bothways.roster.readers.findings import Findings
from bothways.roster.readers.people import Person
from bothways.roster.readers.roles import Roles
from bothways.roster.readers.ties import Tie, Ties
from bothways.roster.records import ContactPerson, Guardian, Link, Parsed, Staff, Student

UNREADABLE = (
    "this restriction cannot be read by a program; contact is blocked until a person has read it"
)


@dataclass(frozen=True, slots=True)
class _Decision:
    """What a tie makes of the adult."""

    guardian: bool
    relation: str
    words: str = ""


class Population:
    """Fills ``out``. After it, ``out.students`` and the others are complete but for schools."""

    def __init__(
        self,
        out: Parsed,
        findings: Findings,
        users: OpenTable | None,
        people: Mapping[str, Person],
        roles: Roles,
        students: Collection[str],
        births: Mapping[str, date],
    ) -> None:
        self.out, self.findings, self.users = out, findings, users
        self.file = users.file if users else ""
        self.people, self.roles, self.students, self.births = people, roles, students, births

    def build(self, ties: Ties, *, all_links: bool, districts: Collection[str]) -> set[str]:
        """Everybody; returns the ids of people whose every role has ended."""
        linked: set[str] = set()
        contacts: set[str] = set()
        for (student, adult), tie in ties.items():
            if self._tie(student, adult, tie):
                linked.add(adult)
            else:
                contacts.add(adult)
        over: set[str] = set()
        for key, person in self.people.items():
            enrolled = key in self.students
            if enrolled:
                self._student(person, districts)
            staff = self._staff(person)
            guardian = key in linked
            if not guardian and key not in contacts and self.roles.of(key, "guardian"):
                guardian = True
                if all_links:
                    self._flag(person, "agents", "this guardian is not linked to any student")
            if guardian:
                self._guardian(person)
            alone = not enrolled and key not in linked and key not in contacts
            if alone and restrictions.concerns(person.restriction):
                self._flag(
                    person,
                    "restriction",
                    "a restriction without a link to a student: enter it by hand",
                )
            if not (enrolled or staff or guardian or key in contacts):
                self._nobody(person, over)
        return over

    def _tie(self, student: str, adult: str, tie: Tie) -> bool:
        person = self.people.get(adult)
        decision = self._decide(adult, person, tie)
        if decision.words:
            self.findings.flag(tie.file, tie.line, tie.column, decision.words)
        restriction = tie.restriction
        if person is not None and person.restriction and person.restriction != restriction:
            restriction = "\n".join(filter(None, (restriction, person.restriction)))
        if restriction and restrictions.read(restriction).unreadable:
            self.findings.flag(tie.file, tie.line, "", UNREADABLE)
        if decision.guardian:
            self.out.links.append(
                Link(
                    student,
                    adult,
                    decision.relation,
                    tie.lives_with,
                    tie.primary,
                    tie.priority,
                    tie.legal,
                    tie.emergency,
                    restriction,
                    tie.file,
                    tie.line,
                )
            )
        elif person is not None:
            self.out.contacts.append(
                ContactPerson(
                    adult,
                    student,
                    decision.relation,
                    person.given,
                    person.family,
                    person.preferred_given,
                    person.preferred_family,
                    person.emails,
                    person.phones,
                    person.unreadable_phones,
                    person.address,
                    person.speaks or person.home_language,
                    person.reads or person.home_language,
                    person.can_read,
                    tie.priority,
                    restriction,
                    tie.file,
                    tie.line,
                )
            )
        return decision.guardian

    def _decide(self, adult: str, person: Person | None, tie: Tie) -> _Decision:
        relation = tie.relation
        if relation is None and person is not None and person.relation:
            relation = relations.relation(person.relation) or relations.UNKNOWN
        name = relation.name if relation else ""
        guardian = self.roles.of(adult, "guardian")
        if adult in self.students and not guardian:
            return _Decision(
                False,
                name or "other",
                "this person is a student; kept as a contact, not as a guardian",
            )
        if relation is not None and relation.standing is not None:
            return _Decision(relation.standing, relation.name)
        if guardian:
            return _Decision(True, name or guardian[0][1].name)
        if person is None:
            # A part of a roster: whether this adult is a guardian was said before.
            return _Decision(True, name)
        return _Decision(
            False,
            name or "other",
            "nothing says that this person is a guardian; kept as a contact until somebody decides",
        )

    def _student(self, person: Person, districts: Collection[str]) -> None:
        at = [org for org, _ in self.roles.of(person.id, "student") if org]
        schools = [org for org in at if org not in districts]
        primary = self.roles.primary.get(person.id) or person.primary_org
        school = primary if primary in schools else schools[0] if schools else ""
        if not school:
            self._flag(person, "orgs", "this student has no school")
        if not person.given and not person.family:
            self._flag(person, "given", "this student has no name")
        if restrictions.concerns(person.restriction):
            self._flag(
                person, "restriction", "a restriction that does not say whom it concerns: read it"
            )
        self.out.students.append(
            Student(
                person.id,
                person.given,
                person.family,
                person.preferred_given,
                person.preferred_family,
                self.births.get(person.id) or person.birth_date,
                person.grade or self.roles.grades.get(person.id, ""),
                school,
                tuple(org for org in schools if org != school),
                person.emails,
                person.phones,
                person.unreadable_phones,
                person.address,
                person.home_language or person.speaks,
                person.restriction,
                self.file,
                person.line,
            )
        )

    def _staff(self, person: Person) -> bool:
        roles = tuple((org, role.name) for org, role in self.roles.of(person.id, "staff"))
        if roles:
            self.out.staff.append(
                Staff(
                    person.id,
                    person.given,
                    person.family,
                    person.preferred_given,
                    person.preferred_family,
                    # School Data Sync signs staff in by a name that is their address.
                    person.emails or ((person.username,) if person.username else ()),
                    person.phones,
                    roles,
                    self.file,
                    person.line,
                )
            )
        return bool(roles)

    def _guardian(self, person: Person) -> None:
        held = self.roles.of(person.id, "guardian")
        if not person.given and not person.family:
            self._flag(person, "given", "this guardian has no name")
        self.out.guardians.append(
            Guardian(
                person.id,
                person.given,
                person.family,
                person.preferred_given,
                person.preferred_family,
                person.emails,
                person.phones,
                person.unreadable_phones,
                person.address,
                person.speaks or person.home_language,
                person.reads or person.home_language,
                person.can_read,
                held[0][1].name if held else "",
                self.file,
                person.line,
            )
        )

    def _nobody(self, person: Person, over: set[str]) -> None:
        if person.id in self.roles.had and person.id not in self.roles.unknown:
            over.add(person.id)
        else:
            self.findings.reject(
                self.file,
                person.line,
                self._column("role"),
                "this person has no role that is known and is nobody's guardian",
            )

    def _flag(self, person: Person, column: str, words: str) -> None:
        self.findings.flag(self.file, person.line, self._column(column), words)

    def _column(self, name: str) -> str:
        return self.users.column(name) if self.users else name
