"""Look at a page as everybody must be able to use it."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

SignIn = Callable[..., Page]


def look(page: Page) -> list[str]:
    """What is wrong with this page: it scrolls sideways, or axe has found something."""
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    found = [f"{wide} px too wide"] if wide > 0 else []
    if AXE.exists():
        # Put in by the tool, not by the page: the page's own policy allows no foreign script.
        page.evaluate(AXE.read_text("utf-8"))
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [
            f"{violation['id']}: {violation['nodes'][0]['html'][:160]}"
            for violation in result["violations"]
        ]
    return found
