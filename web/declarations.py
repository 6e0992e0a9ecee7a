"""What this app declares to the site: personal data, demo life, navigation."""

from collections.abc import Iterator
from pathlib import Path


def register() -> None:
    """Called once from AppConfig.ready()."""
    from web.models import IdempotencyKey, Upload, UploadPart
    from web.registries import personal_data

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
    personal_data.exempt(UploadPart, "numbers of the parts of an Upload; they go with it")


def _upload_files(upload) -> Iterator[tuple[str, Path]]:
    from web.services.files import private_path

    path = private_path(f"uploads/{upload.pk}.part")
    if path.is_file():
        yield f"uploads/{upload.pk}/{upload.filename}", path
