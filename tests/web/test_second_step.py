"""A second step: asked of whom, set up how, and the way back for whoever lost it."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from pytest_django.fixtures import Settings

from bothways.accounts.links import make
from bothways.accounts.models import User
from bothways.audit.models import Entry
from people import Cast
from web.visiting import Visit


def _code(secret: str, ahead: int = 0) -> str:
    """What an app shows (RFC 6238), so many half minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead)))


def _set_up(client: Client) -> tuple[str, list[str]]:
    """The app's key, and the recovery codes that were shown."""
    words = client.get("/sign-in/account/app/").content.decode()
    found = re.search(r'class="key">([A-Z2-7]+)<', words)
    assert found is not None
    answer = client.post("/sign-in/account/app/", {"code": _code(found[1])})
    assert answer["Location"] == "/sign-in/account/codes/"
    shown = client.get(answer["Location"]).content.decode()
    return found[1], re.findall(r"<code>([^<]+)</code>", shown)


def _who(client: Client) -> object:
    return client.session.get("_auth_user_id")


def test_an_app_is_asked_for_at_the_next_sign_in(everybody: Cast, visit: Visit) -> None:
    secret, _codes = _set_up(visit(everybody.principal))
    client = Client()
    answer = client.post(make(everybody.principal))
    assert answer["Location"] == "/sign-in/second-step/"
    assert _who(client) is None
    assert client.get("/families/").status_code == 302
    wrong = client.post("/sign-in/second-step/", {"code": "000000"})
    assert "This is not right" in wrong.content.decode()
    client.post("/sign-in/second-step/", {"code": _code(secret, 1)})
    assert _who(client) == str(everybody.principal.pk)


def test_a_code_of_the_app_works_once(everybody: Cast, visit: Visit) -> None:
    secret, _codes = _set_up(visit(everybody.principal))
    code = _code(secret, 1)
    first, second = Client(), Client()
    for client in (first, second):
        client.post(make(everybody.principal))
        client.post("/sign-in/second-step/", {"code": code})
        User.objects.get(pk=everybody.principal.pk)
    assert (_who(first), _who(second)) == (str(everybody.principal.pk), None)


def test_a_recovery_code_works_once_and_is_not_shown_again(everybody: Cast, visit: Visit) -> None:
    browser = visit(everybody.principal)
    _secret, codes = _set_up(browser)
    assert len(set(codes)) == 10
    assert codes[0] not in browser.get("/sign-in/account/codes/").content.decode()
    found = []
    for _ in range(2):
        client = Client()
        client.post(make(User.objects.get(pk=everybody.principal.pk)))
        client.post("/sign-in/second-step/", {"code": codes[0]})
        found.append(_who(client))
    assert found == [str(everybody.principal.pk), None]


def test_guessing_the_second_step_stops_after_some(everybody: Cast, visit: Visit) -> None:
    secret, _codes = _set_up(visit(everybody.principal))
    client = Client()
    client.post(make(everybody.principal))
    for _ in range(6):
        answer = client.post("/sign-in/second-step/", {"code": "000000"})
    assert "Wait a few minutes" in answer.content.decode()
    client.post("/sign-in/second-step/", {"code": _code(secret, 1)})
    assert _who(client) is None  # the right one, too, has to wait


def test_what_stands_in_the_database_is_not_the_key(everybody: Cast, visit: Visit) -> None:
    secret, _codes = _set_up(visit(everybody.principal))
    kept = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert secret not in str(kept.data)


@pytest.mark.parametrize(
    ("chosen", "asked"),
    [
        ("off", set()),
        ("leaders", {"district_admin", "principal", "records"}),
        (
            "everyone",
            {
                "district_admin",
                "principal",
                "office",
                "counselor",
                "teacher",
                "teacher_elsewhere",
                "family_liaison",
                "interpreter",
                "duty",
                "records",
            },
        ),
    ],
)
def test_the_installation_says_of_whom_it_is_asked(
    everybody: Cast, visit: Visit, settings: Settings, chosen: str, asked: set[str]
) -> None:
    settings.MFA_REQUIRED_OF = chosen
    sent_there = {
        role
        for role, user in everybody.by_role().items()
        if user and visit(user).get("/").headers.get("Location") == "/sign-in/account/"
    }
    assert sent_there == asked


