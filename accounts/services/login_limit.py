"""Counting wrong passwords: five in five minutes are answered, the sixth is refused unseen.

Each failure takes one of five slots in the shared cache for five minutes. `cache.add` takes a slot
atomically, so that the limit holds across processes and parallel attempts; the slots expire one by
one, so that the window slides.
"""

import hashlib
import math
import time

from django.core.cache import cache
from django.db.models import Q

from accounts.models import User

N_FAILURES = 5
WINDOW_S = 300


class TooManyLogins(Exception):
    """Too many wrong passwords for one login name; try again after `retry_after_s` seconds."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


def login_check(login: str) -> None:
    """Raise TooManyLogins when all slots of this login name are taken. Unknown names count alike."""
    taken = cache.get_many(_slots(login))
    if len(taken) >= N_FAILURES:
        raise TooManyLogins(max(1, math.ceil(min(taken.values()) - time.time())))


def login_failed(login: str) -> bool:
    """Count a wrong password; True when this one used the last slot."""
    for n, slot in enumerate(_slots(login), start=1):
        if cache.add(slot, time.time() + WINDOW_S, WINDOW_S):
            return n == N_FAILURES
    return True


def login_succeeded(login: str) -> None:
    """A right password frees the slots."""
    cache.delete_many(_slots(login))


def login_user(login: str) -> User | None:
    """The account a login name means: user name or e-mail, whatever the case."""
    return User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login)).order_by("pk").first()


def _slots(login: str) -> list[str]:
    """Slot keys; user name and e-mail of one account share them, and no name is readable in the cache."""
    user = login_user(login)
    key = f"user:{user.pk}" if user else f"unknown:{login.strip().lower()}"
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return [f"login-failed:{digest}:{n}" for n in range(N_FAILURES)]
