"""Core, as Django sees it."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "bothways.core"
    label = "core"
