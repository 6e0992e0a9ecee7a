"""A demo clip: generated squats of the first demo athlete, with skeleton and labels. Made by a job, removed exactly."""

import hashlib
import itertools
import os
import shutil
import uuid
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Athlete
from mlops.jobs.services.jobs import job_create
from mlops.models import Job
from sessions.models import Detector, FeatureFile, SpanOrigin, SpanState, Video, VideoSpan
from sessions.video.selectors.features import features_path
from sessions.video.services.probing import video_probe
from sessions.video.services.videos import video_folder
from web.registries.demo import Say

DEMO = "video.demo"
CLIP = uuid.uuid5(uuid.UUID("6f6d64a2-6f77-4f7e-8d0e-9a3f1f6b2d11"), "drawn squats")
TASKS = (("idle", 3.0), ("squat", 10.0), ("idle", 3.0), ("squat", 8.0), ("idle", 2.0))
NOTE = "This clip is drawn by a program. Its landmarks are those it was drawn from, not found in the pictures."


def demo_wanted(say: Say) -> None:
    """Queue the drawing, unless the clip is there; the site starts without waiting for it. Idempotent."""
    athlete = Athlete.objects.filter(user__is_demo=True, user__role="athlete").order_by("user_id").first()
    if athlete is None or Video.all_with_deleted.filter(pk=CLIP).exists():
        return
    job_create(
        kind=DEMO, title=_("Draw a demo video"), owner=athlete.user, parameters={"athlete": athlete.pk},
        dedupe_key=DEMO, is_demo=True,
    )  # fmt: skip
    say("a demo video is drawn in the background")


def demo_remove(say: Say) -> int:
    """Delete the demo clips, their files and the job; returns how many rows went."""
    Job.objects.filter(kind=DEMO, is_demo=True).delete()
    n_rows = 0
    for video in Video.all_with_deleted.filter(is_demo=True):
        files = [features_path(row) for row in video.features.all()]
        n_rows += video.delete()[0]
        for path in files:
            path.unlink(missing_ok=True)
        shutil.rmtree(video_folder(video), ignore_errors=True)
    say(f"{n_rows} rows of demo videos")
    return n_rows


def demo_video_make(*, athlete: Athlete, commit: Any) -> Video:
    """Film, features and labels; all or none."""
    from mlops.ml.vision.drawn_clip import SIDE, draw_clip

    if known := Video.all_with_deleted.filter(pk=CLIP).first():
        return known
    video = Video(pk=CLIP, owner=athlete.user, athlete=athlete, title=_("Squats, drawn"), name="drawn-squats.mp4",
                  container="mp4", is_demo=True)  # fmt: skip
    video.file = f"{video.folder}/video.mp4"
    folder = video_folder(video)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = False
    features = FeatureFile(owner=athlete.user, video=video, name="drawn-squats_features.parquet",
                           detector=Detector.MEDIAPIPE, version="drawn")  # fmt: skip
    target = features_path(features)
    try:
        path = Path(settings.MEDIA_ROOT) / video.file
        drawn = draw_clip(path, TASKS)
        video.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        video_probe(video=video, commit=nullcontext)
        features.facts = _write_features(target, drawn, str(CLIP), SIDE)
        features.n_frames, features.n_bytes = len(drawn.t_s), target.stat().st_size
        features.made_at = video.reviewed_at = timezone.now()
        with commit():
            video.save(force_insert=True)
            features.save(force_insert=True)
            VideoSpan.objects.bulk_create(
                VideoSpan(video=video, start_s=start_s, end_s=end_s, label=label, state=SpanState.CONFIRMED,
                          origin=SpanOrigin.GENERATED)
                for start_s, end_s, label in demo_spans()
            )  # fmt: skip
            made = True
    finally:
        if not made:
            shutil.rmtree(folder, ignore_errors=True)
            target.unlink(missing_ok=True)
    return video


def demo_spans() -> list[tuple[float, float, str]]:
    """(start_s, end_s, label) of what is drawn."""
    ends = list(itertools.accumulate(seconds for _task, seconds in TASKS))
    return [(end - seconds, end, task) for (task, seconds), end in zip(TASKS, ends, strict=True)]


def _write_features(target: Path, drawn: Any, video_id: str, side: int) -> dict[str, Any]:
    from mlops.ml.vision.video.table import Subject, facts_of_file, write

    n = len(drawn.t_s)
    hands = np.full((n, 2, 21, 3), np.nan, np.float32)
    told = {
        "version": "drawn", "detector": "mediapipe", "sample_rate": 1, "generated": True, "notes": [NOTE], "n_rows": n,
        "video": {"width": side, "height": side, "rotation": 0, "n_frames": n},
    }  # fmt: skip
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    write(
        part, video_id=video_id, number=np.arange(n), t_s=drawn.t_s, size=(side, side),
        subject=Subject(drawn.pose, hands, np.zeros(n, bool), True), n_people=np.ones(n, np.int64), things=None,
        labels=dict(enumerate(drawn.labels)), facts=told,
    )  # fmt: skip
    os.replace(part, target)
    return facts_of_file(target)
