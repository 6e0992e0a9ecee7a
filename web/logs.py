"""Log filters."""

import logging
import re

from web.middleware import request_id

_SECRET = re.compile(r"([?&](?:token|key|secret|password)=)[^&\s\"]+", re.IGNORECASE)


class RequestIdFilter(logging.Filter):
    """Put the id of the current request on each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class SecretsFilter(logging.Filter):
    """Never write a token that somebody put into an address."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _SECRET.sub(r"\1…", str(record.getMessage()))
        record.args = ()
        return True
