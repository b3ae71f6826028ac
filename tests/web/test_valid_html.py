"""Every page is valid HTML: all rows of the access tables, after much has happened, checked by vnu."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from people import Cast
from web import mended, steps
from web.every_page import Named, family_pages, staff_pages
from web.happenings import happened

VNU = Path(__file__).parents[2] / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"

# Messages that are not about our pages, as regular expressions, each with its reason beside it.
NOT_OURS: tuple[str, ...] = ()


def _whole(html: str) -> str:
    """A part that a script puts into a page is checked inside one."""
    if html.lstrip().lower().startswith("<!doctype"):
        return html
    return (
        f'<!doctype html><html lang="en"><head><title>Part</title></head><body>{html}</body></html>'
    )


def errors(pages: list[Named], folder: Path) -> list[str]:
    """What vnu says about these pages: ``get today: Duplicate ID “x”. <li id="x">``."""
    files = {}
    for number, (name, html) in enumerate(pages):
        file = folder / f"{number:03}.html"
        file.write_text(_whole(html), "utf-8")
        files[file.name] = name
    done = subprocess.run(
        ["java", "-jar", str(VNU), "--errors-only", "--format", "json", "--exit-zero-always", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return [
        f"{files[Path(found['url']).name]}: {found['message']} {found.get('extract', '').strip()}"
        for found in json.loads(done.stderr)["messages"]
        if not any(re.search(known, found["message"]) for known in NOT_OURS)
    ]


@pytest.fixture
def checker() -> None:
    if not VNU.exists():
        pytest.skip("vnu is not installed: run npm ci.")
    if shutil.which("java") is None:
        pytest.skip("No Java: install Debian's package “default-jre-headless”.")


def test_every_page_is_valid(checker: None, everybody: Cast, tmp_path: Path) -> None:
    did = happened(everybody)
    steps.step(everybody)
    steps.aunt(everybody)
    mended.broken(everybody, 1)
    pages = [*staff_pages(everybody, did), *family_pages(everybody, did, language="ar")]
    assert len(pages) > 170
    folder = tmp_path / "pages"
    folder.mkdir()
    assert errors(pages, folder) == []


def test_the_checker_finds_what_is_wrong(checker: None, tmp_path: Path) -> None:
    page = '<!doctype html><html lang="en"><title>x</title><p id="a"></p><p id="a"></p>'
    assert len(errors([("get nothing", page), ("a part", "<li>x</li>")], tmp_path)) == 2
