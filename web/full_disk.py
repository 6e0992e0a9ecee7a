"""Telling a full disk from a mistake of ours, wherever it shows: in a file, the database or Redis."""

import errno
import re
import shutil
from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from web.refusals import Problem

CODE = "insufficient_storage"
SENTENCE = _(
    "The disk is full, so nothing new can be saved. Existing data is safe. "
    "Try again later or contact the administrator."
)
_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})
_SQLITE_FULL, _SQLITE_IOERR, _SQLITE_CANTOPEN = 13, 10, 14
_POSTGRES_FULL = "53100"
_NUMPY_SHORT = re.compile(r"\d+ requested and \d+ written")
_BARELY_BYTES = 256 * 1024
"""SQLite calls a full disk an input/output error where its index of the log cannot grow: believed below this."""


def disk_is_full(error: BaseException | None) -> bool:
    """True when `error`, or what it came from, is a disk without room or a quota that is used up."""
    return any(_is_full(one) for one in _chain(error))


def disk_full() -> Problem:
    """The refusal that people and programs get: 507, never a 500."""
    return Problem(507, CODE, SENTENCE, reason="disk", headers={"Retry-After": "300"})


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _ERRNOS
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        if code & 0xFF == _SQLITE_FULL:
            return True
        return code & 0xFF in (_SQLITE_IOERR, _SQLITE_CANTOPEN) and disk_has_no_room()
    if getattr(error, "sqlstate", None) == _POSTGRES_FULL:
        return True
    text = str(error)
    if type(error).__module__.startswith("redis."):
        return text.startswith("MISCONF")
    # Libraries that write by themselves: safetensors, Arrow, torch; and NumPy, which counts items and knows no reason.
    return "No space left on device" in text or bool(_NUMPY_SHORT.fullmatch(text) and isinstance(error, OSError))


def disk_has_no_room() -> bool:
    """True when hardly a page fits on the disk any more."""
    try:
        return shutil.disk_usage(settings.VAR_DIR).free < _BARELY_BYTES
    except OSError:
        return False
