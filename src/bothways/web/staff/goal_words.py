"""What goals and talks are called on staff pages."""

from django.utils.translation import gettext_lazy as _

from bothways.web.staff.words import Words

SET_BY: Words = {
    "family": _("the family’s goal"),
    "teacher": _("school’s goal"),
    "student": _("the student’s goal"),
}
STATES: Words = {
    "open": _("open"),
    "reached": _("reached"),
    "let_go": _("let go"),
}
EVERY: Words = {
    "never": _("not by text"),
    "week": _("once a week"),
    "fortnight": _("every two weeks"),
}
EVENTS: Words = {
    "set": _("Set"),
    "changed": _("Changed"),
    "said": _("How it goes"),
    "checked": _("How it went"),
    "reached": _("Reached"),
    "let_go": _("Let go"),
    "opened_again": _("Taken up again"),
}
SIDES: Words = {
    "home": _("home"),
    "school": _("school"),
    "student": _("the student"),
}
