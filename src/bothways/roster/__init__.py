"""Rosters: read, compare, bring in; without losing what people typed here."""
