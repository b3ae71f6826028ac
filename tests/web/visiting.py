"""A browser for somebody of the cast."""

from collections.abc import Callable

from django.test import Client

from bothways.accounts.models import User

Visit = Callable[[User | None], Client]
