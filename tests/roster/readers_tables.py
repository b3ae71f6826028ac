"""Small rosters for the tests of the readers: Troy and Alician, Emily and her parents, Mrs. C."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from bothways.roster.readers import open_roster
from bothways.roster.records import Parsed

Tables = dict[str, str]


def twelve() -> Tables:
    """OneRoster 1.2. Troy lives with Alician; Emily with Rosa and Hector; Mrs. C teaches both."""
    return {
        "manifest.csv": "propertyName,value\noneroster.version,1.2\nfile.users,bulk\nfile.orgs,bulk\n",
        "orgs.csv": "sourcedId,status,name,type,parentSourcedId\n"
        "d1,,Grand Bend,district,\n"
        "s1,,Lincoln Elementary,school,d1\n"
        "s2,,Grand Bend High,school,d1\n",
        "academicSessions.csv": "sourcedId,status,title,type,startDate,endDate,parentSourcedId\n"
        "t1,,Fall,semester,2021-08-23,2021-12-17,\n",
        "courses.csv": "sourcedId,status,title\nco1,,Mathematics 5\n",
        "classes.csv": "sourcedId,status,title,grades,courseSourcedId,schoolSourcedId,termSourcedIds\n"
        "c1,,Math with Mrs. C,05,co1,s1,t1\n",
        "users.csv": "sourcedId,status,givenName,familyName,email,sms,phone,agentSourcedIds,grades\n"
        "troy,,Troy,Woods,,,,alician,5\n"
        "emily,,Emily,Ruiz,,,,,KG\n"
        "alician,,Alician,Woods,Alician@Example.com,512-555-0142,,,\n"
        "rosa,,Rosa,Ruiz,,,(512) 555-0143,,\n"
        "hector,,Hector,Ruiz,,,,,\n"
        "mrs-c,,Ana,Castillo,c@school.example,,,,\n",
        "roles.csv": "sourcedId,status,userSourcedId,roleType,role,orgSourcedId\n"
        "r1,,troy,primary,student,s1\n"
        "r2,,emily,primary,student,s1\n"
        "r3,,alician,primary,parent,s1\n"
        "r4,,rosa,primary,guardian,s1\n"
        "r5,,hector,primary,guardian,s1\n"
        "r6,,mrs-c,primary,teacher,s1\n",
        "relationships.csv": "userSourcedId,relationshipUserSourcedId,relationshipRole,metadata.livesWith\n"
        "troy,alician,mother,true\n"
        "emily,rosa,mother,true\n"
        "emily,hector,father,\n",
        "enrollments.csv": "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\n"
        "e1,,c1,troy,student,2021-08-23,\n"
        "e2,,c1,emily,student,,\n"
        "e3,,c1,mrs-c,teacher,,\n",
    }


def eleven() -> Tables:
    """OneRoster 1.1: roles in users.csv, no relationships."""
    return {
        "orgs.csv": "sourcedId,name,type,parentSourcedId\ns1,Lincoln Elementary,school,\n",
        "users.csv": "sourcedId,orgSourcedIds,role,givenName,familyName,agentSourcedIds\n"
        "troy,s1,student,Troy,Woods,alician\n"
        "alician,s1,parent,Alician,Woods,\n",
    }


def write(folder: Path, tables: Mapping[str, str | bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def zipped(path: Path, tables: Mapping[str, str | bytes], within: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in tables.items():
            archive.writestr(within + name, text)
    return path


def read(folder: Path, tables: Mapping[str, str | bytes]) -> Parsed:
    return open_roster(write(folder, tables))


def with_line(table: str, line: str) -> str:
    return table + line + "\n"


def told(parsed: Parsed) -> list[tuple[str, int, str]]:
    """(file, line, column) of every rejection."""
    return [(found.file, found.line, found.column) for found in parsed.rejected]


def noticed(parsed: Parsed) -> list[tuple[str, int, str]]:
    """(file, line, column) of every flag."""
    return [(found.file, found.line, found.column) for found in parsed.flagged]
