"""Benchmarks: each measures its baseline in the same run and tells the ratio."""
