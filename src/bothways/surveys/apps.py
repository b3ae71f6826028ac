"""Surveys, as Django sees it."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "bothways.surveys"
    label = "surveys"
