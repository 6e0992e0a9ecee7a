"""What the registry tells rooms above it."""

from django.dispatch import Signal

served_changed = Signal()
"""Another version may serve from now on; sent after the commit."""

dataset_redacted = Signal()
"""Somebody's data was taken out of a dataset (`dataset`); sent inside the transaction."""
