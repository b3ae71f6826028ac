"""What is too old goes, to the day; what the current period or an open talk needs stays."""

import os
import re
import time as clocktime
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from bothways.audit.models import Entry as Record
from bothways.channels.models import RawEvent
from bothways.core import clock
from bothways.core.home import folder, letters_folder, logs_folder
from bothways.core.retention import Effect, FolderRule, TableRule, before
from bothways.ledger.models import ContactEvent
from bothways.messaging.models import Conversation, Delivery, Entry, Recording, Spoken, Version
from bothways.people.models import ContactPoint, Student
from bothways.reach.queries import period_start, report
from bothways.schools.models import District, Term
from bothways.upkeep import retention, services
from bothways.upkeep.models import KeepFor, Run
from messaging.world import MONDAY_MORNING, World

ZONES = ("America/Chicago", "Asia/Kathmandu", "Pacific/Auckland", "UTC")
RULES = {rule.name: rule for rule in retention.rules()}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOTHWAYS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def at_day(path: Path, days: int, hour: int = 9) -> datetime:
    """Move the clock to this hour of the day that comes so many days after our Monday."""
    day = MONDAY_MORNING.astimezone(ZoneInfo("America/Chicago")).date() + timedelta(days=days)
    moment = datetime.combine(day, time(hour), ZoneInfo("America/Chicago")).astimezone(UTC)
    clock.stop_at(path, moment)
    return moment


def night(**options: Any) -> dict[str, int]:
    """Carry out all rules; rule → rows, of those that found any."""
    periods = {d.pk: period_start(d, clock.now()) for d in District.objects.all()}
    found: dict[str, int] = {}
    for outcome in retention.carry_out(periods, **options):
        assert outcome.failed is False, outcome.rule
        if outcome.rows:
            found[outcome.rule] = found.get(outcome.rule, 0) + outcome.rows
    return found


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 800),
    st.integers(-3, 3),
    st.integers(0, 86399),
    st.sampled_from(ZONES),
)
def test_a_thing_is_kept_for_all_of_its_last_day_and_goes_the_night_after(
    now: datetime, days: int, more: int, second: int, name: str
) -> None:
    zone = ZoneInfo(name)
    happened_on = now.astimezone(zone).date() - timedelta(days=days + more)
    happened = datetime.combine(happened_on, time.min, zone) + timedelta(seconds=second)
    gone = happened.astimezone(UTC) < before(days, now=now, zone=zone)
    real_day = happened.astimezone(UTC).astimezone(zone).date()
    assert gone == (real_day + timedelta(days=days) < now.astimezone(zone).date())


def test_every_rule_can_be_carried_out_and_finds_nothing_in_a_new_district(world: World) -> None:
    world.home(world.student("Troy"), guardians=[world.guardian("Alician", mobile="+13125550101")])
    world.write()
    assert night() == {}
    assert night(dry=True) == {}


def test_defaults_keep_the_record_longest_and_name_only_tables_that_exist() -> None:
    days = {rule.name: rule.days or 0 for rule in RULES.values()}
    assert max(days.values()) == days["audit"]
    assert all(rule.least <= (rule.days or rule.least) for rule in RULES.values())
    wanted = {
        *("raw_events", "sign_in_tokens", "submitted_forms", "sessions", "letters"),
        *("delivery_addresses", "audit", "logs"),
    }
    assert wanted <= set(RULES)


def old_talk(world: World) -> Delivery:
    """Alician was written to by text and answered; then she got another number."""
    alician = world.guardian("Alician", mobile="+13125550101")
    home = world.home(world.student("Troy"), guardians=[alician])
    message, _ = world.write()
    Delivery.objects.filter(message=message).update(state="delivered", rank=40)
    delivery = Delivery.objects.get(message=message)
    talk = Conversation.objects.create(district=world.district, household=home, last_at=clock.now())
    Entry.objects.create(
        district=world.district,
        conversation=talk,
        from_family=True,
        at=clock.now(),
        channel="text",
        kind="phone",
        match="+13125550101",
        body="Troy forgot his bag",
        delivery=delivery,
    )
    ContactPoint.objects.filter(guardian=alician).update(ended_at=clock.now())
    return delivery


