"""The demo district: a made-up small town, its families and schools, the same for the same seed."""

from pathlib import Path

from bothways.commands.demo_district.families import GRADES, District
from bothways.commands.demo_district.files import write, write_json
from bothways.commands.demo_district.scenes import stage
from bothways.commands.demo_district.schools import hire, seat
from bothways.commands.demo_district.town import overlay, town

STUDENTS_IN_A_GRADE = 46


def generate(folder: Path, seed: int = 1) -> None:
    """Write the roster (OneRoster 1.2), ``overlay.json`` and ``town.json`` into the folder.

    About 600 students; byte for byte the same for the same seed. Everybody in it is made up:
    telephone numbers are those set aside for fiction, mailboxes lie in example domains.
    """
    district = District(seed)
    cast = stage(district)
    room = dict.fromkeys(range(GRADES), STUDENTS_IN_A_GRADE)
    for student in district.students:
        room[student.grade] -= 1
    while any(left > 0 for left in room.values()):
        district.family(room)
    hire(district)
    sections = seat(district)
    write(folder, district, sections)
    write_json(folder / "overlay.json", overlay(district, cast))
    write_json(folder / "town.json", town(district, cast, seed))
