"""Outreach, as Django sees it."""

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "bothways.outreach"
    label = "outreach"
