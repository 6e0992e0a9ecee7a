"""Backups of a whole site: made while it runs, verified, put back."""
