"""enrollments.csv: the largest table by far, a million lines in a large district."""

from collections.abc import Collection
from datetime import date
from sys import intern

from bothways.roster.readers import relations
from bothways.roster.readers.files import OpenTable, RosterFiles, ended
from bothways.roster.readers.findings import shown
from bothways.roster.readers.places import keep
from bothways.roster.readers.values import Values
from bothways.roster.records import Enrollment


def read(
    files: RosterFiles,
    values: Values,
    *,
    sections: Collection[str],
    students: Collection[str],
    staff: Collection[str],
    other_adults: Collection[str],
    gone: dict[str, set[str]],
) -> tuple[list[Enrollment], dict[str, set[str]]]:
    """Seats in classes, and the classes of other adults who teach.

    A parent who teaches has one role only in OneRoster 1.1, and it may be "parent". Ids that the
    roster ends go into ``gone["enrollment"]``.
    """
    table = files.open("enrollments", "section", "user")
    out: list[Enrollment] = []
    teaching: dict[str, set[str]] = {}
    if table is None:
        return out, teaching
    findings, file = values.findings, table.file
    check_users = files.mode("users") == "bulk"
    check_sections = files.mode("classes") == "bulk"
    # One object for each id, however often it stands in the file.
    section_ids = {key: key for key in sections}
    user_ids = {key: key for key in (*students, *staff, *other_adults)}
    roles = _Roles(values, table, students, staff if check_users else None, other_adults)
    seen: set[str] = set()
    first: dict[str, Enrollment] = {}
    members: dict[tuple[str, str], set[str]] = {}
    dates = table.dates(findings, values.region, "begin", "end")
    names = {cell: table.column(cell) for cell in ("section", "user", "begin", "end")}

    def day(text: str, line: int, name: str) -> date | None:
        found = dates.read(text)
        if found is None and text.strip():
            findings.flag(file, line, names[name], "no date; taken as not known")
        return found

    for line, row in table.rows("id", "status", "section", "user", "role", "begin", "end"):
        key = row[0].strip()
        if row[1] and ended(row[1]):
            if key:
                gone["enrollment"].add(key)
            continue
        section, user = section_ids.get(row[2].strip()), user_ids.get(row[3].strip())
        if section is None or user is None:
            raw_section, raw_user = row[2].strip(), row[3].strip()
            if raw_section in gone["section"] or raw_user in gone["user"]:
                continue  # it ends with them
            if section is None and (check_sections or not raw_section):
                words = "this class is not in the roster" if raw_section else "there is no class"
                findings.reject(file, line, names["section"], words)
                continue
            if user is None and (check_users or not raw_user):
                words = "no student or member of staff has this id"
                findings.reject(file, line, names["user"], words if raw_user else "there is no id")
                continue
            section = section_ids.setdefault(raw_section, raw_section)
            user = user_ids.setdefault(raw_user, raw_user)
        role = roles.of(user, row[4], line)
        if role is None:
            continue
        if user in roles.others and role == "teacher":
            teaching.setdefault(user, set()).add(section)
        record = Enrollment(
            key,
            section,
            user,
            role,
            day(row[5], line, "begin") if row[5] else None,
            day(row[6], line, "end") if row[6] else None,
            file,
            line,
        )
        if not key:
            held = members.setdefault((section, role), set())
            if user in held:
                continue
            held.add(user)
        elif key in seen:
            first = first or {known.id: known for known in out}
            keep(record, first, table, findings)
            continue
        else:
            seen.add(key)
            if first:
                first[key] = record
        out.append(record)
    gone["enrollment"] -= seen
    return out, teaching


class _Roles:
    """As what a person sits in a class."""

    def __init__(
        self,
        values: Values,
        table: OpenTable,
        students: Collection[str],
        staff: Collection[str] | None,
        other_adults: Collection[str],
    ) -> None:
        self._findings, self._table = values.findings, table
        self._students, self._staff = (
            frozenset(students),
            None if staff is None else frozenset(staff),
        )
        self.others = frozenset(other_adults) - self._students - frozenset(staff or ())
        self._words: dict[str, relations.Role | None] = {}

    def of(self, user: str, word: str, line: int) -> str | None:
        """student, teacher and so on; None if it cannot be, which is told."""
        if word not in self._words:
            self._words[word] = relations.role(word)
        role = self._words[word]
        if role is None:
            return self._by_person(user, word, line)
        if self._staff is None:
            return role.name
        if role.group == "student":
            if user in self._students:
                return role.name
            self._reject(line, "this person is not a student")
        elif role.group == "staff":
            if user in self._staff or (role.name == "teacher" and user in self.others):
                return role.name
            who = "a student" if user in self._students else "not a member of staff"
            self._reject(line, f"this person is {who}: a class needs staff to teach it")
        else:
            self._reject(line, f"{shown(word)} is no role in a class")
        return None

    def _by_person(self, user: str, word: str, line: int) -> str | None:
        what = f"the role {shown(word)} is not known" if word.strip() else "there is no role"
        if user in self._students:
            role = "student"
        elif self._staff is not None and user in self._staff:
            role = "teacher"
        else:
            self._reject(line, what)
            return None
        file, column = self._table.file, self._table.column("role")
        self._findings.flag(file, line, column, f"{what}; taken as {role}")
        return intern(role)

    def _reject(self, line: int, reason: str) -> None:
        self._findings.reject(self._table.file, line, self._table.column("role"), reason)
