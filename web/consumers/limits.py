"""How much one connection may send in any second, and how many connections one person may have."""

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

WINDOW_S = 0.98
"""A second, less the jitter of a sender at exactly the limit."""


CATCH_UP_S = 60.0


class SecondWindow:
    """Counts what arrived in the last second and says when it was more than allowed.

    A sliding window rather than a bucket with a burst: a sender that is only a little too fast is found within
    one second, too. One frame may hold more than a second's worth (a sensor that sends every three seconds), but
    what it is ahead must be waited for: the debt runs off at the allowed rate.

    `earns_per_s` is what the sender said it sends. What it did not send while the network stood still it may send
    afterwards: time without samples is saved up, for a minute at most, or `saved_s` for a sender that comes back
    after a longer silence.
    """

    __slots__ = ("_arrived", "_at_s", "_debt", "_most", "_total", "earns_per_s", "limit", "saved")

    def __init__(self, limit: float, *, earns_per_s: float = 0.0, saved_s: float = 0.0) -> None:
        self.limit = limit
        self.earns_per_s = earns_per_s
        self._arrived: list[tuple[float, int]] = []  # a few: half the size of an empty deque
        self._total = 0
        self._debt = 0.0
        self._at_s: float | None = None
        self.saved = earns_per_s * max(0.0, saved_s)
        self._most = max(self.saved, earns_per_s * CATCH_UP_S)

    def take(self, n: int, now_s: float) -> bool:
        """Count `n` more at the monotonic time `now_s`; False when that is too much."""
        passed_s = 0.0 if self._at_s is None else now_s - self._at_s
        self._at_s = now_s
        self.saved = min(self.saved + self.earns_per_s * passed_s, self._most)
        if self.saved >= n > 0:
            self.saved -= n
            return True
        self.saved = 0.0
        arrived = self._arrived
        while arrived and arrived[0][0] <= now_s - WINDOW_S:
            self._total -= arrived.pop(0)[1]
        self._debt = max(0.0, self._debt - self.limit * passed_s)
        over = self._debt > self.limit or (self._total > 0 and self._total + n > self.limit)
        arrived.append((now_s, n))
        self._total += n
        self._debt += n
        return not over


class Credit:
    """Messages the other side has not yet confirmed reading; only for clients that ask for it.

    A client that declares a window of n sends `{"event": "credit", "data": {"n": k}}` after reading k messages.
    """

    __slots__ = ("exhausted_at", "left", "window")

    def __init__(self, window: int) -> None:
        self.window = window
        self.left = window
        self.exhausted_at: float | None = None

    def spend(self, now_s: float) -> bool:
        """Use one; False when none is left."""
        if self.left <= 0:
            if self.exhausted_at is None:
                self.exhausted_at = now_s
            return False
        self.left -= 1
        return True

    def give(self, n: int) -> None:
        """The client has read `n` more."""
        self.left = min(self.window, self.left + max(0, n))
        if self.left > 0:
            self.exhausted_at = None


class Places:
    """Connections of one person in this process at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._taken: Counter[Hashable] = Counter()

    @contextmanager
    def one(self, who: Hashable | None) -> Iterator[bool]:
        """Hold a place while the block runs; False when there is none left. Nobody (None) is not counted."""
        if who is None:
            yield True
            return
        if self._taken[who] >= self.most:
            yield False
            return
        self._taken[who] += 1
        try:
            yield True
        finally:
            self._taken[who] -= 1
            if not self._taken[who]:
                del self._taken[who]
