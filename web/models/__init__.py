"""Rows that every app shares."""

from web.models.idempotency import IdempotencyKey
from web.models.upload import Upload, UploadPart, UploadState

__all__ = ["IdempotencyKey", "Upload", "UploadPart", "UploadState"]
