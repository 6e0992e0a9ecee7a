"""Which errors are worth another try: those of a busy or absent outside, never a refused request."""

from typing import Any

from django.db import OperationalError

from mlops.jobs.kinds import TransientError

_STATUS = frozenset({408, 429})


def is_transient(error: BaseException) -> bool:
    """True for time-outs, resets, a locked database and HTTP 408, 429 and 5xx; 400, 401, 404 never."""
    if isinstance(error, TransientError):
        return True
    status = http_status(error)
    if status is not None:
        return status in _STATUS or 500 <= status <= 599
    return isinstance(error, TimeoutError | ConnectionError | OperationalError)


def http_status(error: BaseException) -> int | None:
    """The HTTP status an error carries (urllib's `code`, others' `status_code` or `response`), if any."""
    response: Any = getattr(error, "response", None)
    for holder in (error, response):
        for name in ("status_code", "code"):
            status = getattr(holder, name, None)
            if isinstance(status, int) and not isinstance(status, bool) and 100 <= status <= 599:
                return status
    return None
