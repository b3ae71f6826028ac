"""The fixed words of letters as the product has them."""

from bothways.channels.letters.labels import KEYS
from bothways.languages.phrases import languages, raw

WORDS = {
    tag: {key: words for key in KEYS if (words := raw(tag, key)) is not None} for tag in languages()
}
