"""What every log line passes: the request's id goes in, secrets stay out."""

import logging
import re
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""Id of the request that is being answered; "-" outside of one."""

_NAMES = r"[\w.-]*(?:token|key|secret|passw(?:or)?d|signature|credential|sessionid|otp|code)[\w.-]*"
_SLASH = r"(?:/|%2F|%252F)"
_PATHS = rf"(?:invitations|confirm-email|reset{_SLASH}key|login{_SLASH}code|stats\.json|form{_SLASH}shared){_SLASH}"
_SECRET = re.compile(
    # a parameter of an address, also of one that stands encoded in another; a cookie; a key and its value
    rf"((?:[?&;\s]|%3F|%26|%253F|%2526|^){_NAMES}(?:=|%3D|%253D))[^&;\s\"'<>]+"
    # the rest of an address that is a secret itself: test_logs walks all routes that take one
    rf"|({_SLASH}{_PATHS})[^/?#\s\"'<>]+"
    r"|((?:bearer|basic)\s+)[A-Za-z0-9+/=._~-]{8,}"
    # our own tokens and those of the model hub, wherever they stand
    r"|\b(fb_|hf_)[A-Za-z0-9_-]{16,}",
    re.IGNORECASE,
)


def hide_secrets(line: str) -> str:
    """Replace tokens, keys and passwords in addresses and headers, and addresses that sign in, by an ellipsis."""
    return _SECRET.sub(lambda found: "".join(part or "" for part in found.groups()) + "…", line)


class RequestIdFilter(logging.Filter):
    """Put the id of the current request on each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class SecretsFormatter(logging.Formatter):
    """Never write a secret that stood in an address: neither in the message nor in the trace below it."""

    def format(self, record: logging.LogRecord) -> str:
        return hide_secrets(super().format(record))