def test_everything_opens_once_the_second_step_is_there(
    everybody: Cast, visit: Visit, settings: Settings
) -> None:
    settings.MFA_REQUIRED_OF = "leaders"
    client = visit(everybody.principal)
    words = client.get("/", follow=True).content.decode()
    assert "asks you for a second step" in words
    _set_up(client)
    assert client.get("/").status_code == 200


def test_stopping_the_app_asks_once_more_who_it_is(everybody: Cast, visit: Visit) -> None:
    _set_up(visit(everybody.principal))
    thief = visit(everybody.principal)  # a browser left open
    answer = thief.post("/sign-in/account/app/remove/")
    assert answer.status_code == 302
    assert "/confirm/" in answer["Location"]
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).exists()


def test_a_district_admin_takes_a_lost_second_step_away(everybody: Cast, visit: Visit) -> None:
    there = visit(everybody.principal)
    there.get("/sign-in/account/")
    _set_up(there)
    path = f"/people/{everybody.principal.pk}/second-step/"
    assert visit(everybody.office).post(path).status_code == 403
    admin = visit(everybody.admin)
    admin.get(path)
    assert Authenticator.objects.exists()
    admin.post(path)
    assert not Authenticator.objects.exists()
    assert there.get("/families/").status_code == 302  # whoever found the phone is out
    assert Entry.objects.filter(event="second_step.removed").count() == 1
    client = Client()
    client.post(make(User.objects.get(pk=everybody.principal.pk)))
    assert _who(client) == str(everybody.principal.pk)


# --- my account -----------------------------------------------------------------------------------

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
PHONE = (
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 "
    "Mobile Safari/537.36"
)


def _signed_in(user: User, agent: str) -> Client:
    client = Client(headers={"user-agent": agent})
    client.post(make(User.objects.get(pk=user.pk)))
    return client


def test_browsers_are_listed_in_words_and_one_is_signed_out(everybody: Cast) -> None:
    here, phone = _signed_in(everybody.mrs_c, FIREFOX), _signed_in(everybody.mrs_c, PHONE)
    words = here.get("/sign-in/account/").content.decode()
    assert "Firefox on Windows" in words
    assert "Chrome on Android" in words
    found = re.search(r'name="session" value="(\d+)"', words)
    assert found is not None
    here.post("/sign-in/account/sign-out/", {"session": found[1]})
    assert phone.get("/families/").status_code == 302
    assert here.get("/families/").status_code == 200


def test_all_others_are_signed_out_at_once(everybody: Cast) -> None:
    browsers = [_signed_in(everybody.mrs_c, FIREFOX) for _ in range(3)]
    browsers[0].post("/sign-in/account/sign-out/")
    assert [one.get("/families/").status_code for one in browsers] == [200, 302, 302]


@pytest.mark.parametrize("session", ["x", "-1", "9" * 40, "0"])
def test_a_session_that_is_none_is_not_found(everybody: Cast, visit: Visit, session: str) -> None:
    answer = visit(everybody.mrs_c).post("/sign-in/account/sign-out/", {"session": session})
    assert answer.status_code == 404


def test_nobody_signs_a_colleague_out_from_the_own_page(everybody: Cast) -> None:
    colleague = _signed_in(everybody.office, PHONE)
    mine = _signed_in(everybody.mrs_c, FIREFOX)
    from allauth.usersessions.models import UserSession

    theirs = UserSession.objects.get(user=everybody.office)
    assert mine.post("/sign-in/account/sign-out/", {"session": theirs.pk}).status_code == 404
    assert colleague.get("/families/").status_code == 200
