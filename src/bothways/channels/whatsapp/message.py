"""One delivery as Meta's Cloud API wants it: pure, no network.

Outside of the day after a family's last words only a template that Meta approved may be sent; inside it
free text may, with up to three buttons. Sources: Meta, WhatsApp Business Platform, “Cloud API: Messages”,
“Sending template messages” and “Interactive reply buttons messages”.
"""

import re
from typing import Any

from bothways.channels.contract import Misconfigured, Outgoing
from bothways.channels.enums import Button

Body = dict[str, Any]

MOST_TEXT = 4096
MOST_WITH_BUTTONS = 1024
MOST_TITLE = 20
# A filled-in template may have 1,024 characters. Its own words are the school's; so much is left for
# them, for the name of the school and for the link.
MOST_IN_TEMPLATE = 640
MOST_NAME = 60

# What Meta calls the languages that we write in; families of the others get the template's frame in the
# fallback language, with the words inside it in their own.
META_LANGUAGES = {
    "en": "en_US",
    "es": "es_MX",
    "ar": "ar",
    "zh-Hans": "zh_CN",
    "vi": "vi",
    "prs": "fa",
    "uk": "uk",
    "pt": "pt_BR",
}


def read_languages(written: str) -> dict[str, str]:
    """“es=es, prs=fa” over the usual names. Raises Misconfigured.

    >>> read_languages("es=es")["es"], read_languages("")["es"]
    ('es', 'es_MX')
    """
    chosen = dict(META_LANGUAGES)
    for part in filter(None, (part.strip() for part in written.split(","))):
        ours, equals, metas = (piece.strip() for piece in part.partition("="))
        if not equals or not ours or not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2,3})?", metas):
            raise Misconfigured(
                f"“{part}” among the template's languages must be like es=es_MX: see “bothways carrier”."
            )
        chosen[ours] = metas
    return chosen


def free_text(delivery: Outgoing) -> Body:
    """The words as they are, with buttons where they fit."""
    school, words = delivery.sender.school, delivery.versions[0].body.strip()
    link = f"\n\n{delivery.reply_url}" if delivery.buttons and delivery.reply_url else ""
    head = f"{school}: " if school else ""
    whole = f"{head}{words}{link}"
    if delivery.buttons and len(whole) <= MOST_WITH_BUTTONS:
        return _to(delivery) | {
            "type": "interactive",
            "interactive": {
                "type": "button",
                "body": {"text": whole},
                "action": {
                    "buttons": [
                        {
                            "type": "reply",
                            "reply": {"id": payload(button, delivery.key), "title": title},
                        }
                        for button, title in _titles(delivery.buttons)
                    ]
                },
            },
        }
    if len(whole) > MOST_TEXT:
        link = f"\n\n{delivery.reply_url}" if delivery.reply_url else ""
        whole = f"{cut(f'{head}{words}', MOST_TEXT - len(link))}{link}"
    return _to(delivery) | {"type": "text", "text": {"body": whole, "preview_url": False}}


def template(delivery: Outgoing, *, name: str, language: str, with_buttons: bool) -> Body:
    """The template with the school, the words and the link in its places {{1}}, {{2}} and {{3}}."""
    values = (
        cut(one_line(delivery.sender.school), MOST_NAME),
        cut(one_line(delivery.versions[0].body), MOST_IN_TEMPLATE),
        one_line(delivery.reply_url),
    )
    components: list[Body] = [
        # Meta refuses an empty place.
        {"type": "body", "parameters": [{"type": "text", "text": v or "…"} for v in values]}
    ]
    if with_buttons:
        components += [
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": str(place),
                "parameters": [{"type": "payload", "payload": payload(button, delivery.key)}],
            }
            for place, button in enumerate(Button)
        ]
    return _to(delivery) | {
        "type": "template",
        "template": {
            "name": name,
            "language": {"policy": "deterministic", "code": language},
            "components": components,
        },
    }


def one_line(words: str) -> str:
    """Words as they may stand in a template: no line ends, no tabs, no row of blanks.

    >>> one_line("Dear family,\\n\\nno   school\\ttoday. ")
    'Dear family, no school today.'
    """
    return " ".join(words.split())


def cut(words: str, most: int) -> str:
    """At most so many characters, ended at a word and with “…” where something is missing."""
    if len(words) <= most:
        return words
    short = words[: most - 1]
    at_word = short.rsplit(None, 1)[0] if any(c.isspace() for c in short[-40:]) else short
    return f"{at_word.rstrip()}…"


def payload(button: Button, key: str) -> str:
    """What a pressed button sends back."""
    return f"{button}:{key}"


def read_payload(text: str) -> tuple[Button, str] | None:
    """(button, delivery key) of ours; None for what is not.

    >>> read_payload("call_me:k1"), read_payload("Unsubscribe")
    ((<Button.CALL_ME: 'call_me'>, 'k1'), None)
    """
    name, _, key = text.partition(":")
    return (Button(name), key) if key and name in set(Button) else None


def tracking(key: str, purpose: str) -> str:
    """What Meta gives back with every status: the key first, then what it was for."""
    return f"{key}?p={purpose}"


def tracked_key(text: str) -> str:
    return text.partition("?")[0]


def _to(delivery: Outgoing) -> Body:
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": delivery.to,
        "biz_opaque_callback_data": tracking(delivery.key, delivery.purpose),
    }


def _titles(buttons: tuple[tuple[Button, str], ...]) -> list[tuple[Button, str]]:
    return [(button, cut(one_line(title), MOST_TITLE)) for button, title in buttons[:3]]
