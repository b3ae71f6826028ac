"""Roster, as Django sees it."""

from django.apps import AppConfig


class RosterConfig(AppConfig):
    name = "bothways.roster"
    label = "roster"
