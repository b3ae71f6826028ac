"""Absences, files and settings in the browser: each act does what its button says."""

from datetime import date, datetime, UTC

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bothways.core import clock, jobs
from bothways.messaging.models import Conversation, Delivery
from bothways.messaging.services.replies import receive_page
from bothways.people.enums import RestrictionKind
from bothways.people.models import Student
from bothways.progress.models import Attendance, Excuse, ProgressSettings, Told
from bothways.progress.services.notices import tick
from people import Cast, bar
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
        {"files": file_of(f"{everybody.troy.sis_id};9/14/2026;UNX", f"{everybody.emily.sis_id};9/14/2026;EXC")},
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
