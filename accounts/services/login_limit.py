"""Counting wrong passwords and wrong codes: five in five minutes are answered, the sixth is refused unseen.

Each attempt first takes one of five slots in the shared cache for five minutes, and a right password
gives its slot back. `cache.add` takes a slot atomically, so that the limit holds across processes and
parallel attempts; slots expire one by one, so that the window slides. Codes of a second factor have slots of their
own, which only somebody with the right password can use up: a stranger keeps nobody out.
"""

import hashlib
import math
import time
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Q

from accounts.models import User

N_ATTEMPTS = 5
WINDOW_S = 300


class TooManyLogins(Exception):
    """Too many wrong passwords for one login name; try again after `retry_after_s` seconds."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


MAX_LOGIN = 254
"""Characters of the longest e-mail address; no database is asked for more."""


@dataclass(frozen=True)
class Attempt:
    """A taken slot. `is_last`: the next wrong password is refused."""

    slot: str
    is_last: bool


def attempt_begin(login: str) -> Attempt:
    """Take a slot before a password is looked at; raises TooManyLogins. Unknown names count alike."""
    user = login_user(login)
    return _take(f"user:{user.pk}" if user else f"unknown:{login.strip().lower()}")


def code_begin(user: User) -> Attempt:
    """The same before a code of the account's second factor is looked at, from wherever it comes."""
    return _take(f"code:{user.pk}")


def _take(who: str) -> Attempt:
    digest = hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()[:32]  # no name is readable in the cache
    slots = [f"login-attempt:{digest}:{n}" for n in range(N_ATTEMPTS)]
    for n, slot in enumerate(slots, start=1):
        if cache.add(slot, time.time() + WINDOW_S, WINDOW_S):
            return Attempt(slot, is_last=n == N_ATTEMPTS)
    ends = cache.get_many(slots).values()
    raise TooManyLogins(max(1, math.ceil(min(ends, default=time.time()) - time.time())))


def attempt_succeeded(attempt: Attempt) -> None:
    """The password or code was right: only failures count."""
    cache.delete(attempt.slot)


def login_user(login: str) -> User | None:
    """The account a login name means: user name or e-mail, whatever the case."""
    if len(login) > MAX_LOGIN:
        return None
    return User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login)).order_by("pk").first()
