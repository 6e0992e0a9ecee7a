"""The composition root of FitBalance."""

__version__ = "0.2.0"
"""The one place that names the version: settings, packaging, artifacts and backups read it here."""
