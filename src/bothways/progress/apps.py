"""Progress, as Django sees it."""

from django.apps import AppConfig


class ProgressConfig(AppConfig):
    name = "bothways.progress"
    label = "progress"
