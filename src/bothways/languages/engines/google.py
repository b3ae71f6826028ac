"""Google Cloud Translation, Basic (v2): a key is enough."""

from collections.abc import Sequence

from bothways.languages.engines.asking import by_lines, marked, post, strings, unmarked
from bothways.languages.engines.contract import Setting, Settings

_CODES = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "prs": "fa-AF"}


class Google:
    name = "google"
    label = "Google Translation"
    outside = True
    settings: Sequence[Setting] = (
        Setting("key", "API key", "restricted to the Cloud Translation API", secret=True),
        Setting("base_url", "Address", "only for tests and proxies", required=False),
    )

    def __init__(self, settings: Settings) -> None:
        self.key = settings.need("key")
        self.url = settings.get("base_url", "https://translation.googleapis.com").rstrip("/")

    def can(self, source: str, target: str) -> bool:
        return source != target

    async def translate(self, batch: Sequence[str], source: str, target: str) -> list[str]:
        async def ask(lines: list[str]) -> list[str]:
            found = await post(
                # The key in a header: an address ends up in logs.
                f"{self.url}/language/translate/v2",
                label=self.label,
                headers={"X-goog-api-key": self.key},
                json={
                    "q": [marked(line, '<span translate="no">', "</span>") for line in lines],
                    "source": _CODES.get(source, source),
                    "target": _CODES.get(target, target),
                    "format": "html",
                },
            )
            data = found.get("data") if isinstance(found, dict) else None
            said = data.get("translations") if isinstance(data, dict) else None
            texts = [
                one.get("translatedText") if isinstance(one, dict) else None for one in said or []
            ]
            return [unmarked(text) for text in strings(texts, self.label)]

        return await by_lines(batch, ask, most=128, characters=20_000)
