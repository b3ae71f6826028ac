from datetime import date
from pathlib import Path

import pytest

from bothways.roster.records import (
    NO_ADDRESS,
    Address,
    District,
    Enrollment,
    Guardian,
    Link,
    Phone,
    School,
    Section,
    Staff,
    Student,
    Term,
)
from roster.readers_tables import eleven, noticed, read, told, twelve, with_line


def test_a_whole_roster_is_read_record_by_record(tmp_path: Path) -> None:
    parsed = read(tmp_path, twelve())
    assert (parsed.format, parsed.version) == ("oneroster", "1.2")
    assert parsed.district == District("d1", "Grand Bend")
    assert parsed.schools == [
        School("s1", "Lincoln Elementary", "school", "d1"),
        School("s2", "Grand Bend High", "school", "d1"),
    ]
    assert parsed.terms == [Term("t1", "Fall", "semester", date(2021, 8, 23), date(2021, 12, 17))]
    assert parsed.sections == [
        Section("c1", "s1", "Math with Mrs. C", "05", ("t1",), "Mathematics 5")
    ]
    assert parsed.students == [
        Student("troy", "Troy", "Woods", grade="05", school="s1"),
        Student("emily", "Emily", "Ruiz", grade="KG", school="s1"),
    ]
    assert parsed.guardians == [
        Guardian(
            "alician",
            "Alician",
            "Woods",
            emails=("alician@example.com",),
            phones=(Phone("+15125550142", "", texts=True),),
            role="parent",
        ),
        Guardian("rosa", "Rosa", "Ruiz", phones=(Phone("+15125550143"),), role="guardian"),
        Guardian("hector", "Hector", "Ruiz", role="guardian"),
    ]
    assert parsed.links == [
        Link("troy", "alician", "mother", lives_with=True),
        Link("emily", "rosa", "mother", lives_with=True),
        Link("emily", "hector", "father"),
    ]
    assert parsed.staff == [
        Staff("mrs-c", "Ana", "Castillo", emails=("c@school.example",), roles=(("s1", "teacher"),))
    ]
    assert parsed.enrollments == [
        Enrollment("e1", "c1", "troy", "student", date(2021, 8, 23)),
        Enrollment("e2", "c1", "emily", "student"),
        Enrollment("e3", "c1", "mrs-c", "teacher"),
    ]
    assert parsed.rejected == []
    assert parsed.contacts == []


def test_every_record_knows_its_file_and_line(tmp_path: Path) -> None:
    parsed = read(tmp_path, twelve())
    assert [(g.file, g.line) for g in parsed.guardians] == [
        ("users.csv", 4),
        ("users.csv", 5),
        ("users.csv", 6),
    ]
    assert [(link.file, link.line) for link in parsed.links] == [
        ("relationships.csv", 2),
        ("relationships.csv", 3),
        ("relationships.csv", 4),
    ]


def test_one_point_one_has_its_roles_in_users(tmp_path: Path) -> None:
    parsed = read(tmp_path, eleven())
    assert (parsed.format, parsed.version) == ("oneroster", "1.1")
    assert parsed.students == [Student("troy", "Troy", "Woods", school="s1")]
    assert parsed.guardians == [Guardian("alician", "Alician", "Woods", role="parent")]
    assert parsed.links == [Link("troy", "alician", "parent")]


@pytest.mark.parametrize(
    "users",
    [
        "troy,s1,student,Troy,Woods,alician\nalician,s1,parent,Alician,Woods,\n",
        "troy,s1,student,Troy,Woods,\nalician,s1,parent,Alician,Woods,troy\n",
        "troy,s1,student,Troy,Woods,alician\nalician,s1,parent,Alician,Woods,troy\n",
    ],
    ids=["on the student", "on the parent", "on both"],
)
def test_a_link_is_one_link_whoever_names_it(tmp_path: Path, users: str) -> None:
    tables = eleven()
    tables["users.csv"] = tables["users.csv"].splitlines()[0] + "\n" + users
    parsed = read(tmp_path, tables)
    assert parsed.links == [Link("troy", "alician", "parent")]
    assert parsed.rejected == []


def test_a_relationship_may_name_the_guardian_first(tmp_path: Path) -> None:
    tables = twelve()
    tables["relationships.csv"] = (
        "userSourcedId,relationshipUserSourcedId,relationshipRole\nalician,troy,child\nrosa,emily,mother\n"
    )
    parsed = read(tmp_path, tables)
    assert parsed.links == [Link("troy", "alician", "parent"), Link("emily", "rosa", "mother")]


