"""Request bodies: JSON that is exactly JSON, and raw bytes that are never held in memory."""

from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from mlops.ml import strict_json
from mlops.ml.strict_json import BadJson, is_clean_text
from web.refusals import Problem

__all__ = ["OctetStreamParser", "StrictJSONParser", "is_clean_text", "loads"]


class StrictJSONParser(BaseParser):
    """UTF-8 JSON without NaN, Infinity, overflow, NUL, lone surrogates, duplicate keys or deep nesting.

    Raises Problem: 400 `malformed`, `not_finite`, `bad_text`, `duplicate_key`, `too_deep`; 413 `too_large`.
    """

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            detail = _("A JSON body can have at most %(n)s bytes. Send files as an upload.") % {"n": limit}
            raise Problem(413, "too_large", detail)
        return loads(body)


class OctetStreamParser(BaseParser):
    """Hands the unread stream to the view, which copies it to disk in small pieces."""

    media_type = "application/octet-stream"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> IO[bytes]:
        return stream


def loads(body: bytes | str) -> Any:
    """Parse strict JSON; see StrictJSONParser for the refusals. Also used for websocket frames."""
    try:
        return strict_json.loads(body)
    except BadJson as error:
        raise Problem(400, error.code, str(error)) from None
