"""Which engines there are."""

from collections.abc import Mapping

from bothways.languages.engines.apertium import Apertium
from bothways.languages.engines.azure import Azure
from bothways.languages.engines.contract import Engine
from bothways.languages.engines.deepl import DeepL
from bothways.languages.engines.google import Google
from bothways.languages.engines.libretranslate import LibreTranslate

ENGINES: Mapping[str, type[Engine]] = {
    LibreTranslate.name: LibreTranslate,
    DeepL.name: DeepL,
    Google.name: Google,
    Azure.name: Azure,
    Apertium.name: Apertium,
}
