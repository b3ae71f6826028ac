"""Signing in with the district's own account, against a real OpenID provider that the test starts."""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django.fixtures import Settings

from bothways.accounts.models import User
from bothways.audit.models import Entry
from bothways.config.sign_in import providers, second_step
from people import Cast, cast, district

_HERE = Path(__file__).parent
_IDS = ("grand-bend", "far-away")


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The provider's address; it ends with the module."""
    node = shutil.which("node")
    assert node, "Node is missing: the machine's package “nodejs”, version 20 or later."
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    back = [f"http://testserver/sign-in/district/{one}/back/" for one in _IDS]
    process = subprocess.Popen(
        [node, str(_HERE / "oidc_provider.mjs"), str(port), *back],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=_HERE.parents[1],
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        if said.strip() != "ready":
            process.terminate()
            pytest.fail(f"The provider did not start: {process.communicate(timeout=10)[1][-800:]}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture
def everybody(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Real time: what signs people in is not simulated."""
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))
    return cast()


@dataclass
class Door:
    """One browser: ours and the provider's cookies."""

    provider: str
    client: Client

    def go(self, who: dict[str, object] | str, at: str = "grand-bend", **query: str) -> str:
        """To the provider as this person, and back: the address that leads to us."""
        account = who if isinstance(who, str) else json.dumps(who)
        requests.post(f"{self.provider}/as", data=account, timeout=10)
        answer = self.client.get(f"/sign-in/district/{at}/", query)
        assert answer.status_code == 302, answer.content.decode()
        browser = requests.Session()
        url = answer["Location"]
        for _ in range(10):
            there = browser.get(url, allow_redirects=False, timeout=10)
            assert there.status_code in (302, 303), there.text
            url = urljoin(url, there.headers["Location"])
            if url.startswith("http://testserver"):
                parts = urlsplit(url)
                return f"{parts.path}?{parts.query}"
        raise AssertionError("The provider never sent us back.")

    def who(self) -> str | None:
        found: str | None = self.client.session.get("_auth_user_id")
        return found


@pytest.fixture
def door(provider: str, settings: Settings, everybody: Cast, client: Client) -> Door:
    """Two districts with one provider, each with a client of its own."""
    far = district("Far Away")
    User.objects.create_user("zoe@faraway.example", district=far, given="Zoe", family="Staff")
    settings.SOCIALACCOUNT_PROVIDERS = providers(
        json.dumps(
            [
                {
                    "id": name,
                    "name": f"{name} account",
                    "issuer": provider,
                    "client": f"district-{n}",
                    "secret": "secret",
                    "district": of,
                }
                for n, (name, of) in enumerate(
                    zip(_IDS, (everybody.district.sis_id, far.sis_id), strict=True), 1
                )
            ]
        )
    )
    return Door(provider, client)


def _clara(**claims: object) -> dict[str, object]:
    return {"email": "Clara@grandbend.example", "email_verified": True, **claims}


def test_a_teacher_comes_in_with_the_districts_account(door: Door, everybody: Cast) -> None:
    words = door.client.get("/sign-in/").content.decode()
    assert "Sign in with grand-bend account" in words
    answer = door.client.get(door.go(_clara(), next="/families/"))
    assert (answer.status_code, answer["Location"]) == (302, "/families/")
    assert door.who() == str(everybody.mrs_c.pk)
    assert Entry.objects.filter(event="sign_in.district", user_id=everybody.mrs_c.pk).exists()


def test_a_next_that_leads_away_is_not_followed(door: Door) -> None:
    answer = door.client.get(door.go(_clara(), next="https://elsewhere.example/"))
    assert answer["Location"] == "/"


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"email": "nobody@grandbend.example"}, "Nobody here has this address"),
        ({"email_verified": False}, "Your district has not checked your address"),
        ({"email_verified": None}, "Your district has not checked your address"),
        ({"email": ""}, "Your district has not checked your address"),
    ],
)
def test_whoever_cannot_come_in_is_told_why(
    door: Door, claims: dict[str, object], words: str
) -> None:
    before = User.objects.count()
    answer = door.client.get(door.go(_clara(**claims)))
    assert answer.status_code == 403
    assert words in answer.content.decode()
    assert door.who() is None
    assert User.objects.count() == before  # nobody signs up


