"""LibreTranslate: free software, on a server of the district's own or somebody else's."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from bothways.languages.engines.asking import by_lines, post, strings
from bothways.languages.engines.contract import Misconfigured, Setting, Settings

_CODES = {"zh-Hans": "zh-Hans", "prs": "fa"}
# What its public models cover of our twelve; others may have been added on a server of one's own.
_NONE = frozenset({"ht", "so", "am", "ps"})


class LibreTranslate:
    name = "libretranslate"
    label = "LibreTranslate"
    outside = True
    settings: Sequence[Setting] = (
        Setting("url", "Address", "such as https://translate.district.example"),
        Setting("api_key", "Key", "where the server asks for one", secret=True, required=False),
    )

    def __init__(self, settings: Settings) -> None:
        self.url = settings.need("url").rstrip("/")
        if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname:
            raise Misconfigured("The address of LibreTranslate begins with https:// or http://.")
        self.key = settings.get("api_key")

    def can(self, source: str, target: str) -> bool:
        return source != target and not {source, target} & _NONE

    async def translate(self, batch: Sequence[str], source: str, target: str) -> list[str]:
        async def ask(lines: list[str]) -> list[str]:
            body = {
                "q": lines,
                "source": _CODES.get(source, source),
                "target": _CODES.get(target, target),
                "format": "text",
            }
            if self.key:
                body["api_key"] = self.key
            found = await post(f"{self.url}/translate", label=self.label, json=body)
            return strings(
                found.get("translatedText") if isinstance(found, dict) else None, self.label
            )

        return await by_lines(batch, ask, most=40, characters=8_000)
