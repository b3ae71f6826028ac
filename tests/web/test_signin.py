"""Staff come in by a code or by a link from the school's own machine; nobody else does."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from click.testing import CliRunner
from django.core import mail
from django.test import Client

from bothways.accounts.links import make, read
from people import Cast


def _who(client: Client) -> object:
    return client.session.get("_auth_user_id")


def test_a_code_by_email_signs_in(everybody: Cast, client: Client) -> None:
    answer = client.post("/sign-in/", {"email": everybody.mrs_c.email})
    assert answer.status_code == 302
    words = str(mail.outbox[0].body)
    found = re.search(r"^\s+(\S{6,})$", words, re.MULTILINE)
    assert found is not None
    client.post("/sign-in/code/", {"code": found[1]})
    assert _who(client) == str(everybody.mrs_c.pk)


def test_a_wrong_code_says_so_and_signs_nobody_in(everybody: Cast, client: Client) -> None:
    client.post("/sign-in/", {"email": everybody.mrs_c.email})
    answer = client.post("/sign-in/code/", {"code": "WRONG1"})
    assert 'class="wrong"' in answer.content.decode()
    assert _who(client) is None


def test_an_unknown_address_gets_the_same_page_and_no_mail(everybody: Cast, client: Client) -> None:
    known = client.post("/sign-in/", {"email": everybody.mrs_c.email})
    stranger = Client().post("/sign-in/", {"email": "nobody@example.org"})
    assert (stranger.status_code, stranger["Location"]) == (known.status_code, known["Location"])
    assert [m.to for m in mail.outbox] == [[everybody.mrs_c.email]]


def test_codes_cannot_be_asked_for_without_end(everybody: Cast) -> None:
    answers = [Client().post("/sign-in/", {"email": everybody.mrs_c.email}) for _ in range(4)]
    assert [a.status_code for a in answers] == [302, 302, 302, 200]
    assert "Wait a few minutes" in answers[-1].content.decode()
    assert len(mail.outbox) == 3


def test_a_link_shows_a_button_and_signs_in_once(everybody: Cast, client: Client) -> None:
    path = make(everybody.office)
    assert "Sign in as Ken Staff?" in client.get(path).content.decode()
    assert _who(client) is None
    client.post(path)
    assert _who(client) == str(everybody.office.pk)
    other = Client()
    assert other.post(path).status_code == 410
    assert _who(other) is None


def test_a_link_ends_after_a_quarter_of_an_hour_of_real_time(everybody: Cast) -> None:
    begun = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
    with time_machine.travel(begun, tick=False) as clock:
        token = make(everybody.office).split("/")[-2]
        clock.shift(timedelta(minutes=14))
        assert read(token) == everybody.office
        clock.shift(timedelta(minutes=2))
        assert read(token) is None


def test_in_a_demonstration_a_link_may_be_used_again(
    everybody: Cast, settings: pytest.FixtureRequest
) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    path = make(everybody.office)
    assert [Client().post(path).status_code for _ in range(2)] == [302, 302]


def test_a_link_for_somebody_who_left_opens_nothing(everybody: Cast) -> None:
    path = make(everybody.office)
    everybody.office.is_active = False
    everybody.office.save()
    assert Client().post(path).status_code == 410


def test_signing_out_takes_a_post(everybody: Cast, client: Client) -> None:
    client.force_login(everybody.office)
    client.get("/sign-in/out/")
    assert _who(client) == str(everybody.office.pk)
    client.post("/sign-in/out/")
    assert _who(client) is None


@pytest.mark.django_db(transaction=True)
def test_the_command_refuses_an_address_that_nobody_has(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bothways.commands.sign_in import sign_in

    monkeypatch.setenv("BOTHWAYS_HOME", f"{tmp_path}/home")
    monkeypatch.setattr("bothways.commands.installation.bring_up_to_date", lambda: None)
    monkeypatch.setattr("bothways.commands.installation._close_connections", lambda: None)
    result = CliRunner().invoke(sign_in, ["nobody@example.org"])
    assert result.exit_code == 2
    assert "Nobody here signs in with nobody@example.org" in result.output
