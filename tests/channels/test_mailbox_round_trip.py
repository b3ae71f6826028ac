"""Mails out by our carrier, answers and bounces back through a real mailbox."""

from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from bothways.channels import collecting
from bothways.channels.contract import CarrierError, Misconfigured, Settings
from bothways.channels.mail.mailbox import Mailbox as Folder
from bothways.channels.mail.settings import place_of
from bothways.channels.models import RawEvent
from bothways.channels.services import configure
from bothways.consent.models import Stop
from bothways.ledger.models import ContactEvent
from bothways.messaging import tasks
from bothways.messaging.models import Conversation, Delivery, Entry
from bothways.messaging.services.receipts import apply_waiting
from bothways.messaging.services.sending import send_due
from bothways.people.models import ContactPoint
from channels.imap_server import DOVECOT, ImapServer
from channels.mailbox import Mailbox
from channels.mails import answer, bounce, complaint
from messaging.world import World

pytestmark = pytest.mark.skipif(
    not DOVECOT, reason="there is no Dovecot here: scripts/dovecot.sh installs it"
)
ALICIAN = "alician@families.example"
FROM = "families@grandbend.example"


@pytest.fixture(scope="module")
def running() -> Iterator[ImapServer]:
    server = ImapServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def imap(running: ImapServer) -> ImapServer:
    running.empty()
    return running


@pytest.fixture
def outbox() -> Iterator[Mailbox]:
    box = Mailbox()
    box.open()
    yield box
    box.close()


@pytest.fixture
def alician(world: World, imap: ImapServer, outbox: Mailbox) -> World:
    """Alician, Troy's mother, got a mail by our real carrier."""
    configure(
        "smtp",
        {
            "host": "127.0.0.1",
            "port": str(outbox.port),
            "tls": "none",
            "from_address": FROM,
            **imap.settings(),
        },
    )
    world.home(world.student("Troy"), guardians=[world.guardian("Alician", email=ALICIAN)])
    world.write()
    send_due(world.district, urgent=False)
    assert [to for _, to in outbox.envelopes] == [ALICIAN]
    return world


def mail_of(outbox: Mailbox) -> EmailMessage:
    (mail,) = outbox.mails
    return mail


def pressed_reply(outbox: Mailbox, words: str, **headers: str) -> bytes:
    """What a mail program makes of our mail when its reader presses “Reply”."""
    ours = mail_of(outbox)
    return answer(
        f"{words}\n\nOn Monday Grand Bend <{FROM}> wrote:\n> School starts at 8.",
        to=ours["Reply-To"],
        subject=f"Re: {ours['Subject']}",
        in_reply_to=ours["Message-ID"],
        **headers,
    )


def collect() -> int:
    kept = collecting.collect()
    apply_waiting()
    return kept


def test_answer_lands_in_the_conversation(
    alician: World, imap: ImapServer, outbox: Mailbox
) -> None:
    imap.put(pressed_reply(outbox, "Can he come at 9 on Thursday?"))
    assert collect() == 1
    entry = Entry.objects.get()
    assert (entry.body, entry.channel, entry.delivery) == (
        "Can he come at 9 on Thursday?",
        "email",
        Delivery.objects.get(),
    )
    assert entry.guardian is not None
    assert entry.guardian.given == "Alician"
    assert Conversation.objects.get().waiting_since is not None
    assert Delivery.objects.get().state == "answered"
    assert ContactPoint.objects.get().state == "working"
    assert sorted(ContactEvent.objects.values_list("level", "channel")) == [
        (1, "email"),
        (4, "email"),
    ]


def test_job_of_every_minute_reads_the_mailbox(
    alician: World, imap: ImapServer, outbox: Mailbox
) -> None:
    imap.put(pressed_reply(outbox, "He is ill today"))
    tasks.collect()
    assert Entry.objects.get().body == "He is ill today"


def test_looking_how_many_wait_touches_nothing(alician: World, imap: ImapServer) -> None:
    imap.put(answer("hello"), bounce())
    assert collecting.waiting_in("smtp") == 2
    assert collecting.waiting_in("smtp") == 2
    assert collecting.waiting_in("twilio") is None


