"""orgs, academicSessions, courses and classes: where and when school happens."""

from collections import Counter
from collections.abc import Iterable, Mapping
from sys import intern
from typing import Protocol, TypeVar

from bothways.roster.readers.files import OpenTable, RosterFiles, ended
from bothways.roster.readers.findings import Findings
from bothways.roster.readers.people import usable_id
from bothways.roster.readers.values import Values, clean, grade, items, optional
from bothways.roster.records import District, School, Section, Term

_ABOVE = {"state", "national", "ministryofeducation", "departmentofeducation"}
_DISTRICT = {"district", "localauthority", "academictrust"}


class _Record(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def line(self) -> int: ...


R = TypeVar("R", bound=_Record)


def keep(record: R, into: dict[str, R], table: OpenTable, findings: Findings) -> None:
    """Add a record by its id; the same again is nothing new, another one with its id is rejected."""
    first = into.setdefault(record.id, record)
    if first is not record and first != record:
        findings.reject(
            table.file,
            record.line,
            table.column("id"),
            f"this id stands in line {first.line} already, with other data",
            "the first one stays",
        )


def read_orgs(
    files: RosterFiles, values: Values, gone: set[str]
) -> tuple[District | None, dict[str, School]]:
    """The district and everything at or below it."""
    table = files.open("orgs", "id")
    orgs: dict[str, School] = {}
    if table is None:
        return None, orgs
    findings = values.findings
    for line, (raw, status, name, kind, parent) in table.rows(
        "id", "status", "name", "type", "parent"
    ):
        key = raw.strip()
        if not usable_id(key, findings, table.file, line, table.column("id")):
            continue
        if ended(status):
            gone.add(key)
            continue
        title = clean(name)
        if not title:
            findings.flag(
                table.file, line, table.column("name"), "there is no name; the id is shown"
            )
        org = School(
            key, title or key, intern(optional(kind) or "school"), parent.strip(), table.file, line
        )
        keep(org, orgs, table, findings)
    gone -= orgs.keys()
    district = _district(orgs, table, findings)
    for org in list(orgs.values()):
        if org.kind.casefold().replace(" ", "") in _ABOVE or (district and org.id == district.id):
            del orgs[org.id]
    known = orgs.keys() | ({district.id} if district else set())
    for org in orgs.values():
        if org.parent and org.parent not in known and district is None:
            findings.flag(
                table.file, org.line, table.column("parent"), "the organisation above is not known"
            )
    return district, orgs


def _district(orgs: Mapping[str, School], table: OpenTable, findings: Findings) -> District | None:
    below = Counter(org.parent for org in orgs.values() if org.parent)
    called = [org for org in orgs.values() if org.kind.casefold().replace(" ", "") in _DISTRICT]
    if not called:
        # Without one that is called so: the one organisation above the schools, if there is one.
        schools = {
            org.parent for org in orgs.values() if org.kind == "school" and org.parent in orgs
        }
        called = [orgs[key] for key in schools] if len(schools) == 1 else []
        called = [org for org in called if org.kind != "school"]
    if not called:
        return None
    chosen = max(called, key=lambda org: below[org.id])
    for org in called:
        if org is not chosen:
            findings.flag(
                table.file,
                org.line,
                table.column("type"),
                "there is more than one district; this one is taken as part of the largest",
            )
    return District(chosen.id, chosen.name, chosen.file, chosen.line)


def read_terms(files: RosterFiles, values: Values, gone: set[str]) -> dict[str, Term]:
    table = files.open("academicsessions", "id")
    terms: dict[str, Term] = {}
    if table is None:
        return terms
    findings = values.findings
    dates = table.dates(findings, values.region, "start", "end")
    for line, (raw, status, title, kind, start, end, parent) in table.rows(
        "id", "status", "title", "type", "start", "end", "parent"
    ):
        key = raw.strip()
        if not usable_id(key, findings, table.file, line, table.column("id")):
            continue
        if ended(status):
            gone.add(key)
            continue
        days = []
        for text, name in ((start, "start"), (end, "end")):
            day = dates.read(text) if text.strip() else None
            if day is None:
                words = "no date; taken as not known" if text.strip() else "there is no date"
                findings.flag(table.file, line, table.column(name), words)
            days.append(day)
        first, last = days
        if first and last and last < first:
            findings.flag(table.file, line, table.column("end"), "ends before it starts")
        term = Term(
            key, clean(title) or key, optional(kind), first, last, parent.strip(), table.file, line
        )
        keep(term, terms, table, findings)
    gone -= terms.keys()
    return terms


def _courses(files: RosterFiles) -> dict[str, str]:
    table = files.open("courses", "id")
    if table is None:
        return {}
    return {
        key.strip(): intern(clean(title))
        for _, (key, status, title) in table.rows("id", "status", "title")
        if not ended(status)
    }


def read_sections(
    files: RosterFiles,
    values: Values,
    gone: set[str],
    schools: Iterable[str],
    terms: Iterable[str],
) -> dict[str, Section]:
    """Classes with the titles of their courses; empty ``schools`` or ``terms`` are not checked."""
    table = files.open("classes", "id")
    sections: dict[str, Section] = {}
    courses = _courses(files)
    if table is None:
        return sections
    findings, file = values.findings, table.file
    known_schools, known_terms = set(schools), set(terms)
    for line, (raw, status, title, grades, course, school_id, term_ids) in table.rows(
        "id", "status", "title", "grades", "course", "school", "terms"
    ):
        key = raw.strip()
        if not usable_id(key, findings, file, line, table.column("id")):
            continue
        if ended(status):
            gone.add(key)
            continue
        school = intern(school_id.strip())
        if known_schools and school not in known_schools:
            words = "this school is not in the roster" if school else "there is no school"
            findings.flag(file, line, table.column("school"), words)
            school = ""
        course_title = courses.get(course.strip(), "")
        if course.strip() and courses and course.strip() not in courses:
            findings.flag(file, line, table.column("course"), "this course is not in the roster")
        at = tuple(map(intern, items(term_ids)))
        if known_terms and not known_terms.issuperset(at):
            findings.flag(file, line, table.column("terms"), "this term is not in the roster")
            at = tuple(term for term in at if term in known_terms)
        section = Section(
            key,
            school,
            clean(title) or course_title or key,
            ",".join(map(grade, items(grades))),
            at,
            course_title,
            file,
            line,
        )
        keep(section, sections, table, findings)
    gone -= sections.keys()
    return sections
