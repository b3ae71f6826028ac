"""Ledger, as Django sees it."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "bothways.ledger"
    label = "ledger"
