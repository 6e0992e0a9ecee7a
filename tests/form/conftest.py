"""What tests of form reports share: a clip whose feature file holds a generated set of squats."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accounts.models import CoachScope, Consent, ConsentKind, Membership, Team, TeamRole
from sessions.form.services.reports import report_wanted
from sessions.models import FeatureFile, FormReport, Video
from tests.video.conftest import athlete, clip_bytes, make_video, video
from tests.workouts.conftest import media, no_redis, run_jobs, upload

__all__ = ["athlete", "clip_bytes", "make_video", "media", "no_redis", "run_jobs", "upload", "video"]
N_REPETITIONS = 3


@pytest.fixture(scope="session")
def squats() -> Any:
    """Three generated squats, seen from the side, without a fault: (t, landmarks (n, 33, 4))."""
    from mlops.ml.biomechanics.generator import generate_set

    made = generate_set("squat", N_REPETITIONS, view="right", seed=3)
    return made


def set_of(made: Any) -> tuple[np.ndarray, np.ndarray]:
    """Times and landmarks with visibility of a generated set."""
    points = np.concatenate([made.landmarks, made.visibility[..., None]], axis=2)
    return np.asarray(made.times, float), points


@pytest.fixture
def features(video: Video, squats: Any) -> FeatureFile:
    """The generated set as features of the clip."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from django.conf import settings
    from django.utils import timezone

    t, points = set_of(squats)
    camera = squats.camera
    Video.objects.filter(pk=video.pk).update(
        duration_s=float(t[-1]), n_frames=len(t), width=camera.width, height=camera.height
    )
    video.refresh_from_db()
    row = FeatureFile.objects.create(
        id=uuid.uuid4(), owner=video.owner, video=video, name="squats_features.parquet", made_at=timezone.now(),
        version="1", facts={"notes": []}, n_frames=len(t),
    )  # fmt: skip
    table = pa.table({
        "video_id": ["clip"] * len(t), "frame_index": np.arange(len(t)), "t": t,
        "mp_pose_landmarks": [json.dumps(np.round(one, 5).tolist()) for one in points], "filled": [False] * len(t),
    })  # fmt: skip
    path = Path(settings.MEDIA_ROOT) / row.file
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return row


@pytest.fixture
def report(features: FeatureFile, run_jobs: Callable[[], Any]) -> FormReport:
    """The report of that clip, made."""
    row = report_wanted(features=features, by=features.owner)
    run_jobs()
    row.refresh_from_db()
    assert row.made_at is not None, row.job and row.job.failure_reason
    return row


def frames_of(made: Any) -> bytes:
    """The set as the mirror sends it."""
    t, points = set_of(made)
    return np.concatenate([t[:, None], points.reshape(len(t), -1)], axis=1).astype("<f4").tobytes()


@pytest.fixture
def trainer(athlete: Any, coach_user: Any) -> Any:
    """A coach with whom the athlete shares form and video."""
    team = Team.objects.create(name="Club")
    for user, role in ((coach_user, TeamRole.COACH), (athlete.user, TeamRole.ATHLETE)):
        Membership.objects.create(team=team, user=user, role=role)
    Consent.objects.create(athlete=athlete, kind=ConsentKind.COACH, scope=CoachScope.FORM_VIDEO, team=team)
    return coach_user
