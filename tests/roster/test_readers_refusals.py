"""Whatever is no roster: one sentence, nothing else."""

import random
import struct
import zipfile
from pathlib import Path

import pytest

from bothways.roster.readers import Limits, UnusableRoster, open_roster
from roster.readers_tables import eleven, twelve, write, zipped


def refusal(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(UnusableRoster) as caught:
        open_roster(path, limits=limits)
    words = str(caught.value)
    assert words
    assert "\n" not in words
    return words


def test_nothing_there(tmp_path: Path) -> None:
    assert "nothing at" in refusal(tmp_path / "missing")


def test_an_empty_folder(tmp_path: Path) -> None:
    assert "is empty" in refusal(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "r.zip").write_bytes(b"")
    assert "is empty" in refusal(tmp_path / "r.zip")


def test_a_folder_of_other_files(tmp_path: Path) -> None:
    assert "no CSV file" in refusal(write(tmp_path, {"letter.docx": "PK"}))


def test_tables_that_are_no_roster(tmp_path: Path) -> None:
    assert "users.csv" in refusal(write(tmp_path, {"a.csv": "x,y\n1,2\n", "b.csv": "x\n"}))


def test_a_single_table_asks_for_a_mapping(tmp_path: Path) -> None:
    folder = write(tmp_path, {"export.csv": "Student ID,Name\n1,Troy\n"})
    assert "--mapping" in refusal(folder / "export.csv")


def test_one_table_of_a_roster_asks_for_the_others(tmp_path: Path) -> None:
    assert "Name the folder" in refusal(write(tmp_path, twelve()) / "users.csv")


def test_a_roster_of_nobody(tmp_path: Path) -> None:
    for users in ("", "sourcedId,role\n", "sourcedId,role\n,student\n"):
        assert "nobody in users.csv" in refusal(write(tmp_path, {**eleven(), "users.csv": users}))


def test_school_data_sync_one_is_named(tmp_path: Path) -> None:
    assert "version 1" in refusal(write(tmp_path, {"School.csv": "x\n", "Student.csv": "x\n"}))


def test_users_without_an_id_column(tmp_path: Path) -> None:
    assert "no column “id”" in refusal(write(tmp_path, {**eleven(), "users.csv": "name\nTroy\n"}))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_nul_byte_is_named_with_its_line(tmp_path: Path, encoding: str) -> None:
    text = eleven()["users.csv"].replace("Alician", "Ali\0cian").encode(encoding)
    words = refusal(write(tmp_path, {**eleven(), "users.csv": text}))
    assert "users.csv has a NUL byte in line 3" in words


def test_a_row_of_two_hundred_columns_is_named_with_its_line(tmp_path: Path) -> None:
    users = eleven()["users.csv"] + ",".join(map(str, range(200))) + "\n"
    words = refusal(write(tmp_path, {**eleven(), "users.csv": users}))
    assert "users.csv has 200 values in line 4" in words


def test_a_file_of_broken_rows(tmp_path: Path) -> None:
    users = eleven()["users.csv"] + "a,b,c,d,e,f,g,h\n" * 20
    assert "more values than its header" in refusal(
        write(tmp_path, {**eleven(), "users.csv": users})
    )


@pytest.mark.parametrize("tail", ["", "x,s1,parent,A,B,\n" * 300, "x" * 200_000 + "\n"])
def test_a_quote_that_is_never_closed_is_named_with_its_line(tmp_path: Path, tail: str) -> None:
    users = eleven()["users.csv"] + 'rosa,s1,parent,"Rosa,Ruiz,\n' + tail
    words = refusal(write(tmp_path, {**eleven(), "users.csv": users}))
    assert "quotation mark in line 4" in words


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"PK\x03\x04", "Excel"),
        (b"\xd0\xcf\x11\xe0", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b", "packed"),
    ],
)
def test_other_formats_called_csv_are_named(tmp_path: Path, start: bytes, what: str) -> None:
    assert what in refusal(write(tmp_path, {**eleven(), "users.csv": start + bytes(range(256))}))


