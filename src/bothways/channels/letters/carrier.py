"""Letters as a carrier: a batch becomes one PDF in the print tray, with its job ticket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bothways.channels.contract import (
    Event,
    HookRequest,
    HookResponse,
    Misconfigured,
    Outcome,
    Outgoing,
    Setting,
    Settings,
)
from bothways.channels.enums import Channel, EventKind, OutcomeKind, ReceiptState
from bothways.channels.letters.dates import long_date
from bothways.channels.letters.labels import Labels
from bothways.channels.letters.layout import Style, Unprintable, placed
from bothways.channels.letters.tray import batch_name, keys_since, lay
from bothways.channels.letters.typesetting import typeset

_PAPERS = ("us-letter", "a4")
_STAFF_NOTE = "To be handed over in person."
_TRAY_TROUBLE = (
    "The letters could not be put into the print tray ({reason}). "
    "Look whether the folder exists, may be written to, and has room."
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A letter that can be printed."""

    delivery: Outgoing
    letter: dict[str, Any]


class LettersCarrier:
    """Prints. Letters to addresses and letters to hand over are two PDFs, since they go two ways.

    ``labels``: language tag → key → sentence (keys in ``labels.KEYS``).
    ``now``: the moment, in the school's time zone, that the letters are dated by.
    """

    name: str = "letters"
    channels: frozenset[Channel] = frozenset({Channel.LETTER, Channel.HANDOVER})
    settings: Sequence[Setting] = (
        Setting("folder", "Print tray", "The folder that the office prints from."),
        Setting("paper", "Paper", "us-letter or a4.", required=False, default="us-letter"),
        Setting(
            "type_at",
            "Where codes are typed",
            "The short web address that letters tell families to type, without https://.",
            required=False,
        ),
        Setting(
            "staff_note",
            "Note to staff",
            "On letters that somebody hands over.",
            required=False,
            default=_STAFF_NOTE,
        ),
    )

    def __init__(
        self,
        settings: Settings,
        *,
        labels: Mapping[str, Mapping[str, str]],
        now: datetime,
        dates: Callable[[str, date], str] = long_date,
    ) -> None:
        self._folder = Path(settings.need("folder"))
        self._paper = settings.get("paper", "us-letter")
        if self._paper not in _PAPERS:
            raise Misconfigured(
                "The paper for letters is “us-letter” or “a4”: see “bothways carrier”."
            )
        self._now = now
        self.rate: float | None = None  # a printer is not hurried by us
        self._style = Style(
            labels=Labels(labels),
            day=now.date(),
            dates=dates,
            type_at=settings.get("type_at"),
            staff_note=settings.get("staff_note", _STAFF_NOTE),
        )

    async def send(self, batch: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        """PRINTED: the letter lies in the tray, with its pages. REJECTED: it cannot be printed."""
        for channel in (Channel.LETTER, Channel.HANDOVER):
            deliveries = [delivery for delivery in batch if delivery.channel is channel]
            if deliveries:
                for outcome in await asyncio.to_thread(self._print, channel, deliveries):
                    yield outcome
        for delivery in batch:
            if delivery.channel not in self.channels:
                detail = f"Letters do not go by {delivery.channel}."
                yield Outcome(delivery.key, OutcomeKind.REJECTED, code="channel", detail=detail)

    async def open(self) -> None:
        """Nothing is kept between batches."""

    async def close(self) -> None:
        pass

    async def poll(self, since: datetime) -> list[Event]:
        """The letters that lie in the tray since then: after a crash they are not printed again."""
        return [
            Event(
                kind=EventKind.RECEIPT,
                dedupe=f"tray-{key}",
                key=key,
                state=ReceiptState.PRINTED,
            )
            for key in await asyncio.to_thread(keys_since, self._folder, since)
        ]

    def handle(self, request: HookRequest) -> HookResponse:
        return HookResponse(status=404)

    def _print(self, channel: Channel, deliveries: list[Outgoing]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        sheets: list[_Sheet] = []
        for delivery in sorted(deliveries, key=lambda d: (d.sort_key, d.key)):
            try:
                sheets.append(_Sheet(delivery, placed(delivery, len(sheets), self._style)))
            except Unprintable as error:
                outcomes.append(_rejected(delivery, "unprintable", str(error)))
        if not sheets:
            return outcomes
        name = batch_name(channel.value, (delivery.key for delivery in deliveries))
        printed = typeset(
            [sheet.letter for sheet in sheets],
            paper=self._paper,
            title=f"{sheets[0].delivery.sender.school} {self._now:%Y-%m-%d}",
            author=sheets[0].delivery.sender.school,
            made_at=self._now,
        )
        for place in printed.refused:
            detail = "This letter could not be laid out. Change its words, or send it another way."
            outcomes.append(_rejected(sheets[place].delivery, "layout", detail))
        kept = [sheet for place, sheet in enumerate(sheets) if place not in set(printed.refused)]
        if not kept:
            return outcomes
        lines = [
            _ticket_line(sheet.delivery, page, pages)
            for sheet, (page, pages) in zip(kept, printed.spans, strict=True)
        ]
        ticket = {"batch": name, "made_at": self._now.isoformat(), "letters": lines}
        try:
            lay(self._folder, name, printed.pdf, ticket)
        except OSError as error:
            detail = _TRAY_TROUBLE.format(reason=error.strerror or type(error).__name__)
            return outcomes + [
                Outcome(s.delivery.key, OutcomeKind.UNAVAILABLE, code="tray", detail=detail)
                for s in kept
            ]
        return outcomes + [
            Outcome(line["key"], OutcomeKind.PRINTED, carrier_id=name, pages=line["pages"])
            for line in lines
        ]


def _rejected(delivery: Outgoing, code: str, detail: str) -> Outcome:
    return Outcome(delivery.key, OutcomeKind.REJECTED, code=code, detail=detail)


def _ticket_line(delivery: Outgoing, page: int, pages: int) -> dict[str, Any]:
    handover = delivery.channel is Channel.HANDOVER
    return {
        "key": delivery.key,
        "channel": delivery.channel.value,
        "to": "" if handover else delivery.to,
        "names": list(delivery.names),
        "purpose": delivery.purpose,
        "languages": [version.language for version in delivery.versions],
        "body": "\n\n".join(version.body for version in delivery.versions),
        "code": delivery.code,
        "reply_url": delivery.reply_url,
        "page": page,
        "pages": pages,
    }
