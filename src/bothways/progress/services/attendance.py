"""Take in an attendance file; the same file twice changes nothing."""

from collections import Counter
from collections.abc import Iterator, Set
from pathlib import Path
from time import perf_counter

from bothways.core import clock
from bothways.progress.enums import NEVER_ASKED, Day, Kind
from bothways.progress.models import ProgressSettings
from bothways.progress.queries import school_year, settings_of
from bothways.progress.readers.attendance import AttendanceFile, read
from bothways.progress.readers.columns import Meaning
from bothways.progress.services.taking import (
    Children,
    Report,
    copy_in,
    fetch,
    note,
    one_at_a_time,
    taken_back,
)
from bothways.schools.models import ClosedDay, District, School

_CREATE = """
DROP TABLE IF EXISTS progress_incoming;
CREATE TEMPORARY TABLE progress_incoming (student_id bigint, school_id bigint, day date, kind text,
    category text, weight smallint, line bigint) ON COMMIT DROP
"""
_COPY = (
    "COPY progress_incoming (student_id, school_id, day, kind, category, weight, line) FROM STDIN"
)
_TWICE = """
SELECT line, kept FROM (
    SELECT line, first_value(line) OVER w AS kept, row_number() OVER w AS place, kind,
        first_value(kind) OVER w AS kept_kind
    FROM progress_incoming WINDOW w AS (PARTITION BY student_id, day ORDER BY weight DESC, line)
) x WHERE place > 1 ORDER BY line
"""
_MERGE = """
WITH best AS (
    SELECT DISTINCT ON (student_id, day) * FROM progress_incoming
    ORDER BY student_id, day, weight DESC, line
), merged AS (
    INSERT INTO progress_attendance AS a (district_id, student_id, school_id, day, kind, category,
        before, first_at)
    SELECT %(district)s, student_id, school_id, day, kind, category, '', %(now)s FROM best
    ON CONFLICT ON CONSTRAINT attendance_once DO UPDATE
        SET kind = excluded.kind, category = excluded.category, school_id = excluded.school_id,
            before = CASE WHEN a.kind <> excluded.kind THEN a.kind ELSE a.before END,
            changed_at = CASE WHEN a.kind <> excluded.kind THEN %(now)s ELSE a.changed_at END
        WHERE (a.kind, a.category) IS DISTINCT FROM (excluded.kind, excluded.category)
    RETURNING xmax = 0 AS added
)
SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added),
    (SELECT count(*) FROM best), (SELECT count(DISTINCT student_id) FROM best) FROM merged
"""


def load_attendance(
    path: Path | str,
    *,
    district: District,
    meaning: Meaning | None = None,
    by: int | None = None,
    schools: Set[int] | None = None,
    dry_run: bool = False,
    source: str = "",
) -> Report:
    """Take in what the file says; ``schools``: only children of these (None: of the whole district).

    Raises UnusableRoster (UnusableFile): then nothing has changed. A day on which the file says nothing of a
    child stays as it was: a file is a part of the truth.
    """
    began = perf_counter()
    known = settings_of(district)
    words = {word: Day(kind) for word, kind in known.words.items()}
    with (
        taken_back(dry_run),
        one_at_a_time(district),
        read(path, meaning, region=district.region, words=words) as file,
    ):
        report = Report(Kind.ATTENDANCE, findings=file.findings)
        children = Children(district, schools)
        copy_in(_CREATE, _COPY, _checked(file, report, children, district))
        children.must_be_ours()
        for line, kept in fetch(_TWICE, {}):
            file.findings.flag(
                file.file,
                line,
                file.date_column,
                f"this day stands in line {kept} as well, which says more",
            )
        [(report.added, report.changed, days, report.students)] = fetch(
            _MERGE, {"district": district.pk, "now": clock.now()}
        )
        report.unchanged = days - report.added - report.changed
        file.findings.tell_the_rest()
        report.unknown = file.unknown
        if not dry_run:
            _remember(district, meaning)
            note(report, district=district, by=by, source=source, began=began)
    report.seconds = perf_counter() - began
    return report


def _remember(district: District, meaning: Meaning | None) -> None:
    """What somebody said of a code holds for the next file, too."""
    if meaning is not None and meaning.words:
        known, _made = ProgressSettings.objects.select_for_update().get_or_create(district=district)
        known.words = {**known.words, **{word: day.value for word, day in meaning.words.items()}}
        known.save(update_fields=["words"])


def _checked(
    file: AttendanceFile, report: Report, children: Children, district: District
) -> Iterator[tuple[object, ...]]:
    today = clock.today(district.timezone)
    first, last = school_year(district, today)
    schools = dict(School.objects.filter(district=district).values_list("sis_id", "pk"))
    closed = set(
        ClosedDay.objects.filter(district=district, school=None).values_list("day", flat=True)
    )
    totals: Counter[str] = Counter()
    reject = file.findings.reject

    def rows() -> Iterator[tuple[object, ...]]:
        for row in file.rows:
            found = children.find(row.student)
            if isinstance(found, str):
                reject(file.file, row.line, file.student_column, found)
                continue
            if not first <= row.day <= last:
                reject(
                    file.file,
                    row.line,
                    file.date_column,
                    "this day is not in the current school year",
                )
                continue
            if row.day > today and row.kind not in NEVER_ASKED:
                reject(file.file, row.line, file.date_column, "this day lies in the future")
                continue
            if row.kind.missed and (row.day.weekday() > 4 or row.day in closed):
                file.findings.flag(
                    file.file, row.line, file.date_column, "there was no school on this day"
                )
            report.rows += 1
            totals[row.kind.value] += 1
            student, school = found
            yield (
                student,
                schools.get(row.school, school),
                row.day,
                row.kind.value,
                row.category,
                Day(row.kind).weight,
                row.line,
            )
        report.totals = {kind.value: totals[kind.value] for kind in Day if totals[kind.value]}

    # What is asked of the database is asked before the rows flow into it.
    return rows()
