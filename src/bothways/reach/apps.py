"""Reach, as Django sees it."""

from django.apps import AppConfig


class ReachConfig(AppConfig):
    name = "bothways.reach"
    label = "reach"
