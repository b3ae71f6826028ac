from datetime import date
from pathlib import Path

import pytest

from bothways.roster.readers import headers, open_roster
from roster.readers_tables import eleven, noticed, read, told, twelve, write, zipped


def test_misspelt_and_oddly_written_headers_are_found_and_told(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] = (
        "Sourced ID,given_name,FAMILYNAME,prefferedGivenName,dataLastModified,E-Mail\n"
        "troy,Troy,Woods,T,2021-01-01,\nalician,Alician,Woods,Ali,,a@x.example\n"
    )
    parsed = read(tmp_path, tables)
    assert (parsed.students[0].preferred_given, parsed.guardians[0].preferred_given) == ("T", "Ali")
    assert parsed.guardians[0].emails == ("a@x.example",)
    assert [n for n in noticed(parsed) if n[0] == "users.csv" and n[1] == 1] == [
        ("users.csv", 1, "prefferedGivenName")
    ]


def test_reordered_columns_change_nothing(tmp_path: Path) -> None:
    straight = read(tmp_path / "a", eleven())
    tables = eleven()
    tables["users.csv"] = "\n".join(
        ",".join(reversed(line.split(","))) for line in tables["users.csv"].splitlines()
    )
    turned = read(tmp_path / "b", tables)
    assert (turned.students, turned.guardians, turned.links) == (
        straight.students,
        straight.guardians,
        straight.links,
    )


def test_a_header_between_two_candidates_is_not_guessed() -> None:
    columns = headers.Columns(standard={"home_phone": (), "home_phones": ()})
    found = headers.match(["homephonee"], columns)
    assert found.at == {}
    words = "the column “homephonee” could be home_phone or home_phones; it is not read"
    assert found.words == [("homephonee", words)]


def test_two_headers_for_one_column_are_both_left_out() -> None:
    columns = headers.Columns(standard={"givenname": ()})
    found = headers.match(["givenname1", "givennameX"], columns)
    assert found.at == {}
    assert len(found.words) == 1


@pytest.mark.parametrize(
    ("a", "b", "steps"),
    [
        ("preffered", "preferred", 2),
        ("stauts", "status", 1),
        ("role", "role", 0),
        ("agents", "agnets", 1),
    ],
)
def test_distance_counts_slips_of_the_keyboard(a: str, b: str, steps: int) -> None:
    assert headers.distance(a, b, 2) == steps


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_names_survive_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = eleven()["users.csv"].replace("Troy,Woods", "Zoë,Peña")
    parsed = read(tmp_path, {**eleven(), "users.csv": text.encode(encoding)})
    assert (parsed.students[0].given, parsed.students[0].family) == ("Zoë", "Peña")
    assert parsed.guardians[0].given == "Alician"
    assert noticed(parsed)[:1] == ([("users.csv", 1, "")] if encoding == "cp1252" else [])


def test_one_letter_cut_in_half_does_not_spoil_the_others(tmp_path: Path) -> None:
    text = eleven()["users.csv"].replace("Troy,Woods", "Zoë,Nguyễn Peña").encode()
    parsed = read(
        tmp_path, {**eleven(), "users.csv": text.replace(b"Alician,Woods", b"Alici\xc3,Woods")}
    )
    assert parsed.students[0].family == "Nguyễn Peña"
    assert parsed.guardians[0].given == "Alici\ufffd"
    assert ("users.csv", 3, "") in noticed(parsed)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_do_not_matter(
    tmp_path: Path, delimiter: str, newline: str
) -> None:
    tables = {
        name: text.replace(",", delimiter).replace("\n", newline) for name, text in eleven().items()
    }
    parsed = read(tmp_path, tables)
    assert [s.id for s in parsed.students] == ["troy"]
    assert [(g.id, g.line) for g in parsed.guardians] == [("alician", 3)]


def test_lines_are_physical_lines_even_after_quoted_newlines(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] = (
        "sourcedId,givenName,familyName,metadata.street\r\n"
        'troy,Troy,Woods,"80 White\r\nOak\r\nAve"\r\n'
        "\r\n"
        "alician,Alician,Woods,\r\n"
        ",Nobody,,\r\n"
    )
    parsed = read(tmp_path, tables)
    assert parsed.students[0].address.street == "80 White Oak Ave"
    assert (parsed.students[0].line, parsed.guardians[0].line) == (2, 6)
    assert told(parsed)[0] == ("users.csv", 7, "sourcedId")


