"""How the people of the demo town behave, and what the roster cannot say about them.

The rates are a plausible guess, not a measurement. Formats: the town and the overlay of the command
contracts.
"""

from typing import Any

from bothways.commands.demo_district.families import District
from bothways.commands.demo_district.scenes import Cast

START = "2026-09-14"

WORDS: dict[str, list[str]] = {
    "en": ["ok thank you", "Thanks!", "👍", "He loves drawing and is shy at first", "STOP",
           "Please call me after 6", "We moved last month", "wrong number", "We will be there at 7",
           "She gets nervous before tests"],
    "es": ["Gracias", "me puede llamar despues de las 6?", "A mi hija le gusta mucho leer", "👍",
           "¿Hay alguien que hable español en la noche?", "Sí vamos a ir", "ya no me manden mensajes"],
    "so": ["mahadsanid", "Waan imaan doonaa", "Ma jiraa turjumaan?", "👍"],
    "ar": ["شكرا", "هل يوجد مترجم؟", "ابنتي تحب الرياضيات", "👍"],
    "vi": ["Cảm ơn cô", "Cháu thích vẽ", "Có người phiên dịch không?", "ok"],
    "ht": ["mèsi anpil", "Pitit mwen renmen mizik", "Èske gen yon moun ki pale kreyòl?", "👍"],
    "am": ["አመሰግናለሁ", "ልጄ ሂሳብ ይወዳል", "አስተርጓሚ አለ?", "እሺ"],
    "prs": ["تشکر", "آیا ترجمان است؟", "پسرم فوتبال را خوش دارد", "👍"],
    "ps": ["مننه", "ایا ترجمان شته؟", "👍"],
    "uk": ["Дякую", "Чи буде перекладач?", "Він дуже любить читати", "👍"],
}  # fmt: skip


def town(district: District, cast: Cast, seed: int) -> dict[str, Any]:
    """The town file."""
    people: dict[str, Any] = {
        guardian.id: {"words": WORDS[guardian.language]}
        for guardian in district.guardians
        if guardian.language != "en"
    }
    for number in district.landlines:
        people[_e164(number)] = {"kind": "landline"}
    for guardian in cast.emilys_parents:
        people[guardian.id] = {"sees": 0.0, "answers": 0.0, "visit": {"none": 1.0}}
    if cast.alician is not None:
        people[cast.alician.id] = {"sees": 1.0, "answers": 1.0, "words": ["is this about Troy?"]}
        people[_e164(cast.alician.sms)] = {"kind": "mobile", "text": {"delivered": 1.0}}
    return {
        "seed": seed,
        "timezone": "America/Chicago",
        "start": START,
        "kinds": {
            "mobile": {
                "text": {"delivered": 0.93, "undelivered": 0.05, "nothing": 0.02},
                "voice": {"person": 0.35, "machine": 0.5, "none": 0.15},
            },
            "landline": {
                "text": {"landline": 1.0},
                "voice": {"person": 0.45, "machine": 0.35, "none": 0.2},
            },
            "dead": {"text": {"undelivered": 1.0}, "voice": {"none": 1.0}},
            "email": {"delivered": 0.88, "bounced": 0.12},
            "address": {"arrives": 0.93, "returned": 0.07, "days": [1, 4]},
            "home": {
                "call": {"person": 0.5, "none": 0.4, "wrong": 0.1},
                "visit": {"met": 0.55, "none": 0.35, "moved": 0.1},
                "handover": {"arrives": 0.8},
            },
        },
        "phone_kind": {
            "sms": {"mobile": 0.97, "dead": 0.03},
            "phone": {"mobile": 0.55, "landline": 0.35, "dead": 0.1},
        },
        "after_arrival": {
            "sees": 0.7,
            "answers": 0.3,
            "minutes": [3, 900],
            "by_channel": {
                "email": {"sees": 0.45},
                "letter": {"sees": 0.85, "answers": 0.2, "minutes": [600, 6000]},
            },
            "words": WORDS["en"],
        },
        "people": people,
    }


def overlay(district: District, cast: Cast) -> dict[str, Any]:
    """What a roster cannot say: orders with dates, hidden homes, who does not read, who said stop."""
    return {
        "restrictions": [
            {"student": child.id, "guardian": adult.id, "kind": kind, "from": first, "to": last}
            for child, adult, kind, first, last in cast.dated
        ],
        "hidden_addresses": [guardian.id for guardian in cast.hidden],
        "languages": dict(cast.reads_other),
        "reads": {guardian.id: False for guardian in cast.cannot_read},
        "stops": [
            {"address": _e164(guardian.sms), "at": f"{START}T19:00:00-05:00"}
            for guardian in cast.wants_no_texts
        ],
        "quiet_hours": ["20:30", "07:00"],
    }


def _e164(number: str) -> str:
    return "+1" + "".join(filter(str.isdigit, number))
