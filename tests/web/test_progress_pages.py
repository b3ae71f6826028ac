"""Absences, files and settings in the browser: each act does what its button says."""

from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bothways.core import clock, jobs
from bothways.messaging.models import Conversation, Delivery
from bothways.messaging.services.replies import receive_page
from bothways.progress.models import Attendance, Excuse, ProgressSettings
from bothways.progress.services.notices import tick
from people import Cast
from web.visiting import Visit

HEADER = b"Student ID;Absence date;Code\n"
MONDAY = date(2026, 9, 14)
TEN = datetime(2026, 9, 14, 15, 0, tzinfo=UTC)


def file_of(*rows: str, name: str = "today.csv", header: bytes = HEADER) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, header + "\n".join(rows).encode())


def test_the_office_loads_the_morning_and_reads_what_alician_answers(
    everybody: Cast, visit: Visit
) -> None:
    office = visit(everybody.office)
    admin = visit(everybody.admin)
    settings = {
        "absences": "on", "absences_at": "09:30", "counted": ["unexcused", "unknown"],
        "weekly_day": "4", "weekly_at": "16:00", "accepted_days": "0", "good_weeks": "4",
        "monthly_day": "1", "monthly_at": "16:00", "monthly_from": "3",
    }  # fmt: skip
    assert admin.post("/absences/settings/", settings).status_code == 302
    taken = office.post(
        "/absences/files/attendance/new/",
        {
            "files": file_of(
                f"{everybody.troy.sis_id};9/14/2026;UNX", f"{everybody.emily.sis_id};9/14/2026;EXC"
            )
        },
    )
    preview = office.get(taken["Location"])
    assert preview.context["report"]["added"] == 2
    assert Attendance.objects.count() == 0
    assert office.post(taken["Location"] + "confirm/").status_code == 302
    assert tick(at=TEN) == 1
    delivery = Delivery.objects.get(student=everybody.troy)
    receive_page(delivery, words="He is ill until Thursday", button=None, form_key="k")
    page = office.get("/absences/").content.decode()
    assert "He is ill until Thursday" in page
    assert "Excuse until Thursday, 17 September" in page
    talk = Conversation.objects.get(student=everybody.troy)
    assert talk.owner == everybody.office
    office.post("/absences/excuse/", {"student": everybody.troy.pk, "until": "2026-09-17"})
    found = Excuse.objects.get()
    assert (found.student, found.first, found.last) == (everybody.troy, MONDAY, date(2026, 9, 17))
    assert "Excuse until" not in office.get("/absences/").content.decode()


def test_columns_and_codes_are_said_on_the_page(everybody: Cast, visit: Visit) -> None:
    office = visit(everybody.office)
    content = file_of(f"{everybody.troy.sis_id},QZ,9/14/2026", header=b"Kid,What,When\n")
    place = office.post("/absences/files/attendance/new/", {"files": content})["Location"]
    assert office.post(place).status_code == 422
    columns = {"column-0": "student", "column-1": "category", "column-2": "date"}
    assert office.post(place, columns).status_code == 302
    assert office.get(place).context["report"]["totals"] == {"other": 1}
    assert 'value="QZ"' in office.get(place + "?again=1").content.decode()
    office.post(place + "?again=1", {**columns, "code-1": "QZ", "means-1": "unexcused"})
    assert office.get(place).context["report"]["totals"] == {"unexcused": 1}
    office.post(place + "confirm/")
    assert [(a.student, a.kind) for a in Attendance.objects.all()] == [
        (everybody.troy, "unexcused")
    ]
    # Pressed twice: it is in.
    assert office.post(place + "confirm/")["Location"] == "/absences/files/"


def test_an_office_excuses_only_its_own_children(everybody: Cast, visit: Visit) -> None:
    office = visit(everybody.office)
    form = {"student": everybody.maya.pk, "until": "2026-09-15"}
    assert office.post("/absences/excuse/", form).status_code == 404
    for wrong in ("2026-09-13", "2027-09-13", "Thursday"):
        office.post("/absences/excuse/", {"student": everybody.troy.pk, "until": wrong})
    for nobody in ("", "x", "9" * 30):
        assert office.post("/absences/excuse/", {"student": nobody}).status_code == 404
    assert Excuse.objects.count() == 0


def test_only_who_serves_the_child_reads_how_it_is_doing(everybody: Cast, visit: Visit) -> None:
    for child in (everybody.troy, everybody.maya):
        Attendance.objects.create(
            district=everybody.district,
            student=child,
            day=MONDAY,
            kind="unexcused",
            first_at=clock.now(),
        )
    path = f"/families/{everybody.troys_home.pk}/"
    page = visit(everybody.mrs_c).get(path).content.decode()
    assert "How <bdi>Troy</bdi> is doing" in page
    assert "How <bdi>Maya</bdi> is doing" not in page


def test_a_large_file_waits_for_the_background(
    everybody: Cast, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bothways.web.staff.uploads.SMALL", 1)
    office = visit(everybody.office)
    content = file_of(f"{everybody.troy.sis_id};9/14/2026;UNX")
    place = office.post("/absences/files/attendance/new/", {"files": content})["Location"]
    assert "The file is being read" in office.get(place).content.decode()
    jobs.run_all()
    assert office.get(place).context["report"]["added"] == 1
    office.post(place + "confirm/")
    assert "The file is being taken in" in office.get(place).content.decode()
    jobs.run_all()
    assert Attendance.objects.count() == 1


def test_settings_that_would_ask_nobody_or_too_late_are_refused(
    everybody: Cast, visit: Visit
) -> None:
    settings = {
        "absences": "on", "absences_at": "09:30", "counted": ["unexcused"], "weekly_day": "4",
        "weekly_at": "16:00", "accepted_days": "0", "good_weeks": "4", "monthly_day": "1",
        "monthly_at": "16:00", "monthly_from": "3",
    }  # fmt: skip
    admin = visit(everybody.admin)
    wrong: tuple[dict[str, object], ...] = (
        {"counted": []},
        {"counted": ["excused"]},
        {"absences_at": "18:30"},
        {"monthly_day": "31"},
        {"weekly_day": "9"},
    )
    answers = [admin.post("/absences/settings/", {**settings, **one}).status_code for one in wrong]
    assert answers == [422] * 5
    assert ProgressSettings.objects.count() == 0
