"""Take in a gradebook; the same file twice changes nothing."""

from collections import Counter
from collections.abc import Iterator, Set
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from django.db import connection

from bothways.core import clock
from bothways.progress.enums import Kind, Work
from bothways.progress.readers.columns import Meaning
from bothways.progress.readers.gradebook import GradebookFile, Piece, read
from bothways.progress.services.taking import (
    Children,
    Report,
    copy_in,
    fetch,
    note,
    one_at_a_time,
    taken_back,
)
from bothways.schools.models import District, Section

_CREATE = """
DROP TABLE IF EXISTS progress_incoming;
CREATE TEMPORARY TABLE progress_incoming (student_id bigint, key text, work text, share numeric,
    line bigint) ON COMMIT DROP
"""
_COPY = "COPY progress_incoming (student_id, key, work, share, line) FROM STDIN"
_CREATE_PIECES = """
DROP TABLE IF EXISTS progress_pieces;
CREATE TEMPORARY TABLE progress_pieces (key text, section_id bigint, course text, title text,
    due_on date) ON COMMIT DROP
"""
_COPY_PIECES = "COPY progress_pieces (key, section_id, course, title, due_on) FROM STDIN"
_MERGE_PIECES = """
INSERT INTO progress_assignment AS a (district_id, key, section_id, course, title, due_on)
SELECT %(district)s, key, section_id, course, title, due_on FROM progress_pieces
ON CONFLICT ON CONSTRAINT assignment_once DO UPDATE
    SET section_id = excluded.section_id, course = excluded.course, title = excluded.title,
        due_on = excluded.due_on
    WHERE (a.section_id, a.course, a.title, a.due_on) IS DISTINCT FROM
        (excluded.section_id, excluded.course, excluded.title, excluded.due_on)
"""
# The last line of a file about the same work counts: what was added later is newer.
_TWICE = """
SELECT line, kept FROM (
    SELECT line, first_value(line) OVER w AS kept, row_number() OVER w AS place FROM progress_incoming
    WINDOW w AS (PARTITION BY student_id, key ORDER BY line DESC)
) x WHERE place > 1 ORDER BY line
"""
_MERGE = """
WITH best AS (
    SELECT DISTINCT ON (student_id, key) * FROM progress_incoming ORDER BY student_id, key, line DESC
), merged AS (
    INSERT INTO progress_result AS r (district_id, student_id, assignment_id, work, share, changed_at)
    SELECT %(district)s, b.student_id, a.id, b.work, b.share, %(now)s FROM best b
    JOIN progress_assignment a ON a.district_id = %(district)s AND a.key = b.key
    ON CONFLICT ON CONSTRAINT result_once DO UPDATE
        SET work = excluded.work, share = excluded.share, changed_at = excluded.changed_at
        WHERE (r.work, r.share) IS DISTINCT FROM (excluded.work, excluded.share)
    RETURNING xmax = 0 AS added
)
SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added),
    (SELECT count(*) FROM best), (SELECT count(DISTINCT student_id) FROM best) FROM merged
"""


def load_gradebook(
    path: Path | str,
    *,
    district: District,
    meaning: Meaning | None = None,
    by: int | None = None,
    schools: Set[int] | None = None,
    dry_run: bool = False,
    source: str = "",
) -> Report:
    """Take in what the file says of each child's work; arguments and errors as in ``load_attendance``."""
    began = perf_counter()
    with (
        taken_back(dry_run),
        one_at_a_time(district),
        read(path, meaning, region=district.region) as file,
    ):
        report = Report(Kind.GRADEBOOK, findings=file.findings)
        children = Children(district, schools)
        pieces: dict[str, Piece] = {}
        copy_in(_CREATE, _COPY, _checked(file, report, children, pieces))
        children.must_be_ours()
        _keep_pieces(district, pieces)
        for line, kept in fetch(_TWICE, {}):
            file.findings.flag(
                file.file, line, "", f"line {kept} is about the same work, and counts"
            )
        [(report.added, report.changed, results, report.students)] = fetch(
            _MERGE, {"district": district.pk, "now": clock.now()}
        )
        report.unchanged = results - report.added - report.changed
        file.findings.tell_the_rest()
        if not dry_run:
            note(report, district=district, by=by, source=source, began=began)
    report.seconds = perf_counter() - began
    return report


def _checked(
    file: GradebookFile, report: Report, children: Children, pieces: dict[str, Piece]
) -> Iterator[tuple[object, ...]]:
    totals: Counter[Work] = Counter()
    for row in file.rows:
        found = children.find(row.student)
        if isinstance(found, str):
            file.findings.reject(row.file, row.line, file.student_column, found)
            continue
        pieces.setdefault(row.piece.key, row.piece)
        report.rows += 1
        totals[row.work] += 1
        share: Decimal | None = row.share
        yield found[0], row.piece.key, row.work.value, share, row.line
    report.totals = {work.value: totals[work] for work in Work if totals[work]}


def _keep_pieces(district: District, pieces: dict[str, Piece]) -> None:
    sections = {
        sis_id: (pk, title)
        for sis_id, pk, title in Section.objects.filter(district=district).values_list(
            "sis_id", "pk", "title"
        )
    }

    def rows() -> Iterator[tuple[object, ...]]:
        for piece in pieces.values():
            section, title = sections.get(piece.section, (None, ""))
            course = piece.course or title or piece.section
            yield piece.key, section, course[:300], piece.title, piece.due

    copy_in(_CREATE_PIECES, _COPY_PIECES, rows())
    with connection.cursor() as cursor:
        cursor.execute(_MERGE_PIECES, {"district": district.pk})