def test_an_excel_workbook_asks_for_csv(tmp_path: Path) -> None:
    book = zipped(
        tmp_path / "roster.xlsx", {"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}
    )
    assert "Excel workbook" in refusal(book)


def test_a_line_without_end(tmp_path: Path) -> None:
    assert "million characters" in refusal(write(tmp_path, {"users.csv": b"x" * (3 << 20)}))


def test_a_bomb_is_found_while_it_unpacks_whatever_it_says_of_itself(tmp_path: Path) -> None:
    users = eleven()["users.csv"] + ("0" * 99 + "\n") * 300_000
    path = zipped(tmp_path / "bomb.zip", {"users.csv": users})
    assert "zip bomb" in refusal(path)
    data = bytearray(path.read_bytes())
    for size_at in (data.index(b"PK\x03\x04") + 22, data.index(b"PK\x01\x02") + 24):
        data[size_at : size_at + 4] = struct.pack("<I", 100)  # "unpacks to 100 bytes"
    path.write_bytes(data)
    refusal(path)


def test_a_zip_larger_than_any_roster(tmp_path: Path) -> None:
    path = zipped(tmp_path / "r.zip", twelve())
    assert "more than" in refusal(path, Limits(total=500))


def test_a_folder_larger_than_any_roster(tmp_path: Path) -> None:
    assert "larger than any roster" in refusal(write(tmp_path, twelve()), Limits(total=500))


def test_a_zip_of_many_thousand_files(tmp_path: Path) -> None:
    path = zipped(tmp_path / "r.zip", {f"{n}.csv": "" for n in range(30)})
    assert "lists 30 files" in refusal(path, Limits(members=20))
    many = tmp_path / "many.zip"
    with zipfile.ZipFile(many, "w") as archive:
        for n in range(25_000):
            archive.writestr(f"{n:040}/{n:040}.csv", "")
    assert "far too many files" in refusal(many)


@pytest.mark.parametrize(
    "name",
    ["../users.csv", "/etc/users.csv", "a/../../users.csv", "C:\\users.csv", "..\\users.csv"],
)
def test_names_that_point_outside(tmp_path: Path, name: str) -> None:
    assert "outside" in refusal(zipped(tmp_path / "r.zip", {name: "x", **eleven()}))


def test_a_zip_in_a_folder_in_a_folder(tmp_path: Path) -> None:
    assert "too deep" in refusal(zipped(tmp_path / "r.zip", eleven(), within="a/b/"))


def test_two_rosters_in_one_zip(tmp_path: Path) -> None:
    both = {
        **{"a/" + k: v for k, v in eleven().items()},
        **{"b/" + k: v for k, v in eleven().items()},
    }
    assert "more than one folder" in refusal(zipped(tmp_path / "r.zip", both))


def test_two_files_for_one_table(tmp_path: Path) -> None:
    assert "two files" in refusal(zipped(tmp_path / "r.zip", {**eleven(), "Users.CSV": "x"}))


def test_a_zip_with_a_password(tmp_path: Path) -> None:
    path = zipped(tmp_path / "r.zip", eleven())
    data = bytearray(path.read_bytes())
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := data.find(signature, start)) >= 0:
            data[start + flags_at] |= 1
            start += 4
    path.write_bytes(data)
    assert "password" in refusal(path)


def test_a_zip_packed_in_an_unusual_way(tmp_path: Path) -> None:
    path = tmp_path / "r.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("users.csv", eleven()["users.csv"])
    assert "unusual" in refusal(path)


def test_a_broken_zip(tmp_path: Path) -> None:
    path = zipped(tmp_path / "r.zip", twelve())
    whole = path.read_bytes()
    for keep in (5, 100, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:keep])
        assert "broken" in refusal(path)
    damaged = bytearray(whole)
    at = whole.index(b"users.csv") + 12
    damaged[at : at + 40] = random.Random(5).randbytes(40)
    path.write_bytes(damaged)
    assert "damaged" in refusal(path)


def test_a_device_is_no_roster() -> None:
    assert "no folder, zip or CSV" in refusal(Path("/dev/zero"))


def test_a_path_with_a_nul_byte() -> None:
    refusal(Path("a\0b"))
