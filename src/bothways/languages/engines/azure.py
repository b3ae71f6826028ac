"""Azure AI Translator, text translation 3.0."""

from collections.abc import Sequence
from urllib.parse import urlencode

from bothways.languages.engines.asking import by_lines, marked, post, strings, unmarked
from bothways.languages.engines.contract import Setting, Settings


class Azure:
    name = "azure"
    label = "Azure Translator"
    outside = True
    settings: Sequence[Setting] = (
        Setting("key", "Key", secret=True),
        Setting("region", "Region", "of the resource, such as eastus", required=False),
        Setting(
            "base_url",
            "Endpoint",
            "empty: api.cognitive.microsofttranslator.com",
            required=False,
        ),
    )

    def __init__(self, settings: Settings) -> None:
        self.key = settings.need("key")
        self.region = settings.get("region")
        self.url = settings.get("base_url", "https://api.cognitive.microsofttranslator.com").rstrip(
            "/"
        )

    def can(self, source: str, target: str) -> bool:
        return source != target

    async def translate(self, batch: Sequence[str], source: str, target: str) -> list[str]:
        query = urlencode({"api-version": "3.0", "from": source, "to": target, "textType": "html"})
        headers = {"Ocp-Apim-Subscription-Key": self.key}
        if self.region:
            headers["Ocp-Apim-Subscription-Region"] = self.region

        async def ask(lines: list[str]) -> list[str]:
            found = await post(
                f"{self.url}/translate?{query}",
                label=self.label,
                headers=headers,
                json=[
                    {"Text": marked(line, '<span class="notranslate">', "</span>")}
                    for line in lines
                ],
            )
            texts = [_text(one) for one in found] if isinstance(found, list) else None
            return [unmarked(text) for text in strings(texts, self.label)]

        return await by_lines(batch, ask, most=100, characters=40_000)


def _text(one: object) -> object:
    said = one.get("translations") if isinstance(one, dict) else None
    return (
        said[0].get("text")
        if isinstance(said, list) and said and isinstance(said[0], dict)
        else None
    )
