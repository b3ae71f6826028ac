import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bothways.roster.readers import (
    Mapping,
    UnusableRoster,
    check_mapping,
    guess_mapping,
    load_mapping,
    mapping_from_json,
    open_roster,
    table_start,
)
from bothways.roster.readers.mapped import split_name
from bothways.roster.records import Address, Link, Parsed, Phone, School, Student
from roster.readers_tables import noticed, told, write

HEADER = (
    "Student ID,Last Name,First Name,Grade,School,DOB,Home Language,Street Address,City,State,Zip,"
    "Guardian 1 First Name,Guardian 1 Last Name,Guardian 1 Relationship,Guardian 1 Cell,"
    "Parent/Guardian 1 Email,Guardian 1 Custody Note,Guardian 2 Name,Guardian 2 Home Phone,Mother's Phone"
)
TROY = (
    "1,Woods,Troy,5,Lincoln Elementary,3/4/2011,spa,80 White Oak,Grand Bend,TX,78834,"
    "Alician,Woods,Mom,512-555-0142,a@x.example,,,,"
)
JADA = (
    "2,Woods,Jada,2,Lincoln Elementary,6/30/2014,spa,80 White Oak,Grand Bend,TX,78834,"
    "ALICIAN,Woods,Mother,,a@x.example,,,,"
)
EMILY = (
    "3,Ruiz,Emily,K,Lincoln Elementary,1/15/2016,,,,,,"
    'Hector,Ruiz,Father,,,no contact,"Ruiz, Rosa",(512) 555-0143,'
)


def table(folder: Path, *rows: str, header: str = HEADER) -> Path:
    return write(folder, {"export.csv": "\n".join((header, *rows)) + "\n"}) / "export.csv"


def guessed(header: str = HEADER) -> Mapping:
    return guess_mapping(header.split(","))


def read(folder: Path, *rows: str, header: str = HEADER) -> Parsed:
    return open_roster(table(folder, *rows, header=header), guessed(header))


def guardian_ids(parsed: Parsed) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for link in parsed.links:
        ids.setdefault(link.student, []).append(link.guardian)
    return ids


def test_a_row_is_a_student_with_guardians(tmp_path: Path) -> None:
    parsed = read(tmp_path, TROY)
    assert parsed.format == "mapped"
    assert parsed.schools == [School("lincoln-elementary", "Lincoln Elementary")]
    assert parsed.students == [
        Student(
            "1",
            "Troy",
            "Woods",
            birth_date=date(2011, 3, 4),
            grade="05",
            school="lincoln-elementary",
            address=Address("80 White Oak", "", "Grand Bend", "TX", "78834"),
            home_language="es",
        )
    ]
    (alician,) = parsed.guardians
    assert (alician.given, alician.family) == ("Alician", "Woods")
    assert alician.phones == (Phone("+15125550142", "", texts=True),)
    assert alician.emails == ("a@x.example",)
    assert parsed.links == [Link("1", alician.id, "mother")]
    assert parsed.modes["student"] == parsed.modes["link"] == "bulk"
    assert parsed.modes["staff"] == parsed.modes["enrollment"] == "absent"


def test_siblings_share_a_mother_by_name_and_email(tmp_path: Path) -> None:
    parsed = read(tmp_path, TROY, JADA)
    assert len(parsed.guardians) == 1
    assert [link.student for link in parsed.links] == ["1", "2"]


def test_an_id_stays_when_siblings_come_go_or_change_places(tmp_path: Path) -> None:
    both = guardian_ids(read(tmp_path / "a", TROY, JADA))
    turned = guardian_ids(read(tmp_path / "b", JADA, TROY))
    alone = guardian_ids(read(tmp_path / "c", TROY))
    assert both["1"] == both["2"] == turned["1"] == turned["2"] == alone["1"]


