"""Schools, as Django sees it."""

from django.apps import AppConfig


class SchoolsConfig(AppConfig):
    name = "bothways.schools"
    label = "schools"