def test_addresses_go_on_the_day_and_not_on_the_day_before(world: World, at: Path) -> None:
    delivery = old_talk(world)
    at_day(at, 400, hour=23)
    assert "delivery_addresses" not in night(dry=True)
    at_day(at, 401, hour=0)
    assert night(dry=True)["delivery_addresses"] == 1
    delivery.refresh_from_db()
    assert delivery.address == "+13125550101"
    code = delivery.code
    found = night()
    assert (found["delivery_addresses"], found["entry_addresses"]) == (1, 1)
    delivery.refresh_from_db()
    assert (delivery.address, delivery.match) == ("", f"gone-{delivery.pk}")
    assert delivery.state == "delivered"
    assert (len(delivery.code), delivery.code == code) == (12, False)
    assert Entry.objects.get().match == ""
    assert Entry.objects.get().body == "Troy forgot his bag"
    assert "delivery_addresses" not in night()


def test_an_address_that_a_family_still_has_stays_so_that_its_stop_link_works(
    world: World, at: Path
) -> None:
    delivery = old_talk(world)
    ContactPoint.objects.update(ended_at=None)
    at_day(at, 900)
    assert "delivery_addresses" not in night()
    delivery.refresh_from_db()
    assert delivery.match == "+13125550101"


@pytest.mark.parametrize("state", ["queued", "claimed", "held"])
def test_what_still_waits_for_somebody_stays(world: World, at: Path, state: str) -> None:
    old_talk(world)
    Delivery.objects.update(state=state)
    at_day(at, 2000)
    found = night()
    assert ("delivery_addresses" in found, "message_words" in found) == (False, False)


def test_an_open_talk_keeps_all_its_words_and_addresses(world: World, at: Path) -> None:
    old_talk(world)
    Conversation.objects.update(waiting_since=clock.now())
    at_day(at, 3000)
    found = night()
    assert {"delivery_addresses", "entry_addresses", "family_words"} & set(found) == set()
    Conversation.objects.update(waiting_since=None)
    found = night()
    assert {"delivery_addresses", "entry_addresses", "family_words"} <= set(found)
    assert Entry.objects.get().body == ""


def test_words_are_counted_from_the_last_word_of_the_talk(world: World, at: Path) -> None:
    old_talk(world)
    Conversation.objects.update(last_at=at_day(at, 300))
    at_day(at, 300 + 3 * 365)
    assert "family_words" not in night()
    at_day(at, 301 + 3 * 365)
    assert night()["family_words"] == 1


def test_voices_go_with_the_words_of_their_talk_and_recordings_after_a_school_year(
    world: World, at: Path
) -> None:
    delivery = old_talk(world)
    Spoken.objects.create(
        entry=Entry.objects.get(), carrier="twilio_voice", audio="RE1", seconds=5, data=b"ID3"
    )
    version = delivery.message.versions.order_by("pk")[0]
    Recording.objects.create(version=version, data=b"ID3", content_type="x", at=clock.now())
    at_day(at, 300)
    assert {"family_voices", "recordings"} & set(night()) == set()
    at_day(at, 500)
    assert night()["recordings"] == 1
    Conversation.objects.update(waiting_since=clock.now())
    at_day(at, 3000)
    assert "family_voices" not in night()
    Conversation.objects.update(waiting_since=None)
    assert night()["family_voices"] == 1
    assert Spoken.objects.count() == 0


def test_words_of_danger_stay_until_read_and_seven_years(world: World, at: Path) -> None:
    old_talk(world)
    Entry.objects.update(danger=True)
    at_day(at, 7 * 365)
    night()
    assert Entry.objects.get().body == "Troy forgot his bag"
    at_day(at, 7 * 365 + 1)
    assert night()["danger_words"] == 1


