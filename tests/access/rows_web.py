"""Routes that belong to no app in particular."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.access.rows import LOGIN, OPEN, SIGNED_IN, Row, expect
from web.models import Upload


def extend(world: Any) -> None:
    world.upload = Upload.objects.create(
        owner=world.user("owner"), filename="a.csv", size=5, part_bytes=5, n_parts=1,
        expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip


def _upload(world: Any) -> dict[str, Any]:
    return {"pk": world.upload.pk}


ROWS = [
    Row("web:landing", OPEN),
    Row("web:for_ml_teams", OPEN),
    Row("web:healthz", OPEN),
    Row("web:version", OPEN),
    Row("web:metrics", expect(404, anonymous=404, administrator=200)),
    Row("web:words", OPEN, kwargs=lambda w: {"language": "de"}),
    Row("web:styleguide", OPEN),
    Row("web:schema", OPEN),
    Row("web:docs", OPEN),
    Row("web:live_protocol", OPEN),
    Row("web:live_client", OPEN),
    Row("web:favicon", expect(302, anonymous=302)),
    Row("web:home", expect(302, anonymous=302)),
    Row("web:search", SIGNED_IN, query=lambda w: {"q": "owner"}),
    Row("web_api:upload-list", SIGNED_IN),
    Row("web_api:upload-list", expect(201), method="POST", data=lambda w: {"filename": "a.csv", "size": 5}),
    Row("web_api:upload-detail", expect(404, owner=200), kwargs=_upload),
    Row("web_api:upload-detail", expect(404, owner=204), kwargs=_upload, method="DELETE"),
    Row(
        "web_api:upload-parts",
        expect(404, owner=200),
        kwargs=lambda w: {"pk": w.upload.pk, "number": 0},
        method="PUT",
        data=lambda w: b"12345",
        content_type="application/octet-stream",
    ),
    Row("web_api:upload-complete", expect(404, owner=409), kwargs=_upload, method="POST", data=lambda w: {}),
]
PREFIX_ROWS = {
    "admin/": [("/admin/", expect((200, 302, 403), administrator=200, anonymous=LOGIN))],
    "accounts/": [("/accounts/login/", expect((200, 302), anonymous=200))],
}
SOCKETS: list = []
