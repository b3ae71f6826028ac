"""Words for the hotline."""

from enum import StrEnum


class Source(StrEnum):
    """How a teacher posted."""

    WEB = "web"
    TEXT = "text"
    VOICE = "voice"
