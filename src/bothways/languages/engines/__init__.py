"""Machines that translate, each behind the same small contract."""
