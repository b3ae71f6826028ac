"""Reading Twilio's markup for calls: strict where Twilio is strict.

Source: Twilio, "TwiML for Programmable Voice".
"""

from dataclasses import dataclass
from xml.etree import ElementTree

SPEAKING = frozenset({"Say", "Play", "Pause"})
VERBS = SPEAKING | {"Gather", "Record", "Hangup", "Redirect"}
MOST_BYTES = 64_000


class BadTwiML(ValueError):
    """Twilio would say that an application error has occurred; the text says why."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One instruction. ``text`` is what is said, or the address that is played."""

    name: str
    text: str
    attributes: dict[str, str]
    inner: tuple["Verb", ...] = ()


def parse(document: str) -> tuple[Verb, ...]:
    """The verbs in their order. Raises BadTwiML."""
    if len(document.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise BadTwiML("larger than 64 kB")
    if "<!DOCTYPE" in document or "<!ENTITY" in document:
        raise BadTwiML("a document type")
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - without a document type no entities
    except (ElementTree.ParseError, ValueError) as error:
        raise BadTwiML(f"not XML ({error})") from error
    if root.tag != "Response":
        raise BadTwiML("no <Response>")
    return tuple(_verb(one, VERBS) for one in root)


def _verb(element: ElementTree.Element, allowed: frozenset[str]) -> Verb:
    if element.tag not in allowed:
        raise BadTwiML(f"<{element.tag}> is not allowed here")
    inner: tuple[Verb, ...] = ()
    if element.tag == "Gather":
        inner = tuple(_verb(one, SPEAKING) for one in element)
    elif len(element):
        raise BadTwiML(f"<{element.tag}> holds other verbs")
    return Verb(element.tag, (element.text or "").strip(), dict(element.attrib), inner)
