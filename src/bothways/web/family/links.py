"""Words as paragraphs, with the addresses in them made to be tapped."""

import re

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

_ADDRESS = re.compile(r"https?://[^\s<>\"“”«»]+", re.IGNORECASE)
_PARTS = re.compile(r"[^/]*/*")
_AFTER = ".,;:!?)]}'’،؛؟。，、！？）：；።፣"


def paragraphs(words: str) -> list[SafeString]:
    """Each paragraph as HTML: everything escaped, http(s) addresses as links shown in full.

    A link shows where it leads: nobody is asked to trust “click here”.
    """
    parts = re.split(r"\n[ \t\r]*\n\s*", words.strip())
    return [_linked(part.strip()) for part in parts if part.strip()]


def _linked(text: str) -> SafeString:
    pieces: list[tuple[str | SafeString]] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(_AFTER)
        if len(address) <= len("https://"):
            continue
        pieces.append((text[end : found.start()],))
        link = format_html(
            '<a href="{}" rel="noopener noreferrer nofollow" dir="ltr">{}</a>',
            address,
            # A long address breaks at its slashes rather than in the middle of a word.
            format_html_join(
                mark_safe("<wbr>"), "{}", ((part,) for part in _PARTS.findall(address))
            ),
        )
        pieces.append((link,))
        end = found.start() + len(address)
    pieces.append((text[end:],))
    return format_html_join("", "{}", pieces)