def test_doctors_and_neighbours_are_contact_persons_and_get_no_link(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] += "dr,,Kim,Lee,,,512-555-0150,,\nnext-door,,Jo,Day,,,,,\n"
    tables["relationships.csv"] += "emily,dr,doctor,\nemily,next-door,neighbour,\n"
    parsed = read(tmp_path, tables)
    assert [(c.id, c.student, c.relation) for c in parsed.contacts] == [
        ("dr", "emily", "doctor"),
        ("next-door", "emily", "neighbor"),
    ]
    assert parsed.contacts[0].phones == (Phone("+15125550150"),)
    assert {link.guardian for link in parsed.links} == {"alician", "rosa", "hector"}
    assert {g.id for g in parsed.guardians} == {"alician", "rosa", "hector"}


def test_a_mother_who_is_also_the_emergency_contact_stays_a_mother(tmp_path: Path) -> None:
    for first, second in (("mother", "emergencyContact"), ("emergencyContact", "mother")):
        tables = twelve()
        tables["relationships.csv"] = (
            "userSourcedId,relationshipUserSourcedId,relationshipRole\n"
            f"emily,rosa,{first}\nemily,rosa,{second}\n"
        )
        parsed = read(tmp_path, tables)
        assert Link("emily", "rosa", "mother", emergency_contact=True) in parsed.links
        assert parsed.contacts == []


def test_a_listed_adult_without_any_role_waits_for_a_decision(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] = tables["users.csv"].replace(
        "emily,,Emily,Ruiz,,,,,", "emily,,Emily,Ruiz,,,,x1,"
    )
    tables["users.csv"] += "x1,,Sam,Ruiz,,,,,\n"
    parsed = read(tmp_path, tables)
    assert [(c.id, c.relation) for c in parsed.contacts] == [("x1", "other")]
    assert ("users.csv", 3, "agentSourcedIds") in noticed(parsed)


def test_a_student_gets_no_guardian_rights_over_another(tmp_path: Path) -> None:
    tables = twelve()
    tables["relationships.csv"] += "emily,troy,brother,\n"
    tables["users.csv"] = tables["users.csv"].replace(",alician,5", ',"alician,emily",5')
    parsed = read(tmp_path, tables)
    assert {link.guardian for link in parsed.links} == {"alician", "rosa", "hector"}
    assert [(c.student, c.id) for c in parsed.contacts] == [("emily", "troy")]


def test_students_are_not_their_own_guardian(tmp_path: Path) -> None:
    tables = twelve()
    tables["relationships.csv"] += "troy,troy,guardian,\n"
    tables["users.csv"] = tables["users.csv"].replace("alician,5", "troy,5")
    parsed = read(tmp_path, tables)
    assert told(parsed) == [
        ("relationships.csv", 5, "relationshipUserSourcedId"),
        ("users.csv", 2, "agentSourcedIds"),
    ]


def test_mrs_c_can_be_teacher_and_mother(tmp_path: Path) -> None:
    tables = twelve()
    tables["roles.csv"] += "r7,,mrs-c,secondary,parent,s1\n"
    tables["relationships.csv"] += "troy,mrs-c,mother,\n"
    parsed = read(tmp_path, tables)
    assert [s.id for s in parsed.staff] == ["mrs-c"]
    assert "mrs-c" in {g.id for g in parsed.guardians}
    assert Link("troy", "mrs-c", "mother") in parsed.links


def test_a_parent_who_teaches_is_staff_too_even_where_a_user_has_one_role(tmp_path: Path) -> None:
    tables = eleven()
    tables["classes.csv"] = "sourcedId,title,schoolSourcedId\nc1,Math,s1\n"
    tables["enrollments.csv"] = (
        "sourcedId,classSourcedId,userSourcedId,role\ne1,c1,alician,teacher\n"
    )
    parsed = read(tmp_path, tables)
    assert parsed.staff == [Staff("alician", "Alician", "Woods", roles=(("s1", "teacher"),))]
    assert parsed.enrollments == [Enrollment("e1", "c1", "alician", "teacher")]
    assert noticed(parsed) == [("users.csv", 3, "role")]