def test_the_same_name_without_a_common_phone_or_email_is_two_people(tmp_path: Path) -> None:
    other = JADA.replace("a@x.example", "b@x.example")
    ids = guardian_ids(read(tmp_path, TROY, other))
    assert ids["1"] != ids["2"]


def test_a_restricted_adult_is_never_merged(tmp_path: Path) -> None:
    barred = JADA.replace("a@x.example,,", "a@x.example,no contact,")
    parsed = read(tmp_path, TROY, barred)
    ids = guardian_ids(parsed)
    assert ids["1"] != ids["2"]
    assert [link.restriction_text for link in parsed.links] == ["", "no contact"]


def test_a_father_and_grandfather_of_one_name_and_phone_are_two_people(tmp_path: Path) -> None:
    header = "Student ID,Student Name," + ",".join(
        f"Guardian {n} Name,Guardian {n} Phone,Guardian {n} Relation" for n in (1, 2)
    )
    row = "1,Troy Woods,John Woods,512-555-0142,father,John Woods,512-555-0142,grandfather"
    parsed = read(tmp_path, row, header=header)
    assert [link.relation for link in parsed.links] == ["father", "grandfather"]
    assert len({g.id for g in parsed.guardians}) == 2


def test_no_restriction_is_lost_where_a_person_stands_in_two_columns(tmp_path: Path) -> None:
    header = "Student ID,Student Name," + ",".join(
        f"Guardian {n} Name,Guardian {n} ID,Guardian {n} Relation,Guardian {n} Restriction"
        for n in (1, 2)
    )
    row = "1,Troy Woods,John Woods,g1,father,,John Woods,g1,emergency contact,no pickup"
    assert read(tmp_path, row, header=header).links == [
        Link("1", "g1", "father", restriction_text="no pickup")
    ]


def test_people_without_phone_and_email_belong_to_their_student_alone(tmp_path: Path) -> None:
    parsed = read(tmp_path, EMILY, EMILY.replace("3,Ruiz,Emily", "4,Ruiz,Luis"))
    ids = guardian_ids(parsed)
    assert ids["3"][0] != ids["4"][0]  # Hector: no phone, and restricted
    assert ids["3"][1] == ids["4"][1]  # Rosa: the same name and phone
    assert parsed.guardians[1].given == "Rosa"
    assert guardian_ids(read(tmp_path / "again", EMILY))["3"] == ids["3"]


def test_guardians_in_other_slots_keep_their_ids(tmp_path: Path) -> None:
    header = "Student ID,Student Name,Guardian 1 Name,Guardian 2 Name"
    one = read(tmp_path / "a", "1,Troy Woods,Alician Woods,May Woods", header=header)
    two = read(tmp_path / "b", "1,Troy Woods,May Woods,Alician Woods", header=header)
    assert {g.id: g.given for g in one.guardians} == {g.id: g.given for g in two.guardians}


def test_a_student_on_several_rows_gathers_guardians(tmp_path: Path) -> None:
    header = "Student ID,Student Name,Contact Name,Contact Phone,Contact Relationship"
    rows = ("1,Troy Woods,Alician Woods,512-555-0142,mother", "1,Troy Woods,Jo Day,512-555-0150,neighbor",
            "1,Tom Woods,May Woods,,aunt")  # fmt: skip
    parsed = read(tmp_path, *rows, header=header)
    assert [link.relation for link in parsed.links] == ["mother"]
    assert [(c.given, c.relation) for c in parsed.contacts] == [("Jo", "neighbor")]
    assert told(parsed) == [("export.csv", 4, "Student ID")]


def test_ids_in_the_table_are_kept(tmp_path: Path) -> None:
    header = "Student ID,Student Name,Guardian 1 ID,Guardian 1 Name,Guardian 1 Phone"
    rows = (
        "1,Troy Woods,g7,Alician Woods,512-555-0142",
        "2,Jada Woods,g7,Alician Woods,512-555-0199",
    )
    parsed = read(tmp_path, *rows, header=header)
    assert [g.id for g in parsed.guardians] == ["g7"]
    assert [p.number for p in parsed.guardians[0].phones] == ["+15125550142", "+15125550199"]


