"""The hotline, as Django sees it."""

from django.apps import AppConfig


class HotlineConfig(AppConfig):
    name = "bothways.hotline"
    label = "hotline"
