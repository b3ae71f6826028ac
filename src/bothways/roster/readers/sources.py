"""Where the tables of a roster lie: a folder, a zip, one file. Hands out byte streams, within limits."""

import io
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol, TypeVar

from bothways.roster.readers.unusable import UnusableRoster

T = TypeVar("T")

Stream = io.BufferedReader

CHUNK = 1 << 16
_LARGEST_SINGLE_READ = 1 << 21  # the list of a zip's members is read in one go: some 20,000 names


@dataclass(frozen=True, slots=True)
class Limits:
    """What one roster may cost: bytes after unpacking, growth while unpacking, members of a zip."""

    total: int = 1 << 30
    ratio: int = 200
    ratio_from: int = 10 << 20  # small files may be as repetitive as they like
    members: int = 2_000


class Source(Protocol):
    """Tables by their plain name: "users.csv"."""

    @property
    def names(self) -> Sequence[str]: ...

    def open(self, name: str) -> Stream: ...

    def allowance(self, name: str) -> int | None:
        """How many bytes this table may hold by its packed size; None if it is not packed."""

    def close(self) -> None: ...


def find(path: Path, limits: Limits) -> Source:
    """The tables at this path, or UnusableRoster."""
    with _plain_errors(path.name):
        if path.is_dir():
            return _Folder(_folder_with_tables(path))
        if not path.exists():
            raise UnusableRoster(f"There is nothing at {path}. Check the path, then try again.")
        if not path.is_file():
            raise UnusableRoster(f"{path} is no folder, zip or CSV file.")
        with path.open("rb") as stream:
            start = stream.read(4)
        if start[:2] == b"PK":
            return _Zip(path, limits)
        if not start:
            raise UnusableRoster(f"{path.name} is empty. Export the roster again.")
        return _OneFile(path)


def folded(name: str) -> str:
    """A table's name however the file writes it: "Academic_Sessions.CSV" → "academicsessions"."""
    return re.sub(r"[\s_\-]", "", PurePosixPath(name).name.casefold()).removesuffix(".csv")


def is_table(name: str) -> bool:
    """Whether a file's name says that it is a table we could read."""
    plain = PurePosixPath(name).name
    return plain.lower().endswith((".csv", ".tsv", ".txt")) and not plain.startswith((".", "~"))


