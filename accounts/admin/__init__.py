"""Django's admin for people: every table says which role may do what, and nothing is open by default."""

from accounts.admin import audit, site, teams, users  # noqa: F401
