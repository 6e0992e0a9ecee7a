"""Measurements, each `python -m benchmarks.NAME [--json FILE]`: a ratio to a named baseline in the same run."""
