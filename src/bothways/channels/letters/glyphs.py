"""Which characters the bundled fonts can show, read from the fonts themselves.

An empty box on a letter home is a word that a family cannot read, so a letter is checked before it
is printed.
Source of the tables: OpenType 1.9, chapter "cmap", subtable formats 4 and 12.
"""

import struct
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

FONTS = Path(__file__).parent / "fonts"

_ARABIC_FORMAT = {0x0600, 0x0601, 0x0602, 0x0603, 0x06DD}  # Cf by class, and yet they have a shape


def missing(text: str) -> str:
    """The characters of ``text`` that no bundled font has, each once, in order; "" for none."""
    covered = coverage()
    return "".join(
        char
        for char in dict.fromkeys(text)
        if ord(char) not in covered and not _draws_nothing(char)
    )


def _draws_nothing(char: str) -> bool:
    """Joiners, direction marks, variation selectors and line ends need no glyph."""
    point = ord(char)
    if char in "\n\u00ad" or 0xFE00 <= point <= 0xFE0F:
        return True
    return unicodedata.category(char) == "Cf" and point not in _ARABIC_FORMAT


@lru_cache(maxsize=1)
def coverage() -> frozenset[int]:
    """Every code point that some regular font of the folder has (about 45,000; read once)."""
    points: set[int] = set()
    for font in sorted(FONTS.glob("*-Regular.ttf")):
        with font.open("rb") as file:
            for first, last in _runs(file):
                points.update(range(first, last + 1))
    return frozenset(points)


def _runs(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Runs of code points (first, last) that have a glyph, from the best Unicode subtable."""
    table = _table(file, b"cmap")
    (count,) = struct.unpack_from(">H", table, 2)
    formats: dict[int, int] = {}
    for platform, encoding, offset in struct.iter_unpack(">HHI", table[4 : 4 + 8 * count]):
        if platform == 0 or (platform == 3 and encoding in (1, 10)):
            (kind,) = struct.unpack_from(">H", table, offset)
            formats[kind] = offset
    if 12 in formats:
        yield from _format_12(table, formats[12])
    elif 4 in formats:
        yield from _format_4(table, formats[4])
    else:
        raise ValueError(f"{file.name} has no Unicode character table that we can read.")


def _table(file: BinaryIO, tag: bytes) -> bytes:
    (count,) = struct.unpack(">4xH6x", file.read(12))
    for name, _, offset, length in struct.iter_unpack(">4sIII", file.read(16 * count)):
        if name == tag:
            file.seek(offset)
            return file.read(length)
    raise ValueError(f"{file.name} is not a font: it has no {tag.decode()} table.")


def _format_12(table: bytes, offset: int) -> Iterator[tuple[int, int]]:
    (groups,) = struct.unpack_from(">I", table, offset + 12)
    body = table[offset + 16 : offset + 16 + 12 * groups]
    for first, last, glyph in struct.iter_unpack(">III", body):
        yield first + (glyph == 0), last  # glyph 0 is the empty box


def _format_4(table: bytes, offset: int) -> Iterator[tuple[int, int]]:
    (double,) = struct.unpack_from(">H", table, offset + 6)
    count = double // 2

    def column(number: int, shape: str, at: int) -> tuple[int, ...]:
        return struct.unpack_from(f">{count}{shape}", table, offset + 14 + at + number * double)

    lasts = column(0, "H", 0)
    firsts = column(1, "H", 2)
    deltas = column(2, "h", 2)
    starts = column(3, "H", 2)
    for index in range(count):
        first, last = firsts[index], lasts[index]
        if first == 0xFFFF:
            continue
        if starts[index] == 0:
            for point in range(first, last + 1):
                if (point + deltas[index]) & 0xFFFF:
                    yield point, point
            continue
        base = offset + 16 + 3 * double + 2 * index + starts[index]
        for point in range(first, last + 1):
            (glyph,) = struct.unpack_from(">H", table, base + 2 * (point - first))
            if glyph:
                yield point, point
