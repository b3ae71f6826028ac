"""People, as Django sees it."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "bothways.people"
    label = "people"
