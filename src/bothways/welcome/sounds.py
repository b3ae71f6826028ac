"""What phones and browsers record: told by the beginning of the file, never by its name."""

from typing import Final

MOST_BYTES: Final = 5_000_000
_KINDS: Final = (
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"\xff\xf3", 0, "audio/mpeg"),
    (b"\xff\xf2", 0, "audio/mpeg"),
    (b"WAVE", 8, "audio/wav"),
    (b"OggS", 0, "audio/ogg"),
    (b"\x1aE\xdf\xa3", 0, "audio/webm"),
    (b"ftyp", 4, "audio/mp4"),
    (b"#!AMR", 0, "audio/amr"),
    (b"\xff\xf1", 0, "audio/aac"),
)


class NotASound(ValueError):
    """It cannot be played, or is too long; the text says what to do."""


def kind_of(data: bytes) -> str:
    """The content type. Raises NotASound.

    >>> kind_of(b"OggS....")
    'audio/ogg'
    """
    if len(data) > MOST_BYTES:
        raise NotASound("The sound is larger than 5 MB. Say it in two parts, or in fewer words.")
    for mark, at, kind in _KINDS:
        if data[at : at + len(mark)] == mark:
            return kind
    raise NotASound("This is no sound that can be played. Record it once more.")
