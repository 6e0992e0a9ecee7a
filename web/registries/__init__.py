"""Registries that apps fill from AppConfig.ready(): personal data, demo life, navigation."""
