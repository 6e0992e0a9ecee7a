"""Log filters."""

import logging
import re
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""Id of the request that is being answered; "-" outside of one."""

_SECRET = re.compile(r"((?:[?&](?:token|key|secret|password)=)|/invitations/)[^&/\s\"]+", re.IGNORECASE)


def hide_secrets(line: str) -> str:
    """Replace tokens in addresses, and the secret of an invitation, by an ellipsis."""
    return _SECRET.sub(r"\1…", line)


class RequestIdFilter(logging.Filter):
    """Put the id of the current request on each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class SecretsFilter(logging.Filter):
    """Never write a token that somebody put into an address."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = hide_secrets(str(record.getMessage()))
        record.args = ()
        return True
