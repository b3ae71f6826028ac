"""Barriers, as Django sees it."""

from django.apps import AppConfig


class BarriersConfig(AppConfig):
    name = "bothways.barriers"
    label = "barriers"