def test_a_student_does_not_become_staff_by_an_enrollment(tmp_path: Path) -> None:
    tables = twelve()
    tables["enrollments.csv"] += "e9,,c1,emily,teacher,,\n"
    parsed = read(tmp_path, tables)
    assert told(parsed) == [("enrollments.csv", 5, "role")]
    assert [s.id for s in parsed.staff] == ["mrs-c"]


def test_links_and_seats_of_unknown_people_are_rejected(tmp_path: Path) -> None:
    tables = twelve()
    tables["relationships.csv"] += "emily,nobody,mother,\nghost,rosa,mother,\n"
    tables["enrollments.csv"] += "e9,,c1,ghost,student,,\ne10,,c404,troy,student,,\n"
    parsed = read(tmp_path, tables)
    assert told(parsed) == [
        ("relationships.csv", 5, "relationshipUserSourcedId"),
        ("relationships.csv", 6, "userSourcedId"),
        ("enrollments.csv", 5, "userSourcedId"),
        ("enrollments.csv", 6, "classSourcedId"),
    ]


def test_a_part_of_a_roster_may_name_people_it_does_not_bring(tmp_path: Path) -> None:
    tables = twelve()
    tables["manifest.csv"] = (
        "propertyName,value\nfile.users,delta\nfile.roles,delta\nfile.enrollments,delta\nfile.orgs,absent\n"
    )
    del tables["orgs.csv"], tables["classes.csv"]
    tables["relationships.csv"] += "emily,aunt-of-last-year,aunt,\n"
    tables["enrollments.csv"] += "e9,,class-of-last-year,ghost,student,,\n"
    parsed = read(tmp_path, tables)
    assert parsed.rejected == []
    assert Link("emily", "aunt-of-last-year", "aunt") in parsed.links
    assert Enrollment("e9", "class-of-last-year", "ghost", "student") in parsed.enrollments
    assert parsed.modes["student"] == "delta"
    assert parsed.modes["school"] == "absent"
    # relationships.csv stands in no manifest; beside parts it is taken for a part.
    assert parsed.modes["link"] == "delta"
    assert parsed.schools == []


def test_without_a_manifest_files_are_the_whole_truth_and_missing_ones_say_nothing(
    tmp_path: Path,
) -> None:
    tables = twelve()
    del tables["manifest.csv"], tables["enrollments.csv"], tables["classes.csv"]
    modes = read(tmp_path, tables).modes
    assert modes["student"] == modes["guardian"] == modes["staff"] == modes["link"] == "bulk"
    assert modes["enrollment"] == modes["section"] == modes["birth_date"] == "absent"


def test_what_the_roster_ends_is_listed_and_not_in(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] = tables["users.csv"].replace("hector,,", "hector,tobedeleted,")
    tables["classes.csv"] += "c2,inactive,Old,,,s1,\n"
    tables["enrollments.csv"] += "e9,tobedeleted,c1,emily,student,,\n"
    tables["relationships.csv"] = (
        "userSourcedId,relationshipUserSourcedId,relationshipRole,status\n"
        "troy,alician,mother,tobedeleted\nemily,rosa,mother,active\nemily,hector,father,active\n"
    )
    parsed = read(tmp_path, tables)
    assert parsed.ended == {"user": {"hector"}, "section": {"c2"}, "enrollment": {"e9"}}
    assert parsed.ended_links == {("troy", "alician")}
    assert [(link.student, link.guardian) for link in parsed.links] == [("emily", "rosa")]
    assert parsed.rejected == []  # Hector's link ended with him


def test_a_person_whose_only_role_has_ended_has_ended(tmp_path: Path) -> None:
    tables = twelve()
    tables["roles.csv"] = tables["roles.csv"].replace("r6,,mrs-c", "r6,tobedeleted,mrs-c")
    parsed = read(tmp_path, tables)
    assert parsed.staff == []
    assert parsed.ended == {"user": {"mrs-c"}}


def test_the_same_line_twice_is_nothing_and_another_with_its_id_is_rejected(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] += "troy,,Troy,Woods,,,,alician,5\nemily,,Emilia,Ruiz,,,,,KG\n"
    tables["enrollments.csv"] += "e2,,c1,emily,student,,\ne1,,c1,emily,student,,\n"
    parsed = read(tmp_path, tables)
    assert told(parsed) == [("users.csv", 9, "sourcedId"), ("enrollments.csv", 6, "sourcedId")]
    assert [s.given for s in parsed.students] == ["Troy", "Emily"]
    assert len(parsed.enrollments) == 3


