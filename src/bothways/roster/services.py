"""Import a roster; rebuild households."""

from collections.abc import Iterable
from time import perf_counter
from typing import NoReturn

from django.db import connection, transaction

from bothways.audit.services import record
from bothways.core import clock, garbage
from bothways.roster import households as homes
from bothways.roster.contacts import import_contacts
from bothways.roster.districts import district_for
from bothways.roster.identity import follow_new_ids, list_possibly_same
from bothways.roster.links import import_links
from bothways.roster.losses import find_losses, remember
from bothways.roster.merged import as_merged
from bothways.roster.models import ImportRun
from bothways.roster.orders import import_orders
from bothways.roster.persons import GUARDIAN, STUDENT, Kind, apply_people, stage_people
from bothways.roster.places import import_places
from bothways.roster.points import import_points
from bothways.roster.records import Parsed
from bothways.roster.report import COUNTS, Loss, NeedsConfirmation, Report
from bothways.roster.run import Run, Say, whole_tables
from bothways.roster.seats import import_seats
from bothways.roster.staff import import_staff
from bothways.schools.models import District


def import_roster(
    parsed: Parsed,
    *,
    by: int | None,
    dry_run: bool = False,
    allow_removals: bool = False,
    on_progress: Say | None = None,
    new_year: bool = False,
    timezone: str | None = None,
    new_district: bool = False,
    source: str = "",
) -> Report:
    """Make the database agree with this roster, in one transaction.

    ``new_year``: the highest grade of each school may leave without a question. ``source``: the name
    of the file, for the record. Raises NeedsConfirmation if too many people would end (with the report
    after a dry run), UnusableRoster for a roster of another district; then nothing has changed.
    """
    began = perf_counter()
    try:
        with garbage.left_lying(), transaction.atomic():
            district = district_for(parsed, timezone=timezone, new_district=new_district)
            report, losses = _import(
                parsed,
                district,
                by=by,
                new_year=new_year,
                stop_at_losses=not (dry_run or allow_removals),
                say=on_progress or (lambda words: None),
            )
            report.seconds = round(perf_counter() - began, 3)
            if dry_run:
                _undo(report, [] if allow_removals else losses)
            _keep_record(district, report, by=by, source=source)
            if report.added + report.changed + report.removed >= MANY_ROWS:
                transaction.on_commit(_look_anew, robust=True)
        report.seconds = round(perf_counter() - began, 3)
        return report
    except _Undone as done:
        if done.losses:
            raise NeedsConfirmation(done.losses, done.report) from None
        return done.report


# So many rows that what the planner knew of the tables is wrong. PostgreSQL looks by itself, but up to a
# minute later, and until then a page of a new district may take seconds in place of milliseconds.
MANY_ROWS = 1000
_PEOPLE = (
    "people_student, people_guardian, people_link, people_household, people_householdstudent, "
    "people_contactpoint, people_contactperson, people_enrollment, people_restriction, "
    "schools_section, accounts_user, accounts_membership, accounts_teaching"
)