def test_what_the_current_period_of_reach_counts_stays_however_short_the_days(
    world: World, at: Path
) -> None:
    Term.objects.create(
        district=world.district,
        sis_id="y",
        title="2026-27",
        starts_on=date(2026, 8, 15),
        ends_on=date(2029, 6, 1),
    )
    old_talk(world)
    home = Conversation.objects.get().household
    for level in (1, 2, 4):
        ContactEvent.objects.create(
            district=world.district,
            household=home,
            at=clock.now(),
            level=level,
            direction="to_family",
            channel="text",
            source_kind="delivery",
            source_id=1,
            note="by text",
        )
    for name in ("delivery_addresses", "entry_addresses", "message_words", "family_words"):
        retention.set_days(RULES[name], RULES[name].least, district_id=None)
    for name in ("contacts", "contact_notes"):
        retention.set_days(RULES[name], RULES[name].least, district_id=None)

    def reach() -> object:
        since = period_start(world.district, clock.now())
        found = report(world.district, students=Student.objects.all(), since=since, now=clock.now())
        return (found.levels, found.reasons)

    at_day(at, 990)
    was = reach()
    assert night() == {}
    assert (reach(), ContactEvent.objects.count()) == (was, 3)
    Term.objects.all().delete()
    assert set(night()) == {
        *("delivery_addresses", "entry_addresses", "message_words", "family_words"),
        *("contacts", "contact_notes", "old_contact_points"),
    }
    assert ContactEvent.objects.count() == 0
    assert Version.objects.exclude(body="").count() == 0


def test_raw_events_go_once_they_are_taken_in_and_their_entries_stay(
    world: World, at: Path
) -> None:
    old_talk(world)
    kept = []
    for outcome, applied in (("applied", True), ("failed", True), ("", False)):
        raw = RawEvent.objects.create(
            carrier="twilio",
            kind="inbound",
            dedupe=f"SM{outcome}{applied}",
            event={"body": "Troy forgot his bag"},
            received_at=clock.now(),
            applied_at=clock.now() if applied else None,
            outcome=outcome,
        )
        kept.append(raw.pk)
    Entry.objects.update(raw=kept[0])
    at_day(at, 91)
    assert night()["raw_events"] == 1
    assert list(RawEvent.objects.order_by("pk").values_list("pk", flat=True)) == kept[1:]
    assert Entry.objects.get().raw_id is None


def test_batches_of_any_size_do_the_same_and_each_ends_by_itself(world: World, at: Path) -> None:
    for number in range(25):
        Record.objects.create(at=clock.now(), district_id=None, event="look", object_id=number)
    Record.objects.create(at=at_day(at, 3000), event="look")
    at_day(at, 3651)
    assert night(dry=True, batch=7)["audit"] == 25
    assert night(batch=7)["audit"] == 25
    assert Record.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_works_on_is_left_for_the_next_night(at: Path) -> None:
    district = District.objects.create(sis_id="d", name="Grand Bend")
    for _ in range(3):
        Record.objects.create(at=clock.now(), event="look")
    held = Record.objects.order_by("pk")[1].pk
    at_day(at, 4000)
    parts = connection.get_connection_params()
    with psycopg.connect(
        **{k: v for k, v in parts.items() if k in ("dbname", "user", "password", "host", "port")}
    ) as other:
        other.execute("SELECT 1 FROM audit_entry WHERE id = %s FOR UPDATE", [held])
        assert night()["audit"] == 2
    assert list(Record.objects.values_list("pk", flat=True)) == [held]
    assert night()["audit"] == 1
    district.delete()


def test_days_are_set_for_a_district_or_for_all_and_the_nearer_word_counts(world: World) -> None:
    rule = RULES["delivery_addresses"]
    number = world.district.pk
    assert retention.days_of(rule, number) == retention.Days(400, "default")
    retention.set_days(rule, 200, district_id=None)
    assert retention.days_of(rule, number) == retention.Days(200, "installation")
    retention.set_days(rule, None, district_id=number)
    assert retention.days_of(rule, number) == retention.Days(None, "district")
    assert retention.days_of(rule, None) == retention.Days(200, "installation")
    retention.unset_days(rule, district_id=number)
    retention.unset_days(rule, district_id=None)
    assert retention.days_of(rule, number) == retention.Days(400, "default")
    assert KeepFor.objects.count() == 0