def test_an_ended_account_is_closed_to_the_district_too(door: Door, everybody: Cast) -> None:
    everybody.mrs_c.is_active = False
    everybody.mrs_c.save()
    answer = door.client.get(door.go(_clara()))
    assert answer.status_code == 403
    assert "This account is closed" in answer.content.decode()
    assert door.who() is None


def test_one_districts_sign_in_opens_no_account_of_the_other(door: Door) -> None:
    answer = door.client.get(door.go({"email": "zoe@faraway.example", "email_verified": True}))
    assert "Nobody here has this address" in answer.content.decode()
    assert door.who() is None
    zoe = {"email": "zoe@faraway.example", "email_verified": True}
    door.client.get(door.go(zoe, at="far-away"))
    assert door.who() == str(User.objects.get(email="zoe@faraway.example").pk)


def test_an_answer_is_good_once_and_in_one_browser(door: Door) -> None:
    back = door.go(_clara())
    stranger = Client()
    refused = stranger.get(back)
    assert refused.status_code == 400
    assert "used before, or waited too long" in refused.content.decode()
    door.client.get(back)
    assert door.who() is not None
    door.client.post("/sign-in/out/")
    again = door.client.get(back)
    assert again.status_code == 400
    assert door.who() is None


def test_a_code_that_was_made_up_signs_nobody_in(door: Door) -> None:
    back = door.go(_clara())
    state = back.rpartition("state=")[2].partition("&")[0]
    answer = door.client.get(f"/sign-in/district/grand-bend/back/?code=made-up&state={state}")
    assert answer.status_code == 403
    assert door.who() is None


def test_an_answer_of_another_issuer_is_refused(door: Door, settings: Settings) -> None:
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"]["openid_configuration_overrides"] = {"issuer": "https://login.example.org"}
    answer = door.client.get(door.go(_clara()))
    assert answer.status_code == 403
    assert "did not come from your district" in answer.content.decode()
    assert door.who() is None


def test_whoever_stops_at_the_district_is_told_so(door: Door) -> None:
    answer = door.client.get(door.go("stop"))
    assert "You stopped before the end" in answer.content.decode()
    assert door.who() is None


def test_a_district_that_does_not_answer_is_said_to_be_away(door: Door, settings: Settings) -> None:
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"]["server_url"] = "http://127.0.0.1:9/.well-known/openid-configuration"
    for path in ("/sign-in/district/grand-bend/",):
        answer = door.client.get(path)
        assert answer.status_code == 503
        assert "does not answer" in answer.content.decode()


def test_a_district_that_nobody_set_up_is_not_there(door: Door) -> None:
    for path in ("nobody/", "nobody/back/?code=1&state=2"):
        assert door.client.get(f"/sign-in/district/{path}").status_code == 404


def test_nothing_of_the_other_side_is_kept(door: Door) -> None:
    from allauth.socialaccount.models import SocialAccount, SocialToken

    door.client.get(door.go(_clara(name="Clara at home")))
    assert (SocialAccount.objects.count(), SocialToken.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("{", "is not JSON"),
        ("[1]", "entries in braces"),
        ("/nowhere/at/all.json", "cannot be read"),
        ('{"id": "a", "issuer": "https://x.example", "client": "c"}', "lacks secret"),
        ('{"id": "A b", "issuer": "https://x.example", "client": "c", "secret": "s"}', "an id"),
        ('{"id": "a", "issuer": "http://x.example", "client": "c", "secret": "s"}', "https://"),
    ],
)
def test_a_setting_that_cannot_work_says_what_is_wrong(words: str, said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        providers(words)


def test_two_entries_of_one_name_are_refused_and_none_is_fine(tmp_path: Path) -> None:
    entry = {"id": "a", "issuer": "https://x.example/", "client": "c", "secret": "s"}
    with pytest.raises(ImproperlyConfigured, match="same"):
        providers(json.dumps([entry, entry]))
    assert providers("  ") == {}
    kept = tmp_path / "oidc.json"
    kept.write_text(json.dumps([entry]))
    (app,) = providers(str(kept))["openid_connect"]["APPS"]
    assert app["settings"]["server_url"] == "https://x.example/.well-known/openid-configuration"


def test_a_second_step_is_asked_of_nobody_leaders_or_everyone() -> None:
    assert [second_step(words) for words in ("", "Leaders", "everyone")] == [
        "off",
        "leaders",
        "everyone",
    ]
    with pytest.raises(ImproperlyConfigured, match="BOTHWAYS_MFA"):
        second_step("sometimes")