def test_mail_is_read_once_and_moved(alician: World, imap: ImapServer, outbox: Mailbox) -> None:
    imap.put(pressed_reply(outbox, "Yes, he can come"))
    assert (collect(), collect()) == (1, 0)
    assert (imap.lies_in("INBOX"), imap.lies_in("Bothways")) == (0, 1)


def test_answer_from_another_address_of_hers_is_hers_too(
    alician: World, imap: ImapServer, outbox: Mailbox
) -> None:
    imap.put(pressed_reply(outbox, "He is ill until Thursday", from_="alician@work.example"))
    collect()
    assert Entry.objects.get().conversation == Conversation.objects.get()


def test_new_mail_without_a_key_is_known_by_its_address(alician: World, imap: ImapServer) -> None:
    imap.put(answer("He has fever.", to=FROM, from_="Alician <Alician@Families.example>"))
    collect()
    assert Conversation.objects.get().entries.get().body.endswith("He has fever.")


def test_stranger_is_kept_for_a_person(alician: World, imap: ImapServer) -> None:
    imap.put(answer("Do you still have a place?", to=FROM, from_="somebody@x.example"))
    collect()
    entry = Entry.objects.get()
    assert (entry.conversation, entry.match) == (None, "somebody@x.example")
    assert Delivery.objects.get().state == "accepted"


def test_forged_key_opens_nothing(alician: World, imap: ImapServer) -> None:
    imap.put(
        answer("STOP", to=f"families+{'0' * 32}@grandbend.example", from_="stranger@x.example")
    )
    collect()
    assert not Stop.objects.filter(match=ALICIAN).exists()
    assert Conversation.objects.count() == 0


def test_hard_bounce_marks_the_address_failing(
    alician: World, imap: ImapServer, outbox: Mailbox
) -> None:
    (sender, _), key = outbox.envelopes[0], Delivery.objects.get().key
    imap.put(bounce("5.1.1", to=sender, key=key))
    assert collect() == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error) == ("undelivered", "5.1.1")
    point = ContactPoint.objects.get()
    assert (point.state, point.why) == ("failing", "5.1.1")
    assert Entry.objects.count() == 0


@pytest.mark.parametrize("code", ["4.4.7", "5.2.2", "5.7.1", "5.7.26"])
def test_bounce_that_says_nothing_of_the_address_leaves_it_as_it_was(
    alician: World, imap: ImapServer, outbox: Mailbox, code: str
) -> None:
    imap.put(bounce(code, to=outbox.envelopes[0][0], key=Delivery.objects.get().key))
    collect()
    assert Delivery.objects.get().state == "undelivered"
    assert ContactPoint.objects.get().state == "unknown"


def test_absence_note_is_no_answer(alician: World, imap: ImapServer, outbox: Mailbox) -> None:
    imap.put(
        pressed_reply(
            outbox, "I am away until Thursday. Call 555-0143.", auto_submitted="auto-replied"
        )
    )
    collect()
    entry = Entry.objects.get()
    assert entry.meaning == "auto_reply"
    assert Delivery.objects.get().state == "accepted"
    assert Conversation.objects.get().waiting_since is None
    assert list(ContactEvent.objects.values_list("level", flat=True)) == [1]


def test_complaint_stops_the_address_and_is_no_answer(alician: World, imap: ImapServer) -> None:
    imap.put(complaint(key=Delivery.objects.get().key))
    collect()
    assert list(Stop.objects.values_list("kind", "match", "by")) == [("email", ALICIAN, "ours")]
    assert list(ContactEvent.objects.values_list("level", flat=True)) == [1]
    _, fanned = alician.write()
    assert fanned.blocked == {"stopped": 1}


def test_stop_by_mail_stops_this_address(alician: World, imap: ImapServer, outbox: Mailbox) -> None:
    imap.put(pressed_reply(outbox, "STOP"))
    collect()
    assert list(Stop.objects.values_list("kind", "match")) == [("email", ALICIAN)]


def test_mails_that_are_not_ours_lie_aside_for_a_person(alician: World, imap: ImapServer) -> None:
    imap.put(answer("Buy now!", to=FROM, list_id="<deals.example>", from_="shop@x.example"))
    assert collect() == 0
    assert (imap.lies_in("INBOX"), imap.lies_in("Bothways aside")) == (0, 1)
    assert Entry.objects.count() == 0


