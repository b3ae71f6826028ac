"""Bothways: partnership between families and schools, in both directions."""

__version__ = "0.1.0"
