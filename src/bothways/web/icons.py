# ruff: noqa: E501 - paths of drawings are long
"""Icons: a small set of line drawings that always stand beside words, so they are hidden from readers."""

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

# Drawn by us on a grid of 24, lines of 1.6. One word each for what it says, not for what it shows.
ICONS: dict[str, str] = {
    "add": '<path d="M12 5v14M5 12h14"/>',
    "answer": '<path d="M4 5h16v11H10l-5 4v-4H4z"/>',
    "back": '<path d="M15 5l-7 7 7 7"/>',
    "calendar": '<path d="M4 6h16v14H4zM4 10.5h16M8.5 3.5V8M15.5 3.5V8"/>',
    "call": '<path d="M6 3.5h3l1.7 4.3-2.2 1.7a12 12 0 0 0 6 6l1.7-2.2 4.3 1.7v3a2 2 0 0 1-2.2 2A16.5 16.5 0 0 1 4 5.7a2 2 0 0 1 2-2.2z"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.2l3.4 2"/>',
    "done": '<path d="M4.5 12.5l5 5 10-11"/>',
    "download": '<path d="M12 4v11M7 10.5l5 5 5-5M5 20h14"/>',
    "email": '<path d="M3.5 6h17v12.5h-17zM4 6.5l8 6.5 8-6.5"/>',
    "family": '<circle cx="8.5" cy="7.5" r="3"/><circle cx="16.5" cy="10" r="2.3"/><path d="M3 19.5v-1.8a4.7 4.7 0 0 1 4.7-4.7h1.6a4.7 4.7 0 0 1 4.7 4.7v1.8M15.6 14.6h1.6a3.8 3.8 0 0 1 3.8 3.8v1.1"/>',
    "good": '<path d="M12 3.5l2.5 5.3 5.8.8-4.2 4 1 5.8-5.1-2.8-5.1 2.8 1-5.8-4.2-4 5.8-.8z"/>',
    "language": '<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c2.6 2.4 3.9 5.2 3.9 8.5s-1.3 6.1-3.9 8.5c-2.6-2.4-3.9-5.2-3.9-8.5S9.4 5.9 12 3.5z"/>',
    "letter": '<path d="M6 3.5h8l4.5 4.5v12.5H6zM13.5 3.5V8.5h5M9 12.5h6.5M9 16h6.5"/>',
    "lock": '<path d="M5.5 11h13v9.5h-13zM8.5 11V8a3.5 3.5 0 0 1 7 0v3"/>',
    "print": '<path d="M7 8.5v-5h10v5M7 17H4V8.5h16V17h-3M7 14h10v6.5H7z"/>',
    "reach": '<path d="M5 20V9.5M12 20V4M19 20v-7"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6"/><path d="M15 15l5.5 5.5"/>',
    "send": '<path d="M4 11.5L20.5 4l-5 16.5-4-6.5z"/><path d="M11.5 14l9-10"/>',
    "settings": '<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>',
    "sound": '<path d="M4 9.5v5h3.5l5 4.5V5l-5 4.5zM16 9a4.2 4.2 0 0 1 0 6M18.5 6.5a7.8 7.8 0 0 1 0 11"/>',
    "text": '<path d="M7 3.5h10v17H7zM10.5 17.5h3"/>',
    "visit": '<path d="M4 20.5V10.5l8-6.5 8 6.5v10zM9.5 20.5v-6a2.5 2.5 0 0 1 5 0v6"/>',
    "warning": '<path d="M12 4l9 16H3zM12 10v4.5M12 17.3v.2"/>',
    "write": '<path d="M4.5 19.5l1-4.5L16 4.5l3.5 3.5L9 18.5z"/><path d="M13.5 7l3.5 3.5"/>',
}


# These point somewhere: where the page runs the other way, so do they.
_TURNS = frozenset({"answer", "back", "send", "write"})


class NoSuchIcon(KeyError):
    """A template asks for a drawing that is not in the set: add it to ``ICONS``, or use another."""


def icon(name: str) -> SafeString:
    """``{% icon "call" %}``: the drawing, as large as the words beside it."""
    try:
        drawing = ICONS[name]
    except KeyError:
        raise NoSuchIcon(name) from None
    # Ours alone, never what somebody typed.
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        " turns" if name in _TURNS else "",
        mark_safe(drawing),  # noqa: S308
    )
