"""Who is what to which student: agentSourcedIds in either direction and relationships.csv, as one."""

from collections.abc import Collection, Mapping

from bothways.roster.readers import relations
from bothways.roster.readers.files import OpenTable, RosterFiles, ended
from bothways.roster.readers.findings import Findings, shown
from bothways.roster.readers.people import Person
from bothways.roster.readers.values import Values, note


class Tie:
    """What the roster says about one adult and one student, before the adult is known."""

    __slots__ = (
        "column",
        "emergency",
        "file",
        "legal",
        "line",
        "lives_with",
        "primary",
        "priority",
        "relation",
        "restriction",
    )

    def __init__(self, file: str, line: int, column: str) -> None:
        self.file, self.line, self.column = file, line, column
        self.relation: relations.Relation | None = None  # None: only that there is one
        self.lives_with: bool | None = None
        self.primary: bool | None = None
        self.priority: int | None = None
        self.legal: bool | None = None
        self.emergency: bool | None = None
        self.restriction = ""

    def says(self) -> tuple[object, ...]:
        return (
            self.relation, self.lives_with, self.primary, self.priority, self.legal,
            self.emergency, self.restriction,
        )  # fmt: skip


Pair = tuple[str, str]  # student, adult
Ties = dict[Pair, Tie]


class _Known:
    """Whether an id may stand in a tie; only a whole roster can say that somebody is unknown."""

    def __init__(
        self,
        people: Mapping[str, Person],
        students: Collection[str],
        gone: Collection[str],
        whole: bool,
    ) -> None:
        self.people, self.students, self.gone, self.whole = people, students, gone, whole

    def __call__(self, key: str) -> bool:
        return not self.whole or key in self.people


def read(
    files: RosterFiles,
    values: Values,
    users: OpenTable | None,
    people: Mapping[str, Person],
    students: Collection[str],
    gone: Collection[str],
    ended_links: set[Pair],
) -> Ties:
    """All ties of current people. What relationships.csv says wins over a mere id in a list."""
    whole = users is not None and files.mode("users") == "bulk"
    known = _Known(people, students, gone, whole)
    found: Ties = {}
    table = files.open("relationships", "user", "other")
    if table is not None:
        _from_relationships(table, values, known, found, ended_links)
    if users is not None and users.has("agents"):
        _from_agents(users, values.findings, known, found, ended_links)
    return found


def _from_relationships(
    table: OpenTable, values: Values, known: _Known, found: Ties, ended_links: set[Pair]
) -> None:
    findings, file = values.findings, table.file
    user, other = table.column("user"), table.column("other")
    names = {
        cell: table.column(cell)
        for cell in ("role", "lives_with", "primary", "emergency", "priority", "legal")
    }
    rows = table.rows(
        "user", "other", "status", "role", "lives_with", "primary", "emergency", "priority",
        "legal", "restriction",
    )  # fmt: skip
    for line, row in rows:
        student, adult, word = row[0].strip(), row[1].strip(), row[3].strip()
        if not student or not adult:
            findings.reject(file, line, other if student else user, "there is no id")
            continue
        if _turned(student, adult, word, known):
            student, adult = adult, student
        if ended(row[2]):
            ended_links.add((student, adult))
            continue
        if student in known.gone or adult in known.gone:
            continue  # it ends with the person
        stranger = next((key for key in (student, adult) if not known(key)), None)
        if stranger is not None:
            column = user if stranger == row[0].strip() else other
            findings.reject(file, line, column, "this person is not in the roster", "not linked")
            continue
        if student == adult or relations.is_self(word):
            findings.reject(
                file, line, other, "a student is no guardian of themselves", "not linked"
            )
            continue
        if known.whole and student not in known.students:
            findings.reject(file, line, user, "neither of the two is a student", "not linked")
            continue
        tie = Tie(file, line, other)
        tie.relation = _relation(word, findings, file, line, names["role"])
        tie.lives_with = values.boolean(row[4], file, line, names["lives_with"])
        tie.primary = values.boolean(row[5], file, line, names["primary"])
        tie.emergency = values.boolean(row[6], file, line, names["emergency"])
        tie.priority = values.priority(row[7], file, line, names["priority"])
        tie.legal = values.boolean(row[8], file, line, names["legal"])
        tie.restriction = note(row[9])
        pair = (known.people[student].id if student in known.people else student,
                known.people[adult].id if adult in known.people else adult)  # fmt: skip
        first = found.setdefault(pair, tie)
        if first is not tie and first.says() != tie.says():
            _merge(first, tie, findings)
    ended_links -= found.keys()


def _turned(user: str, other: str, word: str, known: _Known) -> bool:
    """Whether the row names the adult first."""
    if user in known.students or other in known.students:
        return user not in known.students
    return relations.is_child(word)


def _relation(
    word: str, findings: Findings, file: str, line: int, column: str
) -> relations.Relation | None:
    if not word or relations.is_child(word):
        return None
    found = relations.relation(word)
    if found is None:
        findings.flag(file, line, column, f"the relation {shown(word)} is not known")
        return relations.UNKNOWN
    return found


def _merge(first: Tie, again: Tie, findings: Findings) -> None:
    """Two rows for one pair: the first stays, but no restriction of the second is lost."""
    emergency = relations.relation("emergencyContact")
    if again.relation == emergency and first.relation != emergency:
        first.emergency = True
    elif first.relation == emergency and again.relation is not None:
        first.relation, first.emergency = again.relation, True
    else:
        findings.reject(
            again.file,
            again.line,
            again.column,
            f"these two people stand in line {first.line} already, with other data",
            "the first one stays",
        )
    if again.restriction and again.restriction not in first.restriction.split("\n"):
        first.restriction = "\n".join(filter(None, (first.restriction, again.restriction)))
        findings.flag(
            again.file, again.line, "", "a restriction in a repeated line; it is kept as well"
        )


def _from_agents(
    users: OpenTable,
    findings: Findings,
    known: _Known,
    found: Ties,
    ended_links: Collection[Pair],
) -> None:
    column = users.column("agents")
    for person in known.people.values():
        for agent in person.agents:
            if agent in known.gone:
                continue
            if not known(agent):
                findings.reject(
                    users.file,
                    person.line,
                    column,
                    "this person is not in the roster",
                    "not linked",
                )
                continue
            if agent == person.id:
                findings.reject(
                    users.file,
                    person.line,
                    column,
                    "a student is no guardian of themselves"
                    if person.id in known.students
                    else "this person names themselves",
                    "not linked",
                )
                continue
            other = known.people.get(agent)
            agent_id = other.id if other is not None else agent
            if person.id in known.students:
                pair = (person.id, agent_id)
            elif agent in known.students or other is None:
                pair = (agent_id, person.id)
            else:
                findings.flag(
                    users.file, person.line, column, "this person is no student; not linked"
                )
                continue
            if pair in found or pair[::-1] in found or pair in ended_links:
                continue
            found[pair] = Tie(users.file, person.line, column)
