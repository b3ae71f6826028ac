"""Mails as such: writing them, and reading what comes back. Which carrier they go by does not matter here."""
