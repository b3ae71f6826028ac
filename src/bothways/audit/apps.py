"""Audit, as Django sees it."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "bothways.audit"
    label = "audit"