def _look_anew() -> None:
    """Tell the planner of all that came. After the commit: within it, a table would stay locked for VACUUM."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {_PEOPLE}")


class _Undone(Exception):
    def __init__(self, report: Report, losses: list[Loss]) -> None:
        self.report, self.losses = report, losses


def _undo(report: Report, losses: list[Loss]) -> NoReturn:
    raise _Undone(report, losses)


def _import(
    parsed: Parsed,
    district: District,
    *,
    by: int | None,
    new_year: bool,
    stop_at_losses: bool,
    say: Say,
) -> tuple[Report, list[Loss]]:
    with whole_tables() as cursor:
        parsed = as_merged(parsed, district)
        run = Run(district.pk, district.region, clock.now(), parsed, cursor, by, new_year)
        run.rejected += parsed.rejected
        run.flagged += parsed.flagged
        before = remember(run)
        say("schools and classes")
        import_places(run)
        say("students")
        _people(run, STUDENT)
        _flag_schools(run)
        say("guardians")
        _people(run, GUARDIAN)
        import_points(run)
        students, guardians = _live_ids(run, "people_student"), _live_ids(run, "people_guardian")
        say("who belongs to whom")
        import_links(run, students, guardians)
        losses = find_losses(run, before)
        if losses and stop_at_losses:
            raise NeedsConfirmation(losses)
        import_orders(run)
        import_contacts(run, students)
        list_possibly_same(run)
        say("staff")
        import_staff(run)
        say("seats in classes")
        today = clock.today(district.timezone)
        import_seats(run, students, _live_ids(run, "accounts_user"), today)
        # Not needed for families, who take the most memory.
        del students, guardians
        if run.families_moved:
            say("families")
            homes.rebuild(cursor, district.pk, run.at)
        return _report(run), losses


def _people(run: Run, kind: Kind) -> None:
    people = run.parsed.students if kind is STUDENT else run.parsed.guardians
    stage_people(run, kind, people)
    follow_new_ids(run, kind)
    apply_people(run, kind)


def _live_ids(run: Run, table: str) -> dict[str, int]:
    return dict(
        run.rows(
            "SELECT sis_id, id FROM <table> WHERE district_id = %(district)s"
            " AND ended_at IS NULL AND sis_id IS NOT NULL",
            {"table": table},
        )
    )


def _flag_schools(run: Run) -> None:
    known = {
        sis_id
        for (sis_id,) in run.rows(
            "SELECT sis_id FROM schools_school WHERE district_id = %(district)s"
        )
    }
    for student in run.parsed.students:
        if student.school and student.school not in known:
            run.flag(
                student, "school", "no school of this district has this id; in without a school"
            )


_TOTALS = """
SELECT
    (SELECT count(*) FROM people_student WHERE district_id = %(district)s AND ended_at IS NULL),
    (SELECT count(*) FROM people_guardian WHERE district_id = %(district)s AND ended_at IS NULL),
    (SELECT count(*) FROM accounts_user WHERE district_id = %(district)s AND ended_at IS NULL),
    (SELECT count(*) FROM people_household WHERE district_id = %(district)s AND ended_at IS NULL),
    (SELECT count(*) FROM people_link WHERE district_id = %(district)s AND ended_at IS NULL)
"""


def _report(run: Run) -> Report:
    students, guardians, staff, households, links = run.rows(_TOTALS)[0]
    return Report(
        students=students,
        guardians=guardians,
        staff=staff,
        households=households,
        links=links,
        added=run.added,
        changed=run.changed,
        removed=run.removed,
        rejected=run.rejected,
        flagged=run.flagged,
        conflicts=run.conflicts,
        possibly_same=run.possibly_same,
    )


MOST_KEPT = 1000  # findings of one kind in the record of an import


def _keep_record(district: District, report: Report, *, by: int | None, source: str) -> None:
    counts = {name: getattr(report, name) for name in COUNTS}
    words = report.without_people()
    kept = {k: v[:MOST_KEPT] if isinstance(v, list) else v for k, v in words.items()}
    for name in ("rejected", "flagged", "conflicts", "possibly_same"):
        counts[name] = len(words[name])
    done = ImportRun.objects.create(
        district=district,
        at=clock.now(),
        by_id=by,
        source=source.replace("\\", "/").rsplit("/", 1)[-1][:200],
        counts=counts,
        report=kept,
    )
    record("roster.imported", done, by=by, district=district.pk, **counts)


@transaction.atomic
def rebuild_households(district: District, guardians: Iterable[int] | None = None) -> None:
    """Make households agree with links, addresses and restrictions, after one of these was edited.

    ``guardians``: ids of those whose links, addresses or restrictions changed; None: anybody's.
    """
    District.objects.select_for_update(no_key=True).get(pk=district.pk)
    if guardians is None:
        with whole_tables() as cursor:
            homes.rebuild(cursor, district.pk, clock.now())
    else:
        with connection.cursor() as cursor:
            homes.rebuild(cursor, district.pk, clock.now(), list(guardians))
