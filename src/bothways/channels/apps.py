"""Channels, as Django sees it."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "bothways.channels"
    label = "channels"
