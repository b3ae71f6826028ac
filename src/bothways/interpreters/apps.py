"""Interpreters, as Django sees it."""

from django.apps import AppConfig


class InterpretersConfig(AppConfig):
    name = "bothways.interpreters"
    label = "interpreters"
