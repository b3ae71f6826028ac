"""Feedback, as Django sees it."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "bothways.feedback"
    label = "feedback"
