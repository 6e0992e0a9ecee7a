"""Points of bodies that were imported for a video."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

from sessions.models import Video

POINTS_FILE = "keypoints.json"


def points_path(video: Video) -> Path:
    """Where they lie, if there are any."""
    return Path(settings.MEDIA_ROOT) / video.folder / POINTS_FILE


def points_stored(video: Video) -> dict[str, Any] | None:
    """The document as it came in, checked then; None where nobody imported one."""
    try:
        return json.loads(points_path(video).read_text("utf-8"))
    except OSError:
        return None