def test_rows_without_id_and_with_unreadable_cells_are_told(tmp_path: Path) -> None:
    parsed = read(tmp_path, TROY.replace("1,", ",", 1), TROY.replace("3/4/2011", "last spring"))
    assert told(parsed) == [("export.csv", 2, "Student ID")]
    assert ("export.csv", 3, "DOB") in noticed(parsed)


def test_a_part_of_the_students_removes_nobody(tmp_path: Path) -> None:
    plan = {**guessed().to_json(), "part": True, "district": {"id": "d", "name": "Grand Bend"}}
    parsed = open_roster(table(tmp_path, TROY), mapping_from_json(plan))
    assert parsed.modes["student"] == "delta"
    assert parsed.district is not None
    assert parsed.district.name == "Grand Bend"


def test_the_order_of_dates_can_be_said(tmp_path: Path) -> None:
    plan = mapping_from_json({**guessed().to_json(), "dates": "dmy"})
    parsed = open_roster(table(tmp_path, TROY), plan)
    assert parsed.students[0].birth_date == date(2011, 4, 3)
    assert "DOB" not in {column for _, _, column in noticed(parsed)}


def test_a_mapping_file_is_read_and_written_back(tmp_path: Path) -> None:
    file = tmp_path / "mapping.json"
    file.write_text(json.dumps(guessed().to_json()))
    assert load_mapping(file) == guessed()
    parsed = open_roster(table(tmp_path / "t", TROY), file)
    assert [s.id for s in parsed.students] == ["1"]


def test_the_example_in_the_reference_is_a_mapping() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "roster-mapping.md"
    example = page.read_text("utf-8").split("```json")[1].split("```")[0]
    assert len(mapping_from_json(json.loads(example)).guardians) == 3


