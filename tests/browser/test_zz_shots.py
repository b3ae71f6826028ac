
from browser.test_steps import _pages
from web import steps
def test_shots(sign_in, everybody):
    import re
    paths = None
    for width, scheme in ((1280,"light"),(360,"dark")):
        page = sign_in(everybody.principal, width=width, scheme=scheme)
        paths = paths or _pages(everybody)
        for path in paths:
            page.goto(path)
            name = re.sub(r"[^a-z0-9]+", "-", path).strip("-") or "root"
            page.screenshot(path=f"/tmp/d/{name}-{width}-{scheme}.png", full_page=True, timeout=60000)
    page.goto(paths[2]); page.pdf(path="/tmp/d/sheets.pdf", format="Letter")
    page.goto(paths[6]); page.pdf(path="/tmp/d/sheet.pdf", format="Letter")
