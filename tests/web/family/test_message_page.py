"""The page behind a link: one message, its family’s language, nothing else."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from bothways.core import clock
from bothways.people.models import Guardian, Student
from messaging.world import World
from web.family.conftest import Letter


def test_the_page_opens_in_the_language_it_was_sent_in(letter: Letter, phone: Client) -> None:
    page = phone.get(f"/r/{letter().code}")
    html = page.content.decode()
    print(html)
    assert page.status_code == 200
