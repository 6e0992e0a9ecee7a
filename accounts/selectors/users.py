"""Finding people."""

from accounts.models import User

DEMO_USERNAMES = {"athlete": "athlete", "coach": "coach", "ml_staff": "staff", "administrator": "admin"}
"""Role → user name of the demo person that the landing page signs in."""


def demo_user(role: str) -> User | None:
    """The demo person of a role; None before demo life is loaded."""
    return User.objects.filter(is_demo=True, is_active=True, role=role, username=DEMO_USERNAMES.get(role, "")).first()