def test_hostile_mails_hold_up_nothing(alician: World, imap: ImapServer, outbox: Mailbox) -> None:
    huge = answer("word " * 700_000, to=FROM)
    broken = (
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\x00\xff"
    )
    imap.put(broken, huge, b"no mail at all", pressed_reply(outbox, "Yes, Thursday is good"))
    collect()
    assert imap.lies_in("INBOX") == 0
    assert Conversation.objects.get().entries.filter(body="Yes, Thursday is good").exists()
    assert not RawEvent.objects.filter(outcome="failed").exists()


def test_dying_between_keeping_and_moving_loses_and_doubles_nothing(
    alician: World, imap: ImapServer, outbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    imap.put(pressed_reply(outbox, "He forgot his book"), bounce(key="other"))

    def die(self: Folder, uid: int, *, done: bool) -> None:
        raise CarrierError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr(Folder, "put", die)
        collect()
    assert (imap.lies_in("INBOX"), Entry.objects.count()) == (2, 1)
    collect()
    assert (imap.lies_in("INBOX"), Entry.objects.count()) == (0, 1)


def test_mail_that_cannot_be_moved_holds_up_none_behind_it(
    alician: World, imap: ImapServer, outbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    imap.put(answer("I came first", to=FROM), pressed_reply(outbox, "And I came second"))
    move, stuck = Folder.put, []

    def put(self: Folder, uid: int, *, done: bool) -> None:
        if not stuck:
            stuck.append(uid)
            raise CarrierError("no room in that folder")
        move(self, uid, done=done)

    monkeypatch.setattr(Folder, "put", put)
    collect()
    assert Entry.objects.filter(body="And I came second").exists()
    assert imap.lies_in("INBOX") == 1


def test_dying_before_keeping_leaves_the_mail_where_it_was(
    alician: World, imap: ImapServer, outbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    imap.put(pressed_reply(outbox, "He forgot his book"))

    def die(*_: object) -> int:
        raise CarrierError("no database")

    with monkeypatch.context() as broken:
        broken.setattr(collecting, "store", die)
        collect()
    assert (imap.lies_in("INBOX"), Entry.objects.count()) == (1, 0)
    assert collect() == 1


def test_mails_keep_their_mark_for_unread(
    alician: World, imap: ImapServer, outbox: Mailbox
) -> None:
    imap.put(pressed_reply(outbox, "Thank you for the call"))
    collect()
    client = imap.client()
    client.select_folder("Bothways")
    assert list(client.search(["UNSEEN"])) == [1] or len(client.search(["UNSEEN"])) == 1
    client.logout()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"imap_password": "wrong"}, "name and password"),
        ({"imap_folder": "Nowhere"}, "no folder"),
        ({"imap_tls": "tls"}, "could not be opened"),
        ({"imap_tls": "starttls"}, "could not be opened"),
        ({"imap_port": "1"}, "could not be opened"),
    ],
)
def test_mailbox_that_cannot_be_read_says_what_to_mend(
    imap: ImapServer, change: dict[str, str], error: str
) -> None:
    place = place_of(Settings(imap.settings(**change)))
    assert place is not None
    with pytest.raises(CarrierError, match=error), Folder(place):
        pass


@pytest.mark.parametrize(
    "change",
    [
        {"imap_tls": "ssl"},
        {"imap_port": "many"},
        {"imap_user": ""},
        {"imap_done": "INBOX"},
    ],
)
def test_wrong_settings_of_the_mailbox_are_told_and_stop_no_mail(
    imap: ImapServer, change: dict[str, str]
) -> None:
    with pytest.raises(Misconfigured):
        place_of(Settings(imap.settings(**change)))
    Mailbox(port=25).carrier(**imap.settings(**change))


@pytest.mark.parametrize("address", ["no address", "a+b@grandbend.example", "señor@x.example"])
def test_address_for_answers_that_is_none_is_told_before_anything_is_sent(address: str) -> None:
    with pytest.raises(Misconfigured, match="plain address"):
        Mailbox(port=25).carrier(imap_host="imap.example", reply_address=address)


def test_answers_go_to_the_school_where_no_mailbox_is_read(world: World, outbox: Mailbox) -> None:
    configure(
        "smtp", {"host": "127.0.0.1", "port": str(outbox.port), "tls": "none", "from_address": FROM}
    )
    assert collecting.mailboxes() == []
    assert collecting.collect() == 0
