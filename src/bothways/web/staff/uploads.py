"""Uploaded rosters, kept under a random name until somebody confirms or discards them."""

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from bothways.core import clock
from bothways.core.home import bothways_home, folder

_KEY = re.compile(r"[0-9a-f]{32}")
_STATE = "upload.json"
# More than this takes longer than a request should: it becomes a job with a page that waits.
SMALL = 6 * 1024 * 1024
_ZIP_IS_TIMES = 6

Stage = Literal["mapping", "waiting", "ready", "unusable", "importing", "done"]


class UnusableUpload(ValueError):
    """These files cannot be taken; the text says what to send instead."""


@dataclass(slots=True)
class Upload:
    key: str
    user: int
    district: int
    name: str  # as it was called on the user's machine
    path: str  # inside the upload's folder
    size: int
    at: str
    stage: Stage = "waiting"
    mapping: dict[str, Any] | None = None
    words: str = ""  # why it cannot be used
    report: dict[str, Any] = field(default_factory=dict)
    losses: list[str] = field(default_factory=list)
    allow_removals: bool = False
    what: str = "roster"  # which kind of files; each has a room and a command of its own

    @property
    def place(self) -> Path:
        return _place(self.key)

    @property
    def source(self) -> Path:
        return self.place / self.path

    @property
    def since(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @property
    def small(self) -> bool:
        weight = self.size * (_ZIP_IS_TIMES if self.path.lower().endswith(".zip") else 1)
        return weight <= SMALL

    def save(self) -> None:
        draft = self.place / f".{_STATE}.new"
        draft.write_text(json.dumps(asdict(self), ensure_ascii=False, default=str), "utf-8")
        draft.replace(self.place / _STATE)

    def claim(self) -> bool:
        """Be the one who imports it: of two clicks only the first gets True."""
        try:
            (self.place / "claimed").touch(exist_ok=False)
        except OSError:
            return False
        return True

    def release(self) -> None:
        (self.place / "claimed").unlink(missing_ok=True)

    def discard(self) -> None:
        """The files held names of children: they do not lie about."""
        shutil.rmtree(self.place, ignore_errors=True)


def _place(key: str) -> Path:
    return folder(bothways_home(), "uploads") / key


def take(
    files: "Iterable[UploadedFile[bytes]]", *, user: int, district: int, what: str = "roster"
) -> Upload:
    """Keep one zip, one table, or several CSV files; raises UnusableUpload."""
    given = list(files)
    if not given:
        raise UnusableUpload("Choose a file first.")
    size = sum(file.size or 0 for file in given)
    if size > settings.ROSTER_UPLOAD_MAX:
        raise UnusableUpload(
            f"This is more than 200 MB. Load it with the command “bothways {what}”."
        )
    names = [_safe(file.name or "") for file in given]
    if len(given) > 1:
        if not all(name.lower().endswith(".csv") for name in names):
            raise UnusableUpload("Send either one zip, or CSV files only.")
        if len({name.lower() for name in names}) < len(names):
            raise UnusableUpload("Two of the files have the same name.")
    key = token_hex(16)
    place = _place(key)
    place.mkdir(mode=0o700)
    inside = place / "files"
    inside.mkdir(mode=0o700)
    for file, name in zip(given, names, strict=True):
        with (inside / name).open("wb") as out:
            for chunk in file.chunks():
                out.write(chunk)
    single = len(given) == 1
    upload = Upload(
        key=key,
        user=user,
        district=district,
        name=(given[0].name or names[0])[:120] if single else f"{len(given)} CSV files",
        path=f"files/{names[0]}" if single else "files",
        size=size,
        at=clock.now().isoformat(),
        what=what,
    )
    upload.save()
    return upload


def _safe(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name.replace("\\", "/").rsplit("/", 1)[-1]).lstrip(".")
    return plain[-100:] or "roster.csv"


def find(key: str, *, user: int, what: str = "roster") -> Upload | None:
    """This user's upload; None for a key that is none, another's, or one that was discarded."""
    found = load(key)
    return found if found is not None and (found.user, found.what) == (user, what) else None


def load(key: str) -> Upload | None:
    if not _KEY.fullmatch(key):
        return None
    try:
        return Upload(**json.loads((_place(key) / _STATE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def mine(user: int, what: str = "roster") -> list[Upload]:
    """Uploads of this user that wait for a decision, newest first."""
    place = folder(bothways_home(), "uploads")
    found = [find(path.name, user=user, what=what) for path in place.iterdir()]
    return sorted((u for u in found if u is not None), key=lambda u: u.at, reverse=True)
