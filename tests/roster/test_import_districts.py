"""Nobody loads a file into the wrong district."""

from dataclasses import replace

import pytest

from bothways.people.models import Student
from bothways.roster.readers import UnusableRoster
from bothways.roster.records import District, Parsed, School
from bothways.roster.records import Student as StudentRecord
from bothways.schools.models import District as DistrictRow
from roster.written import load, town

pytestmark = pytest.mark.django_db


def elsewhere() -> Parsed:
    parsed = town()
    parsed.district = District("d2", "Shelby ISD")
    return parsed


def test_a_roster_of_another_district_is_refused_in_words() -> None:
    load(town())
    with pytest.raises(UnusableRoster, match="Shelby ISD; installed here is Springfield ISD"):
        load(elsewhere())
    assert DistrictRow.objects.count() == 1


def test_a_second_district_is_made_when_that_is_said() -> None:
    load(town())
    load(elsewhere(), new_district=True)
    assert list(DistrictRow.objects.order_by("pk").values_list("name", flat=True)) == [
        "Springfield ISD",
        "Shelby ISD",
    ]


def test_a_school_without_district_becomes_one_of_its_name() -> None:
    parsed = town()
    parsed.district = None
    load(parsed)
    row = DistrictRow.objects.get()
    assert (row.sis_id, row.name, row.timezone) == ("district", "Lincoln Middle", "America/Chicago")
    load(parsed)
    assert DistrictRow.objects.count() == 1


def test_a_file_without_district_goes_to_the_one_whose_school_it_names() -> None:
    load(town())
    parsed = town()
    parsed.district = None
    assert load(parsed).added == 0
    parsed.schools = [School("hill", "Hill Elementary")]
    with pytest.raises(UnusableRoster):
        load(parsed)


def test_a_district_named_later_is_the_same_one() -> None:
    parsed = town()
    parsed.district = None
    load(parsed)
    assert load(town()).added == 0
    assert DistrictRow.objects.get().sis_id == "d1"


def test_a_time_zone_is_kept_and_a_wrong_one_refused() -> None:
    load(town(), timezone="America/New_York")
    load(town())
    assert DistrictRow.objects.get().timezone == "America/New_York"
    with pytest.raises(UnusableRoster, match="no time zone"):
        load(town(), timezone="Springfield")


def test_the_same_person_in_two_districts_is_two_rows() -> None:
    load(town())
    parsed = elsewhere()
    parsed.students.append(StudentRecord("nia", "Nia", "Jones", school="lincoln"))
    parsed.links.append(replace(parsed.links[0], student="nia"))
    report = load(parsed, new_district=True)
    assert (report.students, report.guardians, report.households) == (3, 3, 2)
    assert Student.objects.filter(sis_id="troy").count() == 2