def test_a_record_without_an_id_is_rejected_with_its_line(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] += ",,No,Body,,,,,\n"
    assert told(read(tmp_path, tables)) == [("users.csv", 8, "sourcedId")]


def test_unknown_roles_bring_nobody_in(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] += "x1,,Who,Ever,,,,,\n"
    tables["roles.csv"] += "r9,,x1,primary,wizard,s1\n"
    parsed = read(tmp_path, tables)
    assert told(parsed) == [("roles.csv", 8, "role"), ("users.csv", 8, "role")]
    assert [staff.id for staff in parsed.staff] == ["mrs-c"]
    assert [guardian.id for guardian in parsed.guardians] == ["alician", "rosa", "hector"]


def test_a_guardian_without_a_student_is_in_and_flagged(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] += "aunt,,May,Ruiz,,,,,\n"
    tables["roles.csv"] += "r9,,aunt,primary,relative,s1\n"
    parsed = read(tmp_path, tables)
    assert parsed.guardians[-1] == Guardian("aunt", "May", "Ruiz", role="relative")
    assert noticed(parsed) == [("users.csv", 8, "agentSourcedIds")]


def test_a_student_of_two_schools_has_a_primary_one(tmp_path: Path) -> None:
    tables = twelve()
    tables["roles.csv"] = tables["roles.csv"].replace(
        "r1,,troy,primary,student,s1", "r1,,troy,secondary,student,s1\nr1b,,troy,primary,student,s2"
    )
    troy = read(tmp_path, tables).students[0]
    assert (troy.school, troy.other_schools) == ("s2", ("s1",))


def test_metadata_columns_are_read_with_and_without_prefix_in_any_case(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] = (
        "sourcedId,givenName,familyName,METADATA.Street,metadata.Apt,city,Metadata.ZIP,metadata.state,"
        "metadata.homeLanguage,metadata.canRead\n"
        "troy,Troy,Woods,,,,,,Haitian Creole,\n"
        "alician,Alician,Woods,80 White Oak Ave,3B,Grand Bend,78834,TX,spa,no\n"
    )
    tables["relationships.csv"] = (
        "userSourcedId,relationshipUserSourcedId,relationshipRole,Lives With,METADATA.contactPriority,"
        "primary_contact,metadata.legalGuardian,metadata.contactRestrictions\n"
        "troy,alician,Mom,Y,1st,X,TRUE,may not pick up\n"
    )
    parsed = read(tmp_path, tables)
    alician = parsed.guardians[0]
    assert alician.address == Address("80 White Oak Ave", "3B", "Grand Bend", "TX", "78834")
    assert (alician.speaks, alician.reads, alician.can_read) == ("es", "es", False)
    assert parsed.students[0].home_language == "ht"
    assert parsed.students[0].address == NO_ADDRESS
    assert parsed.links == [
        Link("troy", "alician", "mother", True, True, 1, True, None, "may not pick up")
    ]


def test_an_unreadable_yes_or_no_is_unknown_and_flagged(tmp_path: Path) -> None:
    tables = twelve()
    tables["relationships.csv"] = tables["relationships.csv"].replace(
        "alician,mother,true", "alician,mother,half"
    )
    parsed = read(tmp_path, tables)
    assert parsed.links[0].lives_with is None
    assert noticed(parsed) == [("relationships.csv", 2, "metadata.livesWith")]


def test_no_restriction_is_lost_in_a_repeated_line(tmp_path: Path) -> None:
    tables = twelve()
    tables["relationships.csv"] = (
        "userSourcedId,relationshipUserSourcedId,relationshipRole,metadata.contactRestrictions\n"
        "emily,hector,father,\nemily,hector,guardian,no contact\n"
    )
    parsed = read(tmp_path, tables)
    assert next(link for link in parsed.links if link.guardian == "hector") == Link(
        "emily", "hector", "father", restriction_text="no contact"
    )
    assert told(parsed) == [("relationships.csv", 3, "relationshipUserSourcedId")]


def test_a_restriction_on_the_guardian_holds_for_each_of_their_links(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] = tables["users.csv"].replace(
        "agentSourcedIds,grades", "agentSourcedIds,grades,Court Order"
    )
    tables["users.csv"] = tables["users.csv"].replace(
        "hector,,Hector,Ruiz,,,,,", "hector,,Hector,Ruiz,,,,,,see file"
    )
    parsed = read(tmp_path, tables)
    assert [link.restriction_text for link in parsed.links] == ["", "", "see file"]
    assert ("relationships.csv", 4, "") in noticed(parsed)


