"""Messaging, as Django sees it."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "bothways.messaging"
    label = "messaging"
