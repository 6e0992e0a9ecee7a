"""Which file of a clip a browser plays: the original where it can, else the copy that a job made for it."""

from pathlib import Path

from django.conf import settings

from mlops.models import Job
from sessions.models import Video

PLAYABLE = {"mp4": "video/mp4", "webm": "video/webm"}
"""Containers that browsers play …"""
_PLAYED = {"mp4": frozenset({"h264", "vp9", "av1", "libdav1d"}), "webm": frozenset({"vp8", "vp9", "av1", "libdav1d"})}
"""… with these codecs in them."""
PREVIEW_FILE = "preview.mp4"
PREVIEW = "video.preview"
"""The job kind that makes it; its dedupe key is preview_key(video)."""


def preview_key(video: Video) -> str:
    return f"{PREVIEW}:{video.pk}"


def preview_path(video: Video) -> Path:
    return Path(settings.MEDIA_ROOT) / video.folder / PREVIEW_FILE


def is_played_as_it_is(video: Video) -> bool:
    """Also where nobody knows its codec yet."""
    return video.container in _PLAYED and (not video.codec or video.codec in _PLAYED[video.container])


def playable_of(video: Video) -> tuple[str, str] | None:
    """(name below MEDIA_ROOT, content type) of the file that browsers play; None while there is none."""
    if is_played_as_it_is(video):
        return video.file, PLAYABLE[video.container]
    return (f"{video.folder}/{PREVIEW_FILE}", "video/mp4") if preview_path(video).is_file() else None


def preview_job(video: Video) -> Job | None:
    """The job that makes the copy now."""
    return Job.objects.open().filter(dedupe_key=preview_key(video)).first()