def test_fewer_days_than_a_rule_allows_are_refused(world: World) -> None:
    for rule, days, district in (
        (RULES["audit"], RULES["audit"].least - 1, None),
        (RULES["delivery_addresses"], 0, None),
        (RULES["audit"], 2000, world.district.pk),
        (RULES["audit"], 10**9, None),
    ):
        with pytest.raises(retention.Unfit):
            retention.set_days(rule, days, district_id=district)
    assert KeepFor.objects.count() == 0


def test_a_rule_that_is_kept_removes_nothing(world: World, at: Path) -> None:
    old_talk(world)
    retention.set_days(RULES["delivery_addresses"], None, district_id=world.district.pk)
    at_day(at, 5000)
    assert "delivery_addresses" not in night()


def aged(path: Path, days: float) -> Path:
    past = clocktime.time() - days * 86400
    os.utime(path, (past, past))
    return path


def test_files_go_by_real_days_and_strangers_files_stay(world: World, home: Path) -> None:
    tray, uploads = letters_folder(home), folder(home, "uploads")
    name = f"letter-{'a1' * 10}"
    for file in (f"{name}.pdf", f"{name}.json", "price-list.pdf"):
        (tray / file).write_bytes(b"x")
        aged(tray / file, 62)
    fresh = tray / f"handover-{'b2' * 10}.pdf"
    fresh.write_bytes(b"x")
    aged(fresh, 59)
    (uploads / ("0f" * 16)).mkdir()
    (uploads / ("0f" * 16) / "students.csv").write_text("Troy")
    aged(uploads / ("0f" * 16), 16)
    assert night(dry=True) == {"letters": 2, "uploads": 1}
    assert night() == {"letters": 2, "uploads": 1}
    assert sorted(path.name for path in tray.iterdir()) == [fresh.name, "price-list.pdf"]
    assert list(uploads.iterdir()) == []


def test_a_log_is_turned_each_night_and_its_writer_goes_on(world: World, home: Path) -> None:
    logs = logs_folder(home)
    old = aged_log = logs / "web.log.20250101"
    old.write_text("long ago\n")
    aged(aged_log, 40)
    with (logs / "web.log").open("a") as writer:
        writer.write("today\n")
        writer.flush()
        assert night() == {"logs": 1}
        writer.write("tomorrow\n")
    today = f"web.log.{datetime.now(UTC):%Y%m%d}"
    assert {path.name: path.read_text() for path in logs.iterdir()} == {
        "web.log": "tomorrow\n",
        today: "today\n",
    }


GONE = ("old_contact_points", "delivery_addresses", "entry_addresses")


def test_the_nights_work_is_on_the_record_with_counts_only(world: World, at: Path) -> None:
    old_talk(world)
    at_day(at, 401)
    run = services.clear_old({world.district.pk: clock.now()})
    assert run is not None
    assert (run.ok, run.counts) == (True, dict.fromkeys(GONE, 1))
    lines = Record.objects.filter(event="retention.applied").order_by("pk")
    assert [(r.user_id, r.district_id, r.object_id, r.details) for r in lines] == [
        (None, world.district.pk, None, {"rule": name, "rows": 1, "days": 400}) for name in GONE
    ]


def test_a_rule_that_fails_is_told_and_stops_no_other(
    world: World, at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_talk(world)
    at_day(at, 401)
    broken = TableRule("broken", "", 1, Effect.DELETE, "no_such_table r", "true", ())
    gone = FolderRule("gone", "", 1, lambda home: home / "nowhere")
    monkeypatch.setattr(retention, "rules", lambda: (broken, gone, RULES["delivery_addresses"]))
    run = services.clear_old({world.district.pk: clock.now()})
    assert run is not None
    assert (run.ok, run.counts) == (False, {"delivery_addresses": 1})
    assert run.words == "These rules could not be carried out: broken."
    assert Run.objects.get().ended_at is not None


def test_the_page_on_what_is_kept_says_what_the_rules_say() -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "keep-and-delete.md"
    rows = re.findall(r"^\| `(\w+)` \| .+ \| (\d+) \| (\w+)", page.read_text("utf-8"), re.MULTILINE)
    told = {name: (int(days), how.removesuffix("d")) for name, days, how in rows}
    known = {
        rule.name: (rule.days, {"delete": "delete", "empty": "emptie"}[rule.effect.value])
        for rule in RULES.values()
    }
    assert told == known
