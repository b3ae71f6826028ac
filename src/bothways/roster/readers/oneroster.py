"""OneRoster 1.1 and 1.2 and School Data Sync 2.1: one reader, for they differ in what is left out."""

from datetime import date

from bothways.roster.readers import enrollments, layout, people, places, roles, ties
from bothways.roster.readers.files import OpenTable, RosterFiles, ended
from bothways.roster.readers.findings import Findings
from bothways.roster.readers.population import Population
from bothways.roster.readers.sources import Limits, Source, folded
from bothways.roster.readers.unusable import UnusableRoster
from bothways.roster.readers.values import Values
from bothways.roster.records import Format, Mode, Parsed, School, Staff


def recognises(source: Source) -> bool:
    """Whether any of these files has the name of a table of a roster."""
    return any(folded(name) in layout.TABLES or folded(name) == "manifest" for name in source.names)


def read(source: Source, *, region: str, limits: Limits) -> Parsed:
    """Read all tables. UnusableRoster if a file is damaged or a required one is missing."""
    findings = Findings()
    values = Values(findings, region)
    files = RosterFiles(source, findings, limits)
    if "users" not in files and not files.stated("users"):
        raise UnusableRoster(
            "There is no users.csv among the files. Export the whole roster (OneRoster or School "
            "Data Sync 2.1), then try again."
        )
    out = Parsed("oneroster", rejected=findings.rejected, flagged=findings.flagged)
    gone: dict[str, set[str]] = {
        kind: set() for kind in ("school", "term", "section", "user", "enrollment")
    }
    whole_orgs = files.mode("orgs") == "bulk"
    whole_terms = files.mode("academicsessions") == "bulk"

    out.district, schools = places.read_orgs(files, values, gone["school"])
    districts = {out.district.id} if out.district else set[str]()
    orgs = schools.keys() | districts
    terms = places.read_terms(files, values, gone["term"])
    sections = places.read_sections(
        files,
        values,
        gone["section"],
        schools=orgs if whole_orgs else (),
        terms=terms if whole_terms else (),
    )
    known_orgs = orgs if whole_orgs else ()
    role_table, held = roles.from_table(files, values, known_orgs)
    births = _births(files, values)
    users, everybody = people.read(files, values, gone["user"])
    if files.mode("users") == "bulk" and not everybody and not gone["user"]:
        raise UnusableRoster(
            "There is nobody in users.csv. Export the roster again; if it is a part only, its manifest "
            "must say so."
        )
    if users is not None and role_table is None:
        held = roles.from_users(users, everybody, findings, known_orgs)
    students = held.everybody("student") & everybody.keys()
    pairs = ties.read(files, values, users, everybody, students, gone["user"], out.ended_links)
    modes = _modes(files, users, role_table)
    population = Population(out, findings, users, everybody, held, students, births)
    gone["user"] |= population.build(pairs, all_links=modes["link"] == "bulk", districts=districts)
    if "orgs" not in files and modes["student"] == "bulk":
        schools = _schools_by_id(out, findings)
    del (
        everybody,
        held,
        pairs,
        births,
        population,
    )  # a third of the memory, not needed for the largest table

    out.schools, out.terms = list(schools.values()), list(terms.values())
    out.sections = list(sections.values())
    out.enrollments, teaching = enrollments.read(
        files,
        values,
        sections=sections,
        students=[student.id for student in out.students],
        staff=[member.id for member in out.staff],
        other_adults=[guardian.id for guardian in out.guardians],
        gone=gone,
    )
    _add_teachers(out, findings, teaching)
    out.ended = {kind: ids for kind, ids in gone.items() if ids}
    out.format, out.version = _format(files, role_table)
    out.modes = modes
    values.finish()
    return out


def _add_teachers(out: Parsed, findings: Findings, teaching: dict[str, set[str]]) -> None:
    """Guardians who teach a class are staff at its school too."""
    if not teaching:
        return
    schools = {section.id: section.school for section in out.sections}
    for guardian in out.guardians:
        if guardian.id not in teaching:
            continue
        at = sorted({schools.get(section, "") for section in teaching[guardian.id]})
        findings.flag(
            guardian.file, guardian.line, "role", "this guardian teaches a class: staff as well"
        )
        out.staff.append(
            Staff(
                guardian.id,
                guardian.given,
                guardian.family,
                guardian.preferred_given,
                guardian.preferred_family,
                guardian.emails,
                guardian.phones,
                tuple((school, "teacher") for school in at),
                guardian.file,
                guardian.line,
            )
        )


def _births(files: RosterFiles, values: Values) -> dict[str, date]:
    table = files.open("demographics", "id")
    births: dict[str, date] = {}
    if table is None:
        return births
    dates = table.dates(values.findings, values.region, "birth_date")
    for line, (key, status, text) in table.rows("id", "status", "birth_date"):
        if ended(status) or not text.strip():
            continue
        day = dates.read(text)
        if day is None:
            values.findings.flag(
                table.file, line, table.column("birth_date"), "no date; taken as not known"
            )
        else:
            births.setdefault(key.strip(), day)
    return births


def _schools_by_id(out: Parsed, findings: Findings) -> dict[str, School]:
    """Schools that only their students name, when there is no orgs.csv."""
    named = (org for student in out.students for org in (student.school, *student.other_schools))
    schools = {org: School(org, org) for org in named if org}
    if schools:
        findings.flag("orgs.csv", 1, "", "this file is missing; schools are called by their ids")
    return schools


def _format(files: RosterFiles, role_table: OpenTable | None) -> tuple[Format, str]:
    """By the manifest; without one by the columns that only School Data Sync has."""
    if not files.version and (
        "userflags" in files or (role_table is not None and role_table.has("primary"))
    ):
        return "sds", "2.1"
    return "oneroster", files.version or ("1.1" if role_table is None else "1.2")


def _modes(
    files: RosterFiles, users: OpenTable | None, role_table: OpenTable | None
) -> dict[str, Mode]:
    """What may be missing from what: never "bulk" for a kind of which any source is partial."""
    person = files.mode("users")
    if person == "bulk" and (
        files.mode("roles") == "delta"
        or (role_table is None and users is not None and not users.has("role"))
    ):
        person = "delta"
    sources = [files.mode("relationships")]
    if users is not None and users.has("agents"):
        sources.append(person)
    given = [mode for mode in sources if mode != "absent"]
    link: Mode = "absent" if not given else "delta" if "delta" in given else "bulk"
    return {
        "school": files.mode("orgs"),
        "term": files.mode("academicsessions"),
        "section": files.mode("classes"),
        "student": person,
        "guardian": person,
        "staff": person,
        "contact": link,
        "link": link,
        "enrollment": files.mode("enrollments"),
        "birth_date": files.mode("demographics"),
    }
