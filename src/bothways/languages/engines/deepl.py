"""DeepL, by its API v2."""

from collections.abc import Sequence

from bothways.languages.engines.asking import by_lines, marked, post, strings, unmarked
from bothways.languages.engines.contract import Setting, Settings

_SOURCES = {"zh-Hans": "ZH"}
_TARGETS = {"zh-Hans": "ZH-HANS", "en": "EN-US", "pt": "PT-BR"}
_KNOWN = frozenset(
    {"en", "es", "ar", "zh-Hans", "vi", "uk", "pt", "fr", "de", "ru", "ko", "ja", "tr", "pl"}
)


class DeepL:
    name = "deepl"
    label = "DeepL"
    outside = True
    settings: Sequence[Setting] = (
        Setting("key", "Authentication key", "ends in :fx for the free plan", secret=True),
        Setting("base_url", "Address", "only for tests and proxies", required=False),
    )

    def __init__(self, settings: Settings) -> None:
        self.key = settings.need("key")
        host = "api-free.deepl.com" if self.key.endswith(":fx") else "api.deepl.com"
        self.url = settings.get("base_url", f"https://{host}").rstrip("/")

    def can(self, source: str, target: str) -> bool:
        return source != target and {source, target} <= _KNOWN

    async def translate(self, batch: Sequence[str], source: str, target: str) -> list[str]:
        async def ask(lines: list[str]) -> list[str]:
            found = await post(
                f"{self.url}/v2/translate",
                label=self.label,
                headers={"Authorization": f"DeepL-Auth-Key {self.key}"},
                json={
                    "text": [marked(line, "<x>", "</x>") for line in lines],
                    "source_lang": _SOURCES.get(source, source.upper()),
                    "target_lang": _TARGETS.get(target, target.upper()),
                    "tag_handling": "xml",
                    "ignore_tags": ["x"],
                },
            )
            said = found.get("translations") if isinstance(found, dict) else None
            texts = [one.get("text") if isinstance(one, dict) else None for one in said or []]
            return [unmarked(text) for text in strings(texts, self.label)]

        return await by_lines(batch, ask, most=50, characters=50_000)
