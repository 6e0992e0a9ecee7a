"""Many files in few children: one goes on from file to file, and a file that ends it costs the others nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from mlops.ml.limited.parent import LimitExceeded, Limits, ParserFailed, in_child

MAX_ENDED = 3
"""After so many children that files ended, the rest is not tried."""


def each_in_child(
    function: Callable[..., None],
    limits: Limits,
    items: Sequence[Any],
    on_each: Callable[[int, Any], None],
    **more: Any,
) -> None:
    """Call `function(items, on_each=…, **more)` in children until every item is told of, in order.

    on_each  gets an item's number and what the function told of it, or the LimitExceeded or ParserFailed of the child
             that ended there. `limits.wall_s` and `limits.cpu_s` are for all items together.
    A callback among `more` whose first argument is an item's number is given as `Numbered(callback)`.
    """
    until, done, n_ended = time.monotonic() + limits.wall_s, 0, 0
    while done < len(items):
        first = done

        def told(number: int, value: Any, first: int = first) -> None:
            nonlocal done
            done = first + number + 1
            on_each(first + number, value)

        left = max(1.0, until - time.monotonic())
        shifted = {name: _shifted(value, first) for name, value in more.items()}
        try:
            in_child(function, replace(limits, wall_s=left))(items[first:], on_each=told, **shifted)
        except (LimitExceeded, ParserFailed) as error:
            n_ended += 1
            over = n_ended == MAX_ENDED or error.code == "busy" or time.monotonic() >= until
            for number in range(done, len(items) if over else done + 1):
                on_each(number, error)
                done = number + 1


class Numbered:
    """A callback whose first argument is an item's number."""

    def __init__(self, call: Callable[..., None]) -> None:
        self.call = call


def _shifted(value: Any, first: int) -> Any:
    if not isinstance(value, Numbered):
        return value
    return lambda number, *arguments: value.call(first + number, *arguments)