def test_excels_first_line_and_its_empty_last_lines_are_skipped(tmp_path: Path) -> None:
    tables = eleven()
    tables["users.csv"] = "sep=,\n" + tables["users.csv"] + ",,,,,\n,,,,,\n"
    parsed = read(tmp_path, tables)
    assert [(s.id, s.line) for s in parsed.students] == [("troy", 3)]
    assert parsed.rejected == []


def test_a_row_with_a_stray_comma_is_rejected_not_shifted(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] += "x1,,Smith, Jr.,Bob,,,,,,,\nx2,,Smith, Jr.,Bob,a@x.example,,,,,y\n"
    tables["roles.csv"] += "r9,,x2,primary,guardian,s1\n"
    parsed = read(tmp_path, tables)
    assert ("users.csv", 9, "") in told(parsed)
    assert "x2" not in {g.id for g in parsed.guardians}


def test_a_row_that_ends_early_is_in_and_flagged(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] += "aunt,,May\n"
    tables["relationships.csv"] += "emily,aunt,aunt,\n"
    parsed = read(tmp_path, tables)
    assert parsed.guardians[-1].given == "May"
    assert noticed(parsed) == [("users.csv", 8, "")]


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (("1/05/2023", "6/30/2023"), (date(2023, 1, 5), date(2023, 6, 30))),
        (("1/05/2023", "30/6/2023"), (date(2023, 5, 1), date(2023, 6, 30))),
        (("2023-01-05", "2023-06-30T00:00:00.000Z"), (date(2023, 1, 5), date(2023, 6, 30))),
        (("05.01.2023", "30.06.2023"), (date(2023, 1, 5), date(2023, 6, 30))),
        (("20230105", "Jun 30, 2023"), (date(2023, 1, 5), date(2023, 6, 30))),
    ],
)
def test_one_clear_date_settles_the_order_of_a_file(
    tmp_path: Path, dates: tuple[str, str], order: tuple[date, date]
) -> None:
    tables = twelve()
    tables["academicSessions.csv"] = (
        f'sourcedId,title,type,startDate,endDate\nt1,Fall,term,"{dates[0]}","{dates[1]}"\n'
    )
    parsed = read(tmp_path, tables)
    assert (parsed.terms[0].start, parsed.terms[0].end) == order
    assert noticed(parsed) == []


def test_dates_that_could_be_both_are_read_by_the_regions_habit_and_told_once(
    tmp_path: Path,
) -> None:
    tables = twelve()
    tables["academicSessions.csv"] = (
        "sourcedId,title,type,startDate,endDate\nt1,A,term,1/2/2023,3/4/2023\nt2,B,term,5/6/2023,7/8/2023\n"
    )
    folder = write(tmp_path, tables)
    american, british = open_roster(folder), open_roster(folder, region="GB")
    assert [t.start for t in american.terms] == [date(2023, 1, 2), date(2023, 5, 6)]
    assert [t.start for t in british.terms] == [date(2023, 2, 1), date(2023, 6, 5)]
    for parsed in (american, british):
        of_terms = [flag for flag in noticed(parsed) if flag[0] == "academicSessions.csv"]
        assert of_terms == [("academicSessions.csv", 1, "startDate")]


def test_file_names_may_be_written_in_any_case(tmp_path: Path) -> None:
    tables = eleven()
    tables["Academic_Sessions.CSV"] = (
        "sourcedId,title,type,startDate,endDate\nt1,A,term,2021-01-01,2021-02-01\n"
    )
    tables["USERS.CSV"] = tables.pop("users.csv")
    parsed = read(tmp_path, tables)
    assert len(parsed.terms) == len(parsed.students) == 1


@pytest.mark.parametrize("within", ["", "export 2021/"])
def test_a_zip_is_read_like_its_folder(tmp_path: Path, within: str) -> None:
    folder = read(tmp_path / "folder", twelve())
    junk = {"__MACOSX/._users.csv": b"\x00\x05", "readme.pdf": b"%PDF"}
    packed = open_roster(
        zipped(tmp_path / "r.zip", {**{within + k: v for k, v in twelve().items()}, **junk})
    )
    assert packed == folder


def test_a_folder_inside_the_folder_is_found(tmp_path: Path) -> None:
    write(tmp_path / "export", eleven())
    assert [s.id for s in open_roster(tmp_path).students] == ["troy"]


def test_a_misspelt_manifest_line_still_counts(tmp_path: Path) -> None:
    tables = twelve()
    tables["manifest.csv"] += "fiel.enrollments,delta\n"
    parsed = read(tmp_path, tables)
    assert parsed.modes["enrollment"] == "delta"
    assert noticed(parsed) == [("manifest.csv", 5, "propertyName")]
