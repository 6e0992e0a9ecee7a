"""What tests of videos share: a clip of a drawn person, uploads, jobs that run here, a feature file without a model."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accounts.services.athletes import athlete_for
from sessions.models import FeatureFile, Video
from sessions.video.services.probing import video_probe
from sessions.video.services.videos import About, video_from_upload
from tests.video.clips import clip, features_table
from tests.workouts.conftest import media, no_redis, run_jobs, upload

__all__ = ["media", "no_redis", "run_jobs", "upload"]


@pytest.fixture(scope="session")
def clip_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """60 frames, 15 a second: a drawn person squats twice."""
    return clip(tmp_path_factory.mktemp("clip") / "squats.mp4").read_bytes()


@pytest.fixture
def athlete(athlete_user: Any) -> Any:
    return athlete_for(athlete_user)


@pytest.fixture
def make_video(upload: Callable[..., Any], clip_bytes: bytes, athlete: Any) -> Callable[..., Video]:
    """make_video(owner=…, rights=…) → a clip that was read."""

    def make(owner: Any = None, about: About | None = None, data: bytes | None = None, labels: Any = None) -> Video:
        from contextlib import nullcontext

        owner = owner or athlete.user
        row = upload(clip_bytes if data is None else data, "squats.mp4", owner)
        added = video_from_upload(owner=owner, upload=row, about=about or About(), wish=None, labels=labels)
        video_probe(video=added.video, commit=nullcontext)
        added.job.delete()
        added.video.refresh_from_db()
        return added.video

    return make


@pytest.fixture
def video(make_video: Callable[..., Video]) -> Video:
    return make_video()


@pytest.fixture
def features(video: Video) -> FeatureFile:
    """Features of the clip as an extraction writes them, without a model."""
    return make_features(video)


def make_features(video: Video, name: str = "squats_features.parquet", every: int = 1) -> FeatureFile:
    import pyarrow.parquet as pq
    from django.conf import settings
    from django.utils import timezone

    row = FeatureFile.objects.create(
        id=uuid.uuid4(), owner=video.owner, video=video, name=name, sample_rate=every, made_at=timezone.now(),
        version="1", facts={"notes": []}, n_frames=-(-video.n_frames // every),
    )  # fmt: skip
    path = Path(settings.MEDIA_ROOT) / row.file
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(features_table(np.arange(0, video.n_frames, every), video.rate_hz), path)
    return row
