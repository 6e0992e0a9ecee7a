"""What this app declares to the site: personal data, demo life, navigation."""

from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext_lazy as _


def register() -> None:
    """Called once from AppConfig.ready()."""
    from web.models import IdempotencyKey, SpacePromise, Upload, UploadPart
    from web.registries import personal_data, search, storage, stored_files
    from web.selectors.search import nav_found
    from web.selectors.uploads import uploads_waiting

    personal_data.register(
        personal_data.PersonalTable(Upload, rows=lambda user: Upload.objects.filter(owner=user), files=_upload_files)
    )
    personal_data.register(
        personal_data.PersonalTable(
            IdempotencyKey,
            rows=lambda user: IdempotencyKey.objects.filter(user=user),
            secret_fields=("body", "headers", "fingerprint", "claim"),
        )
    )
    stored_files.register(Upload, _upload_names)
    personal_data.exempt(UploadPart, "numbers of the parts of an Upload; they go with it")
    personal_data.exempt(SpacePromise, "bytes of the disk that running work may still fill; names no person")
    storage.register(storage.Usage(_("Pending uploads"), 10, uploads_waiting))
    search.register(search.Source(_("Pages"), "menu", 10, nav_found, suggests=True))


def _upload_files(upload) -> Iterator[tuple[str, Path]]:
    from web.services.files import private_path

    path = private_path(f"uploads/{upload.pk}.part")
    if path.is_file():
        yield f"uploads/{upload.pk}/{upload.filename}", path


def _upload_names(rows) -> Iterator[str]:
    """Complete ones: the others may still be sent again."""
    return (f"uploads/{pk}.part" for pk in rows.filter(state="ready").values_list("pk", flat=True))
