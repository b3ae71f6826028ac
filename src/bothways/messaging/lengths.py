"""How long a recording lasts, told by its own headers. Pure; nothing is decoded.

WAV: Microsoft's RIFF specification, chunks “fmt ” and “data”. MP3: frame headers of ISO/IEC 11172-3 and
13818-3; frames are walked, so that files with a varying bit rate are counted right.
"""

import struct
from typing import Final

_MPEG1: Final = (
    0,
    32,
    40,
    48,
    56,
    64,
    80,
    96,
    112,
    128,
    160,
    192,
    224,
    256,
    320,
)  # kbit/s, layer III
_MPEG2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES: Final = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}


def seconds_of(data: bytes, kind: str) -> int | None:
    """Whole seconds, rounded up; None where the file does not tell."""
    length = _wav(data) if kind == "audio/wav" else _mp3(data)
    if length is None or length <= 0:
        return None
    return max(1, -int(-length // 1))


def _wav(data: bytes) -> float | None:
    rate, at = 0, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"fmt " and at + 20 <= len(data):
            rate = struct.unpack_from("<I", data, at + 16)[0]  # bytes a second
        elif name == b"data":
            # Recorders that were cut off write a size that the file does not have.
            return min(size, len(data) - at - 8) / rate if rate else None
        at += 8 + size + size % 2
    return None


def _mp3(data: bytes) -> float | None:
    at = _after_id3(data)
    length, frames = 0.0, 0
    while at + 4 <= len(data):
        found = _frame(data, at)
        if found is None:
            if frames:
                break  # tags stand at the end
            at += 1
            if at > 100_000:
                return None
            continue
        size, lasts = found
        at, length, frames = at + size, length + lasts, frames + 1
    # One frame can be found by chance in anything.
    return length if frames > 1 else None


def _after_id3(data: bytes) -> int:
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _frame(data: bytes, at: int) -> tuple[int, float] | None:
    """(bytes, seconds) of the frame that begins here."""
    if data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
    bits, rate = data[at + 2] >> 4, data[at + 2] >> 2 & 3
    if version not in _RATES or layer != 1 or bits in (0, 15) or rate == 3:
        return None
    per_second = (_MPEG1 if version == 3 else _MPEG2)[bits] * 1000
    hertz = _RATES[version][rate]
    samples = 1152 if version == 3 else 576
    padding = data[at + 2] >> 1 & 1
    return samples // 8 * per_second // hertz + padding, samples / hertz
