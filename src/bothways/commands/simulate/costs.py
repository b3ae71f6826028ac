"""What a contact costs a district, and how long it takes a person: one table, with where each figure is from.

Only to compare policies on the same town. Set your own figures here to see your own district.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from bothways.core.gsm import DOUBLE, is_plain

# US dollars.
TEXT_SEGMENT: Final = (
    0.0079 + 0.003
)  # Twilio's list price in the United States; carrier fee, assumed
VOICE_MINUTE: Final = 0.014  # Twilio's list price for a call in the United States
VOICE_MINUTES: Final = 1  # a message is read out in less; carriers round up
WHATSAPP: Final = 0.014  # a utility template, assumed
PRINT: Final = 0.12  # sheet, toner and envelope, assumed
POSTAGE: Final = 0.73  # first-class letter in the United States since July 2024
FREE: Final = frozenset({"email", "push", "call", "visit"})  # beyond people's time

# Minutes of staff. All assumed: a district that measures its own should put them here.
MINUTES: Final[Mapping[str, int]] = {
    "call": 6,  # find the number, ring, talk, write down what came of it
    "handover": 5,  # find the child or the adult, and say a word
    "visit": 120,  # two people, half an hour there and back, half an hour at the door
    "go_between": 10,
    "neutral_place": 60,
    "answer": 3,  # read what a family wrote and answer it
    "letter": 1,  # fold, envelope, stamp
    "slip": 1,  # type in a return slip, or scan a letter that came back
}

# Minutes a day that a person has for this: a teacher has part of one preparation period, the office and
# counselors a part of their morning. What is not used is kept for a week: a visit takes more than a day's.
MINUTES_A_DAY: Final[Mapping[str, int]] = {
    "teacher": 25,
    "office": 120,
    "counselor": 90,
    "principal": 45,
    "district_admin": 45,
}
KEPT_DAYS: Final = 5


def cost(contact: Mapping[str, Any]) -> float:
    """What this line of ``contacts.jsonl`` costs in US dollars; what no carrier took costs nothing."""
    channel, outcome = contact["channel"], contact["outcome"]
    if channel in FREE or outcome in ("blocked", "invalid"):
        return 0.0
    if channel == "text":
        return TEXT_SEGMENT * segments(contact["body"])
    if channel == "voice":
        return VOICE_MINUTE * VOICE_MINUTES
    if channel == "whatsapp":
        return WHATSAPP
    if channel == "letter":
        return PRINT + POSTAGE
    return PRINT  # handed over


def segments(body: str) -> int:
    """How many texts carry these words: 160 characters of GSM-7, or 70 of anything else; less where split."""
    if is_plain(body):
        length = len(body) + sum(letter in DOUBLE for letter in body)
        return 1 if length <= 160 else math.ceil(length / 153)
    length = len(body.encode("utf-16-be")) // 2
    return 1 if length <= 70 else math.ceil(length / 67)