def test_a_restriction_that_finds_no_link_is_told(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] = (
        "sourcedId,givenName,familyName,metadata.restriction\n"
        "hector,Hector,Ruiz,no contact\nrosa,Rosa,Ruiz,none\n"
    )
    tables["manifest.csv"] = "propertyName,value\nfile.users,delta\n"
    del tables["relationships.csv"]
    flagged = noticed(read(tmp_path, tables))
    assert ("users.csv", 2, "metadata.restriction") in flagged
    assert ("users.csv", 3, "metadata.restriction") not in flagged


def test_an_alert_on_the_student_is_kept_for_a_person_to_read(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] = tables["users.csv"].replace(
        "agentSourcedIds,grades", "agentSourcedIds,grades,metadata.CustodyAlert"
    )
    tables["users.csv"] = tables["users.csv"].replace(
        "emily,,Emily,Ruiz,,,,,KG", "emily,,Emily,Ruiz,,,,,KG,Father: see office"
    )
    parsed = read(tmp_path, tables)
    assert parsed.students[1].restriction_text == "Father: see office"
    assert ("users.csv", 3, "metadata.CustodyAlert") in noticed(parsed)


def test_school_data_sync_guardians_need_no_role(tmp_path: Path) -> None:
    parsed = read(
        tmp_path,
        {
            "orgs.csv": "sourcedId,name,type,parentSourcedId\nd,Region,localAuthority,\ns1,Lincoln,school,d\n"
            "dep,Science,department,s1\n",
            "users.csv": "sourcedId,username,givenName,familyName,password,email,phone,sms\n"
            "1,t@x.example,Troy,Woods,P@ss,,,\n"
            "2,a@x.example,Alician,Woods,P@ss,a@home.example,+15125550142,+15125550142\n"
            "3,c@x.example,Ana,Castillo,P@ss,,,\n",
            "roles.csv": "userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary\n"
            "1,s1,student,,10,TRUE\n3,dep,professor,,,TRUE\n",
            "relationships.csv": "userSourcedId,relationshipUserSourcedId,relationshipRole\n1,2,relative\n",
            "classes.csv": "sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId\nc,s1,Bio,,\n",
            "enrollments.csv": "classSourcedId,userSourcedId,role\nc,1,student\nc,1,student\nc,3,professor\n",
        },
    )
    assert (parsed.format, parsed.version) == ("sds", "2.1")
    assert parsed.district == District("d", "Region")
    assert parsed.students == [Student("1", "Troy", "Woods", grade="10", school="s1")]
    assert parsed.guardians == [
        Guardian(
            "2",
            "Alician",
            "Woods",
            emails=("a@home.example",),
            phones=(Phone("+15125550142", "", True),),
        )
    ]
    assert parsed.links == [Link("1", "2", "relative")]
    assert parsed.staff == [
        Staff("3", "Ana", "Castillo", emails=("c@x.example",), roles=(("dep", "professor"),))
    ]
    assert [(e.id, e.user) for e in parsed.enrollments] == [("", "1"), ("", "3")]
    assert "P@ss" not in repr(parsed)


def test_without_orgs_schools_are_called_by_their_ids(tmp_path: Path) -> None:
    tables = eleven()
    del tables["orgs.csv"]
    parsed = read(tmp_path, tables)
    assert parsed.schools == [School("s1", "s1")]
    assert noticed(parsed) == [("orgs.csv", 1, "")]


def test_birth_dates_come_from_demographics_and_nothing_else_does(tmp_path: Path) -> None:
    tables = twelve()
    tables["demographics.csv"] = "sourcedId,birthDate,sex,asian\ntroy,2011-03-04,male,true\n"
    parsed = read(tmp_path, tables)
    assert [s.birth_date for s in parsed.students] == [date(2011, 3, 4), None]
    assert parsed.modes["birth_date"] == "bulk"


def test_an_id_that_is_ended_and_current_is_current(tmp_path: Path) -> None:
    tables = twelve()
    tables["users.csv"] = with_line(tables["users.csv"], "troy,tobedeleted,,,,,,,")
    parsed = read(tmp_path, tables)
    assert "troy" in {s.id for s in parsed.students}
    assert parsed.ended == {}
