"""The one error of reading a roster."""


class UnusableRoster(Exception):
    """This cannot be read as a roster; nothing was changed. The text is one sentence for an office."""
