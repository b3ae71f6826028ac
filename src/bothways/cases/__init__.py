"""Families and school solve one thing together: cases, their data, whether it helped; and shared goals."""
