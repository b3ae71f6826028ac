"""What can go wrong with the embedded database."""


class PgError(Exception):
    """The database cannot be used; the words say why, and what to do."""
