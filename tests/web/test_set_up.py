"""Set-up: a new installation begins with a link, and an office without IT gets to its first message."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.urls import reverse

from bothways.accounts.beginning import link
from bothways.accounts.enums import Role
from bothways.accounts.models import Membership, User
from bothways.channels.models import CarrierConfig
from bothways.channels.services import configure, values_of
from bothways.outreach.models import PolicyChoice
from bothways.outreach.services.policies import policies_of
from bothways.schools.models import District, School
from bothways.web.signin import begin
from bothways.web.staff import carriers
from bothways.web.staff.first_steps import first_steps
from people import Cast
from web.visiting import Visit

ME = {
    "district": "Cedar Hollow Schools",
    "phone": "(317) 555-0100",
    "timezone": "America/New_York",
    "given": "Peg",
    "family": "O’Brien-Sørensen",
    "email": "Peg@CedarHollow.example",
}


@pytest.fixture(autouse=True)
def _fresh() -> None:
    begin.trying.forget()
    carriers.testing.forget()


class TestBeginning:
    def test_whoever_has_the_link_makes_the_district_and_runs_it(self, db: None) -> None:
        browser = Client()
        there = link()
        assert browser.get(there).status_code == 200
        answer = browser.post(there, ME)
        assert (answer.status_code, answer["Location"]) == (302, reverse("set_up"))
        here = District.objects.get()
        assert (here.name, here.timezone, here.phone) == (
            "Cedar Hollow Schools",
            "America/New_York",
            "(317) 555-0100",
        )
        peg = User.objects.get()
        assert (peg.name, peg.email) == ("Peg O’Brien-Sørensen", "peg@cedarhollow.example")
        assert [m.role for m in peg.roles()] == [Role.DISTRICT_ADMIN]
        assert browser.get(reverse("set_up")).status_code == 200

    def test_it_works_once(self, db: None) -> None:
        there = link()
        Client().post(there, ME)
        second = Client()
        assert second.get(there).status_code == 410
        assert second.post(there, {**ME, "email": "else@example.org"}).status_code == 410
        assert User.objects.count() == 1

    def test_a_forged_or_an_old_link_opens_nothing(self, db: None) -> None:
        there = link()
        assert Client().get(there[:-3] + "xx/").status_code == 410
        other = reverse("begin", kwargs={"token": signing.dumps("begin", salt="something else")})
        assert Client().post(other, ME).status_code == 410
        with time_machine.travel(0, tick=False):
            old = link()
        with time_machine.travel(timedelta(days=8).total_seconds(), tick=False):
            assert Client().get(old).status_code == 410
        assert User.objects.count() == 0

    def test_what_is_wrong_is_said_and_kept(self, db: None) -> None:
        answer = Client().post(
            link(), {**ME, "email": "no address", "given": "\u202e", "timezone": "Mars/Olympus"}
        )
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {"email", "given", "timezone"}
        assert b"Cedar Hollow Schools" in answer.content
        assert District.objects.count() == 0

    def test_a_district_from_a_roster_is_taken_over_not_doubled(self, db: None) -> None:
        District.objects.create(sis_id="99", name="CEDAR HOLLOW SD")
        browser, there = Client(), link()
        assert b"CEDAR HOLLOW SD" in browser.get(there).content
        browser.post(there, ME)
        assert District.objects.get().name == "Cedar Hollow Schools"

    def test_nobody_begins_where_somebody_runs_it(self, everybody: Cast) -> None:
        assert Client().get(link()).status_code == 410


class TestFirstSteps:
    def test_the_next_undone_step_is_the_obvious_one(self, db: None) -> None:
        browser = Client()
        browser.post(link(), ME)
        steps = first_steps(District.objects.get())
        assert [step.done for step in steps] == [False] * 8
        assert [step.first for step in steps] == [True] + [False] * 7
        page = browser.get(reverse("set_up")).content.decode()
        assert "0 of 8 done" in page
        for step in steps:
            assert browser.get(step.url).status_code == 200

    def test_what_is_there_counts_as_done(self, everybody: Cast) -> None:
        configure("smtp", {"host": "127.0.0.1", "from_address": "a@example.org"})
        done = {str(step.what): step.done for step in first_steps(everybody.district)}
        assert done["Load the roster"]
        assert done["Set up email"]
        assert not done["Set up texts"]


class TestCarriers:
    def test_settings_are_kept_and_a_secret_is_never_shown_again(
        self, everybody: Cast, visit: Visit
    ) -> None:
        browser = visit(everybody.admin)
        there = reverse("carrier", kwargs={"name": "twilio"})
        values = {"account_sid": "AC1", "auth_token": "very-secret", "from_number": "+15005550006"}
        assert browser.post(there, values).status_code == 302
        page = browser.get(there).content.decode()
        assert "AC1" in page
        assert "very-secret" not in page
        browser.post(there, {**values, "auth_token": "", "account_sid": "AC2"})
        kept = values_of("twilio")
        assert (kept["account_sid"], kept["auth_token"]) == ("AC2", "very-secret")

    def test_what_is_missing_is_said(self, everybody: Cast, visit: Visit) -> None:
        answer = visit(everybody.admin).post(
            reverse("carrier", kwargs={"name": "twilio"}), {"account_sid": "AC1"}
        )
        assert answer.status_code == 422
        assert CarrierConfig.objects.count() == 0

    def test_where_files_go_on_this_machine_is_not_set_from_a_browser(
        self, everybody: Cast, visit: Visit
    ) -> None:
        browser = visit(everybody.admin)
        there = reverse("carrier", kwargs={"name": "letters"})
        browser.post(there, {"folder": "/etc", "paper": "a4"})
        assert values_of("letters")["folder"] != "/etc"
        assert values_of("letters")["paper"] == "a4"

    def test_a_test_that_cannot_go_says_why(self, everybody: Cast, visit: Visit) -> None:
        configure("smtp", {"host": "127.0.0.1", "port": "1", "from_address": "a@example.org"})
        browser = visit(everybody.admin)
        answer = browser.post(
            reverse("try_carrier", kwargs={"name": "smtp"}),
            {"address": "me@example.org"},
            follow=True,
        )
        assert "did not go out" in answer.content.decode()
        answer = browser.post(
            reverse("try_carrier", kwargs={"name": "smtp"}), {"address": "me"}, follow=True
        )
        assert "not an email address" in answer.content.decode()

    def test_ten_tests_in_ten_minutes_are_enough(self, everybody: Cast, visit: Visit) -> None:
        configure("smtp", {"host": "127.0.0.1", "port": "1", "from_address": "a@example.org"})
        browser = visit(everybody.admin)
        there = reverse("try_carrier", kwargs={"name": "smtp"})
        for _ in range(10):
            browser.post(there, {"address": "me@example.org"})
        answer = browser.post(there, {"address": "me@example.org"}, follow=True)
        assert "Try again in ten minutes" in answer.content.decode()

    def test_another_district_in_the_house_closes_it(self, everybody: Cast, visit: Visit) -> None:
        District.objects.create(sis_id="elsewhere", name="Elsewhere")
        browser = visit(everybody.admin)
        assert b"Several districts" in browser.get(reverse("carriers")).content
        assert browser.get(reverse("carrier", kwargs={"name": "twilio"})).status_code == 403

    def test_no_such_carrier_is_404(self, everybody: Cast, visit: Visit) -> None:
        browser = visit(everybody.admin)
        assert browser.get(reverse("carrier", kwargs={"name": "pigeon"})).status_code == 404
        push = reverse("try_carrier", kwargs={"name": "push"})
        assert browser.post(push, {"address": "x"}).status_code == 404


class TestPolicies:
    def test_what_is_changed_holds_and_what_has_no_field_stays(
        self, everybody: Cast, visit: Visit
    ) -> None:
        browser = visit(everybody.admin)
        there = reverse("policy", kwargs={"purpose": "personal"})
        page = browser.get(there)
        given = {
            name: "" if value is None else value
            for name, value in page.context["form"].initial.items()
        }
        form = page.context["form"]
        given |= {name: "" if (v := form[name].value()) is None else v for name in form.fields}
        before = policies_of(everybody.district)["personal"]
        assert (
            browser.post(there, {**given, "wait_text": "2", "person_visit": ""}).status_code == 302
        )
        after = policies_of(everybody.district)["personal"]
        assert after.waits["text"] == timedelta(hours=2)
        assert {**after.waits, "text": before.waits["text"]} == dict(before.waits)
        assert after.people == tuple(kind for kind in before.people if kind != "visit")
        assert after.tries == before.tries
        browser.post(there, {"what": "ours"})
        assert not PolicyChoice.objects.exists()

    @pytest.mark.parametrize("wrong", ["-1", "nan", "1e999", "99999", "soon", "٣٣٣٣٣"])
    def test_no_number_is_refused_with_its_place(
        self, everybody: Cast, visit: Visit, wrong: str
    ) -> None:
        browser = visit(everybody.admin)
        there = reverse("policy", kwargs={"purpose": "timely"})
        answer = browser.post(there, {"enough": "seen", "wait_text": wrong})
        assert answer.status_code == 422
        assert "wait_text" in answer.context["form"].errors
        assert not PolicyChoice.objects.exists()


class TestDistrict:
    def test_names_and_addresses_are_kept(self, everybody: Cast, visit: Visit) -> None:
        browser = visit(everybody.admin)
        school = School.objects.filter(district=everybody.district).earliest("pk")
        browser.post(
            reverse("school", kwargs={"pk": school.pk}),
            {"address": " 2 Elm St \n\n Grand Bend, TX ", "phone": "5550101", "email": ""},
        )
        school.refresh_from_db()
        assert school.address == "2 Elm St\nGrand Bend, TX"
        browser.post(
            reverse("district"),
            {
                "name": "Grand  Bend\u202e ISD",
                "phone": "",
                "email": "",
                "timezone": "America/Denver",
                "default_language": "es",
            },
        )
        everybody.district.refresh_from_db()
        assert (everybody.district.name, everybody.district.timezone) == (
            "Grand Bend ISD",
            "America/Denver",
        )

    def test_a_school_of_another_district_is_404(self, everybody: Cast, visit: Visit) -> None:
        other = School.objects.create(
            district=District.objects.create(sis_id="x", name="X"), sis_id="y", name="Y"
        )
        browser = visit(everybody.admin)
        assert browser.get(reverse("school", kwargs={"pk": other.pk})).status_code == 404


def test_only_the_district_admin_sets_up(everybody: Cast, visit: Visit) -> None:
    for who in (everybody.principal, everybody.office, everybody.mrs_c):
        for name in ("carriers", "policies", "district"):
            assert visit(who).get(reverse(name)).status_code == 403
    assert Membership.objects.filter(role=Role.DISTRICT_ADMIN).count() == 1
