"""Welcome, as Django sees it."""

from django.apps import AppConfig


class WelcomeConfig(AppConfig):
    name = "bothways.welcome"
    label = "welcome"
