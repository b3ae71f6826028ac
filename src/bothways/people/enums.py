"""Words for people, standing and contact points."""

from enum import StrEnum


class RestrictionKind(StrEnum):
    CONTACT = "contact"  # nothing to this adult about this child
    RECORDS = "records"  # messages to all families yes, this child's records no
    ADDRESS = "address"  # the child's home is never shown to this adult
    PICK_UP = "pick_up"


class PointKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    POSTAL = "postal"
    WHATSAPP = "whatsapp"  # a number that agreed to WhatsApp; its address is an E.164 number
    PUSH = (
        "push"  # a browser that agreed to notices; its address is channels.PushSubscription's key
    )


class PhoneKind(StrEnum):
    UNKNOWN = "unknown"  # evidence decides
    MOBILE = "mobile"
    LANDLINE = "landline"


class PointState(StrEnum):
    UNKNOWN = "unknown"
    WORKING = "working"
    FAILING = "failing"


class Source(StrEnum):
    ROSTER = "roster"
    LOCAL = "local"


class SaidBy(StrEnum):
    """Who says that a number or address changed."""

    GUARDIAN = "guardian"
    STAFF = "staff"


class ChangeHow(StrEnum):
    """By which way a change was said."""

    PAGE = "page"  # on the page that a link or code opens
    ANSWER = "answer"  # in the words of an answer
    SLIP = "slip"  # on paper, typed in by staff
    DESK = "desk"  # on a page of the staff's side


class WordClass(StrEnum):
    """Who may read words: pages, exports and printed sheets ask."""

    FAMILY = "family"  # the family and the staff who serve the child
    SPEAKER_ONLY = "speaker_only"  # who said it, and staff
    STUDENT_VOICE = "student_voice"  # what a child said: not for the family
    PROTECTED = "protected"  # safety notes and disclosures: named roles only
