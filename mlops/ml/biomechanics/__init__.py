"""Biomechanics: bodies, motion, form."""
