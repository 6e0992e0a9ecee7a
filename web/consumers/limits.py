"""How much one connection may send in any second."""

from collections import deque


class SecondWindow:
    """Counts what arrived in the last second and says when it was more than allowed.

    A sliding window rather than a bucket with a burst: a sender that is a little too fast is found within
    one second, too. The frame that crosses the limit is still taken, so that a sender at exactly the limit
    is never cut because of jitter.
    """

    __slots__ = ("_arrived", "_total", "limit")

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._arrived: deque[tuple[float, int]] = deque()
        self._total = 0

    def take(self, n: int, now_s: float) -> bool:
        """Count `n` more at the monotonic time `now_s`; False when the second before was over the limit already."""
        arrived = self._arrived
        while arrived and arrived[0][0] <= now_s - 1.0:
            self._total -= arrived.popleft()[1]
        over = self._total > self.limit
        arrived.append((now_s, n))
        self._total += n
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
