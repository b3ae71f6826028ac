"""Web, as Django sees it."""

from django.apps import AppConfig
from django.conf import locale

from bothways.languages.codes import LANG_INFO


class WebConfig(AppConfig):
    name = "bothways.web"
    label = "web"

    def ready(self) -> None:
        # Django does not know half of the district's languages, and would lay out Dari from left to right.
        for code, info in LANG_INFO.items():
            locale.LANG_INFO.setdefault(code, info)