@contextmanager
def _plain_errors(name: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise UnusableRoster(
            f"{name} may not be read by this program. Give it permission, or move the file."
        ) from error
    except OSError as error:
        raise UnusableRoster(f"{name} could not be read ({error.strerror or error}).") from error
    except ValueError as error:  # a path with a NUL byte
        raise UnusableRoster(f"{name!r} is no usable path.") from error


class _Folder:
    def __init__(self, folder: Path) -> None:
        files = [f for f in sorted(folder.iterdir()) if is_table(f.name) and _is_regular(f)]
        self._files = {f.name: f for f in files}
        _refuse_twins(list(self._files))

    @property
    def names(self) -> Sequence[str]:
        return list(self._files)

    def open(self, name: str) -> Stream:
        with _plain_errors(name):
            return self._files[name].open("rb")

    def allowance(self, name: str) -> int | None:
        return None

    def close(self) -> None:
        pass


class _OneFile(_Folder):
    def __init__(self, path: Path) -> None:
        self._files = {path.name: path}


def _is_regular(file: Path) -> bool:
    # A pipe or device in the folder would never end.
    return stat.S_ISREG(file.stat().st_mode)


def _folder_with_tables(folder: Path) -> Path:
    inside = sorted(folder.iterdir())
    if not inside:
        raise UnusableRoster(f"The folder {folder} is empty. Put the roster's CSV files into it.")
    if any(is_table(entry.name) for entry in inside):
        return folder
    below = [
        entry
        for entry in inside
        if entry.is_dir()
        and not entry.name.startswith((".", "__"))
        and any(is_table(f.name) for f in entry.iterdir())
    ]
    return _the_one([(str(entry), entry) for entry in below], str(folder))


def _the_one(candidates: list[tuple[str, T]], where: str) -> T:
    if not candidates:
        raise UnusableRoster(
            f"There is no CSV file in {where}. Export the roster as CSV (OneRoster, School Data "
            "Sync 2.1, or one table with a mapping), then try again."
        )
    if len(candidates) > 1:
        names = ", ".join(name for name, _ in candidates[:4])
        raise UnusableRoster(
            f"{where} holds more than one folder with CSV files ({names}). Choose one of them."
        )
    return candidates[0][1]


def _refuse_twins(names: list[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(folded(name), name)
        if other != name:
            raise UnusableRoster(
                f"There are two files for the same table, {other} and {name}. Remove the wrong one."
            )


class _Guarded(io.BufferedReader):
    """Reads no more than two megabytes at once: a zip cannot make us hold a list without end."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _LARGEST_SINGLE_READ:
            raise _TooMany
        return super().read(size)


class _TooMany(Exception):
    pass


_BROKEN_ZIP = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
    ValueError,
    IndexError,
    OverflowError,
)


class _Zip:
    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self._file = _Guarded(io.FileIO(path))
        try:
            self._members = self._survey()
        except UnusableRoster:
            self._file.close()
            raise

    def _survey(self) -> dict[str, zipfile.ZipInfo]:
        path, limits = self._path, self._limits
        try:
            self._archive = zipfile.ZipFile(self._file)
            members = self._archive.infolist()
        except _TooMany as error:
            raise self._bomb("it lists far too many files") from error
        except (*_BROKEN_ZIP, OSError) as error:
            raise UnusableRoster(
                f"{path.name} is a broken zip file. Download or make it again."
            ) from error
        if len(members) > limits.members:
            raise self._bomb(f"it lists {len(members):,} files")
        if sum(max(member.file_size, 0) for member in members) > limits.total:
            raise self._bomb(f"it would unpack to more than {_gigabytes(limits.total)}")
        names = [_safe(member.filename, path.name) for member in members if not member.is_dir()]
        if any(str(name) == "[Content_Types].xml" for name in names):
            raise UnusableRoster(
                f"{path.name} is an Excel workbook. Open it, save each sheet as CSV, and give us that."
            )
        chosen = self._choose(members)
        _refuse_twins(list(chosen))
        return chosen

    def _choose(self, members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        folders: dict[str, dict[str, zipfile.ZipInfo]] = {}
        for member in members:
            name = _safe(member.filename, self._path.name)
            if member.is_dir() or not is_table(name.name) or "__MACOSX" in name.parts:
                continue
            tables = folders.setdefault(str(name.parent), {})
            if name.name in tables:
                raise UnusableRoster(
                    f"{self._path.name} holds {name} twice. Make the zip again from the folder."
                )
            tables[name.name] = member
            if member.flag_bits & 0x1:
                raise UnusableRoster(
                    f"{self._path.name} is locked with a password. Unpack it, and give us the folder."
                )
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise UnusableRoster(
                    f"{self._path.name} is packed in an unusual way. Unpack it, and give us the folder."
                )
        if "." in folders:
            return folders["."]
        near = [(name, tables) for name, tables in folders.items() if "/" not in name]
        if not near and folders:
            raise UnusableRoster(
                f"The CSV files in {self._path.name} lie too deep, in {next(iter(folders))}. "
                "Zip the folder that holds them."
            )
        return _the_one(near, self._path.name)

    @property
    def names(self) -> Sequence[str]:
        return list(self._members)

    def open(self, name: str) -> Stream:
        try:
            return Stream(_Member(self._archive.open(self._members[name]), name), CHUNK)
        except (*_BROKEN_ZIP, OSError, RuntimeError) as error:
            raise _broken(name) from error

    def allowance(self, name: str) -> int | None:
        packed = self._members[name].compress_size
        return max(packed * self._limits.ratio, self._limits.ratio_from)

    def close(self) -> None:
        self._archive.close()
        self._file.close()

    def _bomb(self, why: str) -> UnusableRoster:
        return UnusableRoster(
            f"{self._path.name} is no roster: {why}. Unpack it yourself and look, if you trust it."
        )


class _Member(io.RawIOBase):
    """A member of a zip whose damage is told as UnusableRoster."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name = stream, name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        try:
            data = self._stream.read(len(buffer))
        except (*_BROKEN_ZIP, _TooMany, OSError) as error:
            raise _broken(self._name) from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _broken(name: str) -> UnusableRoster:
    return UnusableRoster(f"{name} inside the zip is damaged. Download or make the zip again.")


def _safe(name: str, archive: str) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name):
        raise UnusableRoster(
            f"{archive} holds a file whose name points outside the zip. It was not made by a "
            "student information system; do not use it."
        )
    return path


def _gigabytes(size: int) -> str:
    return f"{size / (1 << 30):.0f} GB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MB"
