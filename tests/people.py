"""Making users for tests."""

from typing import Any

from accounts.models import Role, User

PASSWORD = "a-long-enough-password"


def make_user(username: str, *, role: str = Role.ATHLETE, **fields: Any) -> User:
    """A saved user with `PASSWORD` and an e-mail address made of the name."""
    email = fields.pop("email", f"{username}@example.org")
    return User.objects.create_user(username, email, PASSWORD, role=role, **fields)
