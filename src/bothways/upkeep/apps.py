"""Upkeep, as Django sees it."""

from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "bothways.upkeep"
    label = "upkeep"
