"""Opening a world: new, or with everything that its files remember."""

from datetime import datetime, time
from functools import partial
from typing import Any

from bothways.sandbox.agenda import Agenda
from bothways.sandbox.browsers import Browsers
from bothways.sandbox.callbacks import Callbacks
from bothways.sandbox.calls import Call, Calls, Recording
from bothways.sandbox.clock import Clock
from bothways.sandbox.contacts import Contact, Contacts
from bothways.sandbox.forms import Browser
from bothways.sandbox.journal import Journal
from bothways.sandbox.meta import Meta
from bothways.sandbox.people import Office, People
from bothways.sandbox.plan import follow
from bothways.sandbox.residents import Residents
from bothways.sandbox.texts import Texts
from bothways.sandbox.town import Town
from bothways.sandbox.tray import Tray
from bothways.sandbox.world import Options, World


def open_world(options: Options, town: Town) -> World:
    """A world with everything its files remember."""
    options.home.mkdir(parents=True, exist_ok=True)
    options.tray.mkdir(parents=True, exist_ok=True)
    seen, carriers, events = (
        Journal(options.home / f"{name}.jsonl") for name in ("contacts", "carriers", "events")
    )
    kept = list(carriers.read())
    start = options.now or datetime.combine(town.start, time(8), town.zone)
    clock = Clock(town.zone, _latest(start, (seen, carriers, events)), options.speed)
    agenda = Agenda(clock)
    contacts = Contacts(clock, seen, carriers, events)
    callbacks = Callbacks(agenda, options.token, options.again)
    texts = Texts(options.account, clock, callbacks, carriers, options.webhook)
    meta = Meta(clock, callbacks, carriers, options.whatsapp_webhook)
    office = Office(carriers)
    world = World(
        options=options,
        town=town,
        clock=clock,
        agenda=agenda,
        carriers=carriers,
        contacts=contacts,
        residents=Residents(options.home / "residents.json"),
        callbacks=callbacks,
        texts=texts,
        calls=Calls(options.account, town, agenda, callbacks, carriers, contacts),
        meta=meta,
        browsers=Browsers(town.seed),
        people=People(agenda, contacts, texts, meta, office, Browser()),
        office=office,
        tray=Tray(options.tray),
    )
    _restore(world, kept)
    return world


def _latest(start: datetime, journals: tuple[Journal, ...]) -> datetime:
    """The last moment of which any file knows: time never goes back."""
    latest = start
    for journal in journals:
        for line in journal.read():
            stamp = line.get("clock") or line.get("at")
            if isinstance(stamp, str):
                latest = max(latest, datetime.fromisoformat(stamp))
    return latest


def _restore(world: World, kept: list[dict[str, Any]]) -> None:
    """Put every message, stop, slip and future event where it was."""
    texts, clock = world.texts, world.clock
    for line in world.contacts.restore():
        if "sender" not in line:
            continue  # a key pressed in a call changes nothing at the text carrier
        if line["what"] == "stopped":
            texts.stopped.add((line["sender"], line["to"]))
        elif line["what"] == "started":
            texts.stopped.discard((line["sender"], line["to"]))
    every = world.contacts.all
    own = {line["contact"]: line for line in kept if "contact" in line}
    for contact in every:
        line = own.get(contact.number, {})
        contact.know(line)
        if contact.channel == "handover" and contact.outcome == "arrives" and contact.ref:
            world.tray.handed.add(contact.ref)
        if contact.channel == "letter" and contact.ref:
            world.tray.posted.add((contact.ticket, contact.ref))
    told = {(line["told"], line["status"]) for line in kept if "told" in line}
    for line in kept:
        if "inbound" in line:
            inbound = texts.restore_inbound(line)
            if texts.webhook and (inbound.sid, inbound.status) not in told:
                world.agenda.put(clock.now(), partial(texts.tell_inbound, inbound))
        elif "slip" in line or "taken" in line:
            world.office.restore(line)
        elif "wrote" in line:
            world.meta.restore(line)
        elif "browser" in line:
            world.browsers.who[line["browser"]] = line["who"]
        elif "printed" in line:
            world.tray.done.add(line["printed"])
    for contact in every:
        line = own.get(contact.number, {})
        message = texts.restore(contact, line) if contact.sid else None
        if "wamid" in line:
            world.meta.keep(contact, line)
        todo = []
        for step in follow(world.town, contact, line.get("kind", "")):
            report = message is not None and step.what != "act"
            if report and message and message.callback:
                # The text went its way while we were away; whom it concerns has to be told still.
                open_ = (message.sid, step.what) not in told
            elif contact.channel == "whatsapp" and step.what != "sent":
                open_ = not _done(contact, step.what)
            else:
                open_ = step.due >= clock.now() and not _done(contact, step.what)
            if open_:
                todo.append(step)
            if message is not None and report and step.due < clock.now():
                message.status, message.updated = step.what, step.due
                message.error = step.code or None
        world.people.expect(contact, todo)
    _restore_calls(world, kept, own)
    texts.messages.sort(key=lambda message: message.created)
    world.tray.find_handovers()


def _restore_calls(
    world: World, kept: list[dict[str, Any]], own: dict[int, dict[str, Any]]
) -> None:
    """Calls that were over stay so; the others go on where they were."""
    calls, clock = world.calls, world.clock
    written = {
        line["call_sid"]: world.contacts.all[number]
        for number, line in own.items()
        if "call_sid" in line
        and number < len(world.contacts.all)
        and world.contacts.all[number].channel == "voice"
    }
    over = {line["over"]: line for line in kept if "over" in line}
    for line in kept:
        if "recording" in line:
            calls.recordings[line["recording"]] = Recording(
                line["recording"], line["words"], line["seconds"]
            )
        if "call" not in line:
            continue
        at = clock.read(line["at"])
        given = {k: v for k, v in line.items() if k not in ("call", "at", "events")}
        call = Call(
            sid=line["call"],
            account=world.options.account,
            created=at,
            updated=at,
            events=tuple(line["events"]),
            **given,
        )
        call.contact = written.get(call.sid)
        ended = over.get(call.sid)
        if ended is None:
            calls.expect(call)
            continue
        call.status, call.seconds = ended["status"], ended["seconds"]
        call.answered_by, call.updated = ended["answered_by"], clock.read(ended["ended"])
        calls.all.append(call)
        calls.by_sid[call.sid] = call


def _done(contact: Contact, what: str) -> bool:
    if what == "act":
        return any(
            h.what not in ("delivered", "undelivered", "returned") for h in contact.happenings
        )
    return contact.has(what)
