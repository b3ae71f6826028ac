"""A roster is shown before it is imported, and its files do not lie about."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bothways.core.home import bothways_home
from bothways.people.models import Student
from bothways.roster.models import ImportRun
from bothways.schools.models import District
from people import Cast
from web.visiting import Visit

TABLE = (
    "Student ID,First Name,Last Name,Grade,School,Guardian 1 Name,Guardian 1 Cell\n"
    "9001,Amina,Yusuf,5,Lincoln Elementary,Fadumo Yusuf,(312) 555-0166\n"
    "9002,Ben,Ortiz,5,Lincoln Elementary,Rosa Ortiz,(312) 555-0167\n"
)


def _upload(client: Client, content: str | bytes = TABLE, name: str = "export.csv") -> str:
    data = content.encode() if isinstance(content, str) else content
    answer = client.post("/roster/upload/", {"files": SimpleUploadedFile(name, data)})
    return str(answer["Location"])


def _uploads() -> list[Path]:
    place = bothways_home() / "uploads"
    return list(place.iterdir()) if place.exists() else []


@pytest.fixture
def admin(everybody: Cast, visit: Visit) -> Client:
    return visit(everybody.admin)


def _choices(client: Client, place: str, **more: str) -> dict[str, str]:
    columns = client.get(place).context["columns"]
    return {f"column-{c['place']}": c["choice"] for c in columns} | {"part": "1"} | more


def test_a_table_is_guessed_shown_and_imported(admin: Client) -> None:
    place = _upload(admin)
    choices = _choices(admin, place)
    assert choices["column-0"] == "s.id"
    assert choices["column-6"] == "g1.mobile"
    admin.post(place, choices)
    preview = admin.get(place)
    assert preview.context["report"]["added"] > 0
    assert not Student.objects.filter(given="Amina").exists()
    admin.post(f"{place}confirm/")
    assert Student.objects.filter(given="Amina", district__name="Grand Bend").count() == 1
    assert ImportRun.objects.get().source == "export.csv"
    assert _uploads() == []


def test_confirming_twice_is_confirming_once(admin: Client) -> None:
    place = _upload(admin)
    admin.post(place, _choices(admin, place))
    assert [admin.post(f"{place}confirm/").status_code for _ in range(2)] == [302, 302]
    assert ImportRun.objects.count() == 1


def test_a_mapping_that_lacks_the_id_says_so(admin: Client) -> None:
    place = _upload(admin)
    answer = admin.post(place, _choices(admin, place) | {"column-0": ""})
    assert answer.status_code == 422
    assert "student&#x27;s id" in answer.content.decode()


def test_a_whole_roster_without_most_students_needs_a_tick(admin: Client) -> None:
    place = _upload(admin)
    admin.post(place, _choices(admin, place) | {"part": ""})
    before = Student.objects.live().count()
    page = admin.get(place)
    assert len(page.context["upload"].losses) > 0
    admin.post(f"{place}confirm/")
    assert Student.objects.live().count() == before
    admin.post(f"{place}confirm/", {"allow": "1"})
    assert {s.given for s in Student.objects.live()} == {"Amina", "Ben"}


def test_discarding_leaves_no_file(admin: Client) -> None:
    place = _upload(admin)
    assert len(_uploads()) == 1
    admin.post(f"{place}discard/")
    assert _uploads() == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.csv", b"\x89PNG\r\n\x1a\n\x00\x00"),
        ("roster.zip", b"PK\x03\x04 not really"),
        ("empty.csv", b""),
    ],
)
def test_what_is_no_roster_is_refused_in_one_sentence(
    admin: Client, name: str, content: bytes
) -> None:
    place = _upload(admin, content, name)
    answer = admin.get(place)
    assert answer.status_code in (200, 422, 404)
    assert Student.objects.filter(given="Amina").count() == 0


def test_nothing_chosen_is_said(admin: Client) -> None:
    answer = admin.post("/roster/upload/", follow=True)
    assert "Choose a file first." in answer.content.decode()


def test_a_file_name_never_becomes_a_path(admin: Client) -> None:
    place = _upload(admin, TABLE, "..\\..\\etc\\passwd.csv")
    (folder,) = _uploads()
    assert [p.name for p in (folder / "files").iterdir()] == ["passwd.csv"]
    assert admin.get(place).status_code == 200


def test_another_persons_upload_is_not_there(everybody: Cast, visit: Visit, admin: Client) -> None:
    from bothways.accounts.enums import Role
    from people import staff

    place = _upload(admin)
    other = staff("Omar", Role.DISTRICT_ADMIN, everybody.district)
    assert visit(other).get(place).status_code == 404


def test_a_table_goes_into_the_district_of_whoever_loads_it(everybody: Cast, admin: Client) -> None:
    District.objects.create(sis_id="district", name="Next Door")
    place = _upload(admin)
    admin.post(place, _choices(admin, place))
    admin.post(f"{place}confirm/")
    assert Student.objects.get(given="Amina").district == everybody.district


def test_a_roster_of_the_neighbouring_district_is_refused(admin: Client) -> None:
    District.objects.create(sis_id="999", name="Next Door")
    place = _upload(admin, _oneroster(district="999"), "roster.zip")
    answer = admin.get(place)
    assert answer.status_code == 422
    assert "This roster is not of your district." in answer.content.decode()


def _oneroster(district: str) -> bytes:
    """The smallest roster that names its district."""
    orgs = (
        "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
        f"{district},active,2026-09-01,Next Door,district,,\n"
        f"s1,active,2026-09-01,Far School,school,,{district}\n"
    )
    users = (
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,"
        "familyName\nst1,active,2026-09-01,true,s1,student,x,Amina,Yusuf\n"
    )
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("orgs.csv", orgs)
        archive.writestr("users.csv", users)
    return packed.getvalue()


def test_a_large_roster_waits_on_a_page_that_looks_again(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bothways.core import jobs
    from bothways.web.staff import uploads
    from bothways.web.tasks import import_roster, try_roster

    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(uploads, "SMALL", 10)
    monkeypatch.setattr(
        jobs, "enqueue", lambda name, **values: asked.append((name, values["upload"]))
    )
    place = _upload(admin)
    key = place.split("/")[-2]
    admin.post(place, _choices(admin, place))
    assert 'http-equiv="refresh"' in admin.get(place).content.decode()
    try_roster(upload=key)
    assert admin.get(place).context["report"]["added"] > 0
    admin.post(f"{place}confirm/")
    import_roster(upload=key)
    assert asked == [("web.try_roster", key), ("web.import_roster", key)]
    assert Student.objects.filter(given="Amina").exists()
