"""Rows that every app shares."""

from web.models.idempotency import IdempotencyKey
from web.models.space import SpacePromise
from web.models.upload import Upload, UploadPart, UploadState

__all__ = ["IdempotencyKey", "SpacePromise", "Upload", "UploadPart", "UploadState"]
