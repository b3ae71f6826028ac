"""What a page asks several times about its reader it reads once, and the next page reads it anew."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bothways.accounts.models import Teaching, User
from bothways.people.models import Student
from bothways.schools.models import Section
from people import Cast


def served(user: User) -> list[str]:
    return sorted(Student.objects.live().visible_to(user).values_list("given", flat=True))


def test_a_class_is_read_once_a_page(everybody: Cast) -> None:
    reader = User.objects.get(pk=everybody.mrs_c.pk)
    reader.makes_a_page()
    before = served(reader)
    assert before == served(everybody.mrs_c)
    with CaptureQueriesContext(connection) as asked:
        assert served(reader) == before
    assert len(asked) == 1
    assert "teaching" not in asked.captured_queries[0]["sql"]


def test_a_class_that_is_taken_over_opens_with_the_next_page(everybody: Cast) -> None:
    room_7 = Section.objects.exclude(teaching__user=everybody.mrs_c).get()
    before = served(everybody.mrs_c)
    Teaching.objects.create(district=everybody.district, user=everybody.mrs_c, section=room_7)
    after = served(everybody.mrs_c)
    assert len(after) > len(before)
    reader = User.objects.get(pk=everybody.mrs_c.pk)
    reader.makes_a_page()
    assert served(reader) == after
