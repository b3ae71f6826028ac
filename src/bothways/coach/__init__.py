"""The coach: what in a message may hurt or close a door, and better words. Pure; no models."""

from bothways.coach.advice import Advice, Finding, Kind, Rule
from bothways.coach.check import check

__all__ = ["Advice", "Finding", "Kind", "Rule", "check"]
