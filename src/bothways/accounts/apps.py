"""Accounts, as Django sees it."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "bothways.accounts"
    label = "accounts"
