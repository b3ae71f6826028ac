"""Staff note that a family agreed to WhatsApp; a browser agrees by itself."""

from bothways.people.models import ContactPoint
from people import Cast
from web.visiting import Visit


def add(everybody: Cast, visit: Visit, kind: str, address: str) -> int:
    form = {"guardian": everybody.alician.pk, "kind": kind, "address": address}
    answer = visit(everybody.office).post(f"/families/{everybody.troys_home.pk}/ways/", form)
    return answer.status_code


def test_number_that_agreed_to_whatsapp_is_kept_and_shown_as_people_write_it(
    everybody: Cast, visit: Visit
) -> None:
    assert add(everybody, visit, "whatsapp", "(512) 555-0177") == 302
    point = everybody.alician.points.get(kind="whatsapp")
    assert (point.address, point.match, point.source) == ("+15125550177", "+15125550177", "local")
    page = visit(everybody.office).get(f"/families/{everybody.troys_home.pk}/").content.decode()
    assert "WhatsApp number (they agreed)" in page
    assert "(512) 555-0177" in page


def test_what_is_no_number_is_not_kept(everybody: Cast, visit: Visit) -> None:
    assert add(everybody, visit, "whatsapp", "alician@example.org") == 422
    assert not ContactPoint.objects.filter(kind="whatsapp").exists()


def test_nobody_can_agree_to_notices_for_a_family(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.office).get(f"/families/{everybody.troys_home.pk}/ways/")
    assert "WhatsApp number (they agreed)" in page.content.decode()
    assert "Notices on a phone" not in page.content.decode()
    assert add(everybody, visit, "push", "0123456789abcdef") == 422


def test_browser_of_a_family_shows_no_key(everybody: Cast, visit: Visit) -> None:
    ContactPoint.objects.create(
        district=everybody.district,
        guardian=everybody.alician,
        kind="push",
        address="a" * 40,
        match="a" * 40,
    )
    page = visit(everybody.office).get(f"/families/{everybody.troys_home.pk}/").content.decode()
    assert "Notices on a phone" in page
    assert "asked for on a family’s page" in page
    assert "a" * 40 not in page
