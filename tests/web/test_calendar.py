"""Calendar and quiet hours, and a family's wishes: what staff keep there holds."""

from datetime import date, time

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bothways.consent.models import Preference, QuietDay, Stop
from bothways.consent.services import stop
from bothways.core import clock
from bothways.schools.models import ClosedDay, District
from people import Cast
from schools.test_calendar_file import FILE
from web.visiting import Visit


def test_the_office_closes_its_own_school_for_some_days(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.office)
    answer = page.post(
        reverse("calendar"),
        {
            "what": "closed",
            "closed-title": "Fall break",
            "closed-first": "2026-10-12",
            "closed-last": "2026-10-13",
            "closed-school": everybody.elementary.pk,
        },
    )
    assert answer.status_code == 302
    assert list(ClosedDay.objects.values_list("day", "school", "title")) == [
        (date(2026, 10, 12), everybody.elementary.pk, "Fall break"),
        (date(2026, 10, 13), everybody.elementary.pk, "Fall break"),
    ]
    assert "Fall break" in page.get(reverse("calendar")).content.decode()


def test_the_office_cannot_close_another_school(everybody: Cast, visit: Visit) -> None:
    answer = visit(everybody.office).post(
        reverse("calendar"),
        {
            "what": "closed",
            "closed-title": "Fall break",
            "closed-first": "2026-10-12",
            "closed-school": everybody.middle.pk,
        },
    )
    assert (answer.status_code, ClosedDay.objects.count()) == (422, 0)


def test_a_day_of_the_whole_district_is_not_a_schools_to_take_off(
    everybody: Cast, visit: Visit
) -> None:
    day = ClosedDay.objects.create(
        district=everybody.district, day=date(2026, 10, 12), title="Storm"
    )
    data = {"what": "reopen", "day": day.pk}
    assert visit(everybody.office).post(reverse("calendar"), data).status_code == 404
    assert visit(everybody.admin).post(reverse("calendar"), data).status_code == 302
    assert ClosedDay.objects.count() == 0


def test_days_come_from_a_file_where_they_were_ticked(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.admin)
    seen = page.post(reverse("calendar_file"), {"file": SimpleUploadedFile("s.ics", FILE)})
    words = seen.content.decode()
    assert 'value="2026-11-26|2026-11-27|Thanksgiving Break - No School" checked' in words
    assert 'value="2026-12-04|2026-12-04|Picture day">' in words
    assert ClosedDay.objects.count() == 0
    kept = page.post(
        reverse("calendar_file"),
        {"step": "keep", "school": "", "event": ["2026-11-26|2026-11-27|Thanksgiving Break"]},
    )
    assert kept.status_code == 302
    again = page.post(
        reverse("calendar_file"),
        {"step": "keep", "school": "", "event": ["2026-11-26|2026-11-27|Thanksgiving Break"]},
    )
    assert again.status_code == 302
    assert list(ClosedDay.objects.values_list("day", flat=True)) == [
        date(2026, 11, 26),
        date(2026, 11, 27),
    ]


def test_what_was_changed_in_between_is_refused(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.admin)
    for value in ("x", "2026-11-26|y|z", "2026-11-26|2029-11-26|z", "2026-11-27|2026-11-26|z", ""):
        answer = page.post(reverse("calendar_file"), {"step": "keep", "event": [value]})
        assert (answer.status_code, ClosedDay.objects.count()) == (422, 0)


def test_a_day_for_families_of_a_language_is_kept_and_taken_back(
    everybody: Cast, visit: Visit
) -> None:
    page = visit(everybody.office)
    page.post(
        reverse("calendar"),
        {
            "what": "quiet",
            "quiet-title": "Eid",
            "quiet-language": "ar",
            "quiet-day": "2027-03-10",
            "quiet-source": "Karim Haddad, in May",
        },
    )
    kept = QuietDay.objects.get()
    assert (kept.language, kept.day, kept.household) == ("ar", date(2027, 3, 10), None)
    page.post(reverse("calendar"), {"what": "free_again", "day": kept.pk})
    assert not QuietDay.objects.exists()


def test_a_date_and_a_weekday_at_once_are_refused_with_a_word(
    everybody: Cast, visit: Visit
) -> None:
    answer = visit(everybody.office).post(
        reverse("calendar"),
        {"what": "quiet", "quiet-title": "?", "quiet-day": "2027-03-10", "quiet-weekday": "4"},
    )
    assert answer.status_code == 422
    assert "one of the two" in answer.content.decode()


def test_the_districts_rules_are_the_admins(everybody: Cast, visit: Visit) -> None:
    data = {
        "what": "hours",
        "hours-quiet_from": "21:00",
        "hours-quiet_until": "08:00",
        "hours-digest_day": "none",
        "hours-digest_at": "16:00",
        "hours-routine_per_week": "2",
        "hours-emergencies_pass_stops": "on",
    }
    assert visit(everybody.principal).post(reverse("calendar"), data).status_code == 404
    assert visit(everybody.admin).post(reverse("calendar"), data).status_code == 302
    district = District.objects.get(pk=everybody.district.pk)
    assert (district.quiet_from, district.digest_day, district.routine_per_week) == (
        time(21),
        None,
        2,
    )
    assert district.emergencies_pass_stops


def test_a_familys_wishes_stand_on_its_page(everybody: Cast, visit: Visit) -> None:
    page = visit(everybody.office)
    answer = page.post(
        reverse("wishes", kwargs={"pk": everybody.troys_home.pk}),
        {
            "digest_day": "5",
            "digest_at": "10:00",
            "quiet_from": "08:00",
            "quiet_until": "14:00",
            "customs": "Call the grandmother first.",
        },
    )
    assert answer.status_code == 302
    wish = Preference.objects.get()
    assert (wish.digest_day, wish.quiet_from, wish.updated_by) == (5, time(8), everybody.office)
    words = page.get(reverse("family", kwargs={"pk": everybody.troys_home.pk})).content.decode()
    assert "Call the grandmother first." in words
    assert "together on Saturday, 10:00" in words


def test_one_hour_without_the_other_is_refused(everybody: Cast, visit: Visit) -> None:
    answer = visit(everybody.office).post(
        reverse("wishes", kwargs={"pk": everybody.troys_home.pk}), {"quiet_from": "08:00"}
    )
    assert answer.status_code == 422
    assert "both a beginning and an end" in answer.content.decode()
    assert not Preference.objects.exists()


def test_our_stop_is_lifted_on_their_word_and_the_carriers_says_what_to_do(
    everybody: Cast, visit: Visit
) -> None:
    point = everybody.alician.points.get(kind="phone")
    for by in Stop.By:
        stop(district=everybody.district, kind="phone", match=point.match, by=by, at=clock.now())
    page = visit(everybody.office)
    path = reverse("start_point", kwargs={"pk": everybody.troys_home.pk, "point": point.pk})
    assert "text START" in page.get(path).content.decode()
    tomorrow = {"guardian": everybody.alician.pk, "asked_on": "2026-09-15"}
    assert page.post(path, tomorrow).status_code == 422
    asked = {"guardian": everybody.alician.pk, "asked_on": "2026-09-14"}
    assert page.post(path, asked).status_code == 302
    assert list(Stop.objects.filter(lifted_at=None).values_list("by", flat=True)) == ["carrier"]
    assert page.post(path, asked).status_code == 200  # nothing of ours is left to lift
    assert Stop.objects.filter(by="carrier", lifted_at=None).exists()
