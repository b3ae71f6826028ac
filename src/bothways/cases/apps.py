"""Cases, as Django sees it."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "bothways.cases"
    label = "cases"
