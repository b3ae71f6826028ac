"""Append-only files of JSON lines which survive a kill."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_to_json = json.JSONEncoder(ensure_ascii=False).encode  # made once: twice as quick as json.dumps


class Journal:
    """One JSON object a line, UTF-8, handed to the system at each line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        _drop_torn_end(path)
        self._file = path.open("ab")

    def write(self, line: Mapping[str, Any]) -> None:
        # A lone surrogate becomes \udXXX, which is right JSON, instead of an error.
        text = _to_json(line) + "\n"
        self._file.write(text.encode("utf-8", "backslashreplace"))
        self._file.flush()

    def read(self) -> Iterator[dict[str, Any]]:
        """All lines so far; a line that is not an object is passed over."""
        with self.path.open("rb") as lines:
            for raw in lines:
                try:
                    line = json.loads(raw)
                except ValueError:
                    continue
                if isinstance(line, dict):
                    yield line

    def close(self) -> None:
        self._file.close()


def _drop_torn_end(path: Path) -> None:
    """Cut a last line without its end, left by a kill: the next line must not be glued to it."""
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("rb+") as file:
        end = file.seek(0, 2)
        at = end
        while at > 0:
            start = max(0, at - 65536)
            file.seek(start)
            found = file.read(at - start).rfind(b"\n")
            if found >= 0:
                if start + found + 1 < end:
                    file.truncate(start + found + 1)
                return
            at = start
        file.truncate(0)
