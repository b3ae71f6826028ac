"""Consent, as Django sees it."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "bothways.consent"
    label = "consent"