def test_a_wrong_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    plan = mapping_from_json(
        {
            "student": {"id": "Student ID", "name": "Nmae"},
            "guardians": [{"mobile": "Guardian 1 Cel"}],
        }
    )
    words = check_mapping(plan, HEADER.split(","))
    assert (
        words[1]
        == "mobile of guardian 1: there is no column “Guardian 1 Cel”; the nearest is “Guardian 1 Cell”"
    )
    with pytest.raises(UnusableRoster, match="does not fit export"):
        open_roster(table(tmp_path, TROY), plan)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "an object"),
        ({"student": {"name": "N"}}, "student's id"),
        ({"student": {"id": "I"}}, "student's name"),
        ({"student": {"id": "I", "name": "N", "adress": "A"}}, "“adress” is no field"),
        ({"student": {"id": {"is": "7"}, "name": "N"}}, "cannot be the same for everybody"),
        (
            {"student": {"id": "I", "name": "N"}, "guardians": [{"relation": "R"}]},
            "guardian 1 has neither",
        ),
        ({"student": {"id": "I", "name": 5}}, "name must name a column"),
        ({"student": {"id": "I", "name": "N"}, "dates": "ymd"}, "mdy"),
        ({"student": {"id": "I", "name": "N"}, "extra": 1}, "“extra”"),
        ({"student": {"id": "I", "name": "N"}, "guardians": "G"}, "list of objects"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(data: object, words: str) -> None:
    with pytest.raises(UnusableRoster, match=words):
        mapping_from_json(data)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\xff", '{"student": 1}'])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UnusableRoster):
        load_mapping(tmp_path / "m.json")
    with pytest.raises(UnusableRoster):
        load_mapping(tmp_path / "missing.json")


def test_usual_exports_are_guessed() -> None:
    header = (
        "Student ID,Last Name,First Name,Grade,School,Home Language,Home Phone,Street Address,City,State,Zip,"
        "Guardian 1 First Name,Guardian 1 Last Name,Guardian 1 Cell,Parent/Guardian 1 Email,"
        "Guardian 1 Relationship,Guardian 2 Name,Guardian 2 Work Phone,Guardian 2 Email Address,Mother's Phone,"
        "Emergency Contact 1 Name,Emergency Contact 1 Phone,Custody Alert,Guardian 1 Lives With Student,SSN,"
        "Gender,Homeroom Teacher,DOB,Password"
    )
    assert guessed(header).to_json() == {
        "student": {
            "id": "Student ID",
            "family_name": "Last Name",
            "given_name": "First Name",
            "grade": "Grade",
            "school": "School",
            "home_language": "Home Language",
            "phone": "Home Phone",
            "street": "Street Address",
            "city": "City",
            "state": "State",
            "postal_code": "Zip",
            "restriction": "Custody Alert",
            "birth_date": "DOB",
        },
        "guardians": [
            {
                "given_name": "Guardian 1 First Name",
                "family_name": "Guardian 1 Last Name",
                "mobile": "Guardian 1 Cell",
                "email": "Parent/Guardian 1 Email",
                "relation": "Guardian 1 Relationship",
                "lives_with": "Guardian 1 Lives With Student",
            },
            {
                "name": "Guardian 2 Name",
                "phone": "Guardian 2 Work Phone",
                "email": "Guardian 2 Email Address",
            },
            {"phone": "Mother's Phone", "relation": {"is": "mother"}},
            {
                "name": "Emergency Contact 1 Name",
                "phone": "Emergency Contact 1 Phone",
                "relation": {"is": "emergencyContact"},
            },
        ],
    }


@pytest.mark.parametrize(
    ("title", "guardian", "name"),
    [
        ("P1_LastName", 0, "family_name"),
        ("Guardian1CellPhone", 0, "mobile"),
        ("Contact1First", 0, "given_name"),
        ("Parent First Name 1", 0, "given_name"),
        ("Primary Guardian Name", 0, "name"),
        ("GUARDIAN 1 ZIP CODE", 0, "postal_code"),
        ("Guardian 1 Custody/Court Order", 0, "restriction"),
        ("Guardian 1 Preferred Language", 0, "language"),
        ("Dad Cell #", 0, "mobile"),
    ],
)
def test_other_ways_to_name_a_column(title: str, guardian: int, name: str) -> None:
    found = guess_mapping(
        ["Student Number", "Student Name", title, "Guardian 1 Email", "Father Email"]
    )
    holder = next(fields for fields in found.guardians if name in fields)
    assert holder[name].columns == (title,)
    assert found.student["id"].columns == ("Student Number",)


def test_rows_tell_a_phone_from_a_name() -> None:
    found = guess_mapping(["Student ID", "Student", "Mother"], [["1", "Troy", "512-555-0142"]])
    assert found.guardians[0]["phone"].columns == ("Mother",)


@given(st.lists(st.text(max_size=25), max_size=12))
def test_guessing_never_fails_and_fits_what_it_saw(header: list[str]) -> None:
    words = check_mapping(guess_mapping(header), header)
    assert all("there is no column" not in word for word in words)


def test_the_start_of_a_table_is_for_showing(tmp_path: Path) -> None:
    start = table_start(table(tmp_path, TROY, JADA), rows=1)
    assert (start.file, start.header) == ("export.csv", HEADER.split(","))
    assert [row[0] for row in start.rows] == ["1"]


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Woods, Alician", ("Alician", "Woods")),
        ("Alician Woods", ("Alician", "Woods")),
        ("María de la Cruz", ("María", "de la Cruz")),
        ("John Q. Woods Jr.", ("John Q.", "Woods Jr.")),
        ("Woods Jr., John", ("John", "Woods Jr.")),
        ("Alician", ("Alician", "")),
        ("", ("", "")),
    ],
)
def test_full_names_are_divided(full: str, parts: tuple[str, str]) -> None:
    assert split_name(full) == parts
