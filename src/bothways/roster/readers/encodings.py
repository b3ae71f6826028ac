"""Which encoding a table is written in. Reads it once, in chunks; refuses what is no text."""

import codecs
from collections.abc import Iterator
from typing import NamedTuple

from bothways.roster.readers.sources import CHUNK, Stream
from bothways.roster.readers.unusable import UnusableRoster

_LONGEST_LINE = 1 << 20
_MAGIC = {
    b"PK\x03\x04": "an Excel workbook or a zip",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"{\\rt": "a word processor's file",
    b"\x1f\x8b": "a packed file",
    b"7z\xbc\xaf": "a packed file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}


class Encoding(NamedTuple):
    name: str  # for open()
    bytes: int  # size of the table
    damaged: bool = False  # some letters cannot be read; they come as U+FFFD
    guessed: bool = False  # nothing says that it is this encoding


def survey(stream: Stream, file: str, allowed: int, why_not: str) -> Encoding:
    """The encoding of a table of at most ``allowed`` bytes, or UnusableRoster."""
    first = stream.read(CHUNK)
    for magic, what in _MAGIC.items():
        if first.startswith(magic):
            raise UnusableRoster(
                f"{file} is {what}, whatever its name says. Open it, and save it as CSV (UTF-8)."
            )
    chunks = _chunks(first, stream, file, allowed, why_not)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _utf16(chunks, "utf-16", file)
    if len(first) >= 4 and first[0] and not first[1] and first[2] and not first[3]:
        return _utf16(chunks, "utf-16-le", file)
    if len(first) >= 4 and not first[0] and first[1] and not first[2] and first[3]:
        return _utf16(chunks, "utf-16-be", file)
    return _eight_bit(chunks, file)


def _chunks(first: bytes, stream: Stream, file: str, allowed: int, why_not: str) -> Iterator[bytes]:
    total, since_newline = 0, 0
    chunk = first
    while chunk:
        total += len(chunk)
        if total > allowed:
            raise UnusableRoster(f"{file} {why_not}.")
        newline = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        since_newline = len(chunk) - newline - 1 if newline >= 0 else since_newline + len(chunk)
        if since_newline > _LONGEST_LINE:
            raise UnusableRoster(
                f"{file} has a line of more than a million characters: it is no CSV file."
            )
        yield chunk
        chunk = stream.read(CHUNK)


def _utf16(chunks: Iterator[bytes], name: str, file: str) -> Encoding:
    decoder = codecs.getincrementaldecoder(name)("strict")
    size = lines = 0
    try:
        for chunk in chunks:
            size += len(chunk)
            text = decoder.decode(chunk)
            if "\0" in text:
                raise _nul(file, lines + text.count("\n", 0, text.index("\0")) + 1)
            lines += text.count("\n")
        decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        raise UnusableRoster(
            f"{file} is cut off or damaged near line {lines + 1}. Export it again."
        ) from error
    return Encoding(name, size)


def _eight_bit(chunks: Iterator[bytes], file: str) -> Encoding:
    strict = codecs.getincrementaldecoder("utf-8")("strict")
    lenient = codecs.getincrementaldecoder("utf-8")("replace")
    valid = True
    size = lines = letters = broken = 0
    for chunk in chunks:
        size += len(chunk)
        if b"\0" in chunk:
            raise _nul(file, lines + chunk.count(b"\n", 0, chunk.index(b"\0")) + 1)
        lines += chunk.count(b"\n")
        if valid:
            try:
                strict.decode(chunk)
            except UnicodeDecodeError:
                valid = False
        if not chunk.isascii():
            text = lenient.decode(chunk)
            bad = text.count("\ufffd")
            broken += bad
            letters += len(text) - len(text.encode("ascii", "ignore")) - bad
    if valid:
        try:
            strict.decode(b"", True)
        except UnicodeDecodeError:
            valid, broken = False, broken + 1
    if valid:
        return Encoding("utf-8-sig", size)
    # Windows-1252 rarely looks like UTF-8 by accident. Where most letters are good UTF-8, a few
    # were cut in half; reading the file as Windows-1252 would spoil all the others.
    if letters > broken:
        return Encoding("utf-8-sig", size, damaged=True)
    return Encoding("cp1252", size, damaged=True, guessed=True)


def _nul(file: str, line: int) -> UnusableRoster:
    return UnusableRoster(
        f"{file} has a NUL byte in line {line}: it is damaged or no CSV file. Export it again."
    )
