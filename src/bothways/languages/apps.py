"""Languages, as Django sees them."""

from django.apps import AppConfig


class LanguagesConfig(AppConfig):
    name = "bothways.languages"
    label = "languages"
