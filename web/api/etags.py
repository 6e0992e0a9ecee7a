"""ETag and If-Match: nobody overwrites what somebody else changed in the meantime."""

import hashlib
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from web.refusals import Problem

_CHANGING = frozenset({"PUT", "PATCH", "DELETE"})


def etag_of(data: Any) -> str:
    """A strong entity tag over the JSON of one row."""
    return '"' + hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32] + '"'


class ConditionalRows:
    """Mixin before a view set: rows are sent with an ETag; a change with an If-Match of an older state is 412."""

    def get_object(self) -> Any:
        row = super().get_object()  # type: ignore[misc]
        request: Request = self.request  # type: ignore[attr-defined]
        wanted = request.headers.get("If-Match")
        if wanted and request.method in _CHANGING and wanted.strip() != "*":
            current = etag_of(self.get_serializer(row).data)  # type: ignore[attr-defined]
            if current not in {tag.strip() for tag in wanted.split(",")}:
                raise Problem(412, "changed", _("This was changed in the meantime. Reload it, then save again."))
        return row

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        is_row = getattr(self, "action", "") in {"retrieve", "partial_update", "update"}
        if is_row and isinstance(response, Response) and response.status_code == 200:
            response["ETag"] = etag_of(response.data)
        return super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
