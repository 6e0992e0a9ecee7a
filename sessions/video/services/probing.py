"""Looking at a clip that was just brought in, before anything else opens it."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from mlops.ml.contract import UnreadableInput
from mlops.ml.limited import Limits, in_child
from mlops.ml.vision.video_look import VideoLook, look_at_video
from sessions.models import Video
from sessions.video.selectors.frame_times import times_path
from sessions.video.services.frame_labels import frame_labels_settle
from sessions.video.services.videos import video_refuse
from web.refusals import Problem
from web.services.media import MediaKind, media_check

LOOKING = Limits(memory_mib=1536, cpu_s=300, wall_s=600, file_mib=1)
POSTER_FILE = "poster.png"


def video_probe(*, video: Video, commit: Callable[[], AbstractContextManager[None]]) -> None:
    """Check the file, then write its facts, its poster and the times of its frames; harmless when done before.

    `commit()` proves that the job still holds its claim. Raises Problem 415, 413, 422: the row then says why.
    """
    if video.probed_at is not None:
        return
    try:
        look = _look(Path(settings.MEDIA_ROOT) / video.file)
    except Problem as problem:
        if problem.status != 503:
            with commit():
                video_refuse(video=video, why=problem.detail)
        raise
    facts = look.facts
    _write(times_path(video), lambda file: np.save(file, facts.t_s, allow_pickle=False))
    _write(times_path(video).with_name(POSTER_FILE), lambda file: file.write(look.poster))
    found = {
        "codec": facts.codec, "container": facts.container, "width": facts.width, "height": facts.height,
        "rotation": facts.rotation, "rate_hz": facts.rate_hz, "n_frames": len(facts.t_s),
        "duration_s": look.duration_s, "filmed_at": facts.filmed_at, "probed_at": timezone.now(),
        "n_bytes": sum(one.stat().st_size for one in times_path(video).parent.glob("*")),
    }  # fmt: skip
    with commit():
        Video.all_with_deleted.filter(pk=video.pk).update(**found)
        for name, value in found.items():
            setattr(video, name, value)
        frame_labels_settle(video=video)


def _look(path: Path) -> VideoLook:
    media_check(path, MediaKind.VIDEO)
    try:
        return in_child(look_at_video, LOOKING)(path)
    except UnreadableInput as error:
        if error.code == "busy":
            raise Problem(503, "busy", str(error), headers={"Retry-After": "60"}) from error
        detail = _("This file is damaged, empty or incomplete and cannot be played.")
        raise Problem(422, "unreadable_media", detail) from error


def _write(path: Path, fill: Callable) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        fill(file)
    os.replace(part, path)
