"""Routes of videos, their features and labels, and of a clip without a person."""

import uuid
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone

from sessions.models import FeatureDataset, FeatureFile, Video, VideoSpan
from tests.access.rows import OWNER_AND_COACH, OWNER_ONLY, SIGNED_IN, Row, SocketRow, expect
from tests.video.clips import features_table

OWN_MOVE = expect(404, owner=302)
BOTH_MOVE = expect(404, owner=302, coach=302)
STAFF_ONLY = expect(404, staff=200)
"""A clip without a person, brought in by ML staff."""
LABEL = {"start_s": 0.1, "end_s": 0.4, "label": "squat"}


def extend(world: Any) -> None:
    """An athlete's clip with features and a label, one of staff, one in the bin."""
    world.video = _video(world, owner=world.users["owner"], athlete=world.athlete)
    world.staff_video = _video(world, owner=world.users["staff"], rights="Drawn; nobody is in it.")
    world.binned_video = _video(
        world, owner=world.users["owner"], athlete=world.athlete, deleted_at=timezone.now(), sha256="b"
    )
    world.video_span = VideoSpan.objects.create(video=world.video, start_s=0.5, end_s=1.5, label="squat")
    row = FeatureFile.objects.create(
        owner=world.users["owner"], video=world.video, name="clip_features.parquet", made_at=timezone.now(),
        n_frames=60,
    )  # fmt: skip
    world.features = row
    world.feature_dataset = FeatureDataset.objects.create(owner=world.users["owner"])
    import pyarrow.parquet as pq

    path = Path(settings.MEDIA_ROOT) / row.file
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(features_table(np.arange(60)), path)


def _video(world: Any, **fields: Any) -> Video:
    pk = uuid.uuid4()
    folder = Path(settings.MEDIA_ROOT) / "vlm_uploads" / str(pk)
    folder.mkdir(parents=True)
    (folder / "video.mp4").write_bytes(b"\0" * 64)
    (folder / "poster.png").write_bytes(b"\x89PNG")
    np.save(folder / "times.npy", np.arange(60) / 15)
    return Video.all_with_deleted.create(
        pk=pk, title="Clip", name="clip.mp4", file=f"vlm_uploads/{pk}/video.mp4", container="mp4", width=320,
        height=240, n_frames=60, duration_s=4.0, rate_hz=15.0, probed_at=timezone.now(), **{"sha256": "a", **fields},
    )  # fmt: skip


def _of(name: str, **more: Any) -> Any:
    return lambda world: {"pk": getattr(world, name).pk, **more}


def _features(world: Any) -> dict[str, Any]:
    return {"pk": world.video.pk, "name": world.features.name}


def _span(world: Any) -> dict[str, Any]:
    return {"pk": world.video.pk, "span_pk": world.video_span.pk}


def _in_bin(world: Any) -> dict[str, Any]:
    return {"kind": "video", "pk": str(world.binned_video.pk)}


VIDEO = _of("video")
PAGES = [
    Row("workouts:videos", SIGNED_IN),
    Row("workouts:videos", expect(200), method="POST", note="nothing said"),
    Row("workouts:videos_live", SIGNED_IN),
    Row("workouts:video", OWNER_AND_COACH, kwargs=VIDEO),
    Row("workouts:video", STAFF_ONLY, kwargs=_of("staff_video"), note="without a person"),
    Row("workouts:video", expect(404), kwargs=_of("binned_video"), note="in the bin"),
    Row("workouts:video_edit", OWN_MOVE, kwargs=VIDEO, method="POST", data=lambda w: {"title": "Legs"}),
    Row("workouts:video_delete", OWN_MOVE, kwargs=VIDEO, method="POST"),
    Row("workouts:video_extract", OWN_MOVE, kwargs=VIDEO, method="POST"),
    Row("workouts:video_preview", OWN_MOVE, kwargs=VIDEO, method="POST"),
    Row("workouts:video_file", OWNER_AND_COACH, kwargs=_of("video", what="video")),
    Row("workouts:video_file", OWNER_AND_COACH, kwargs=_of("video", what="poster.png"), note="poster"),
    Row("workouts:video_file", expect(404), kwargs=_of("binned_video", what="original"), note="in the bin"),
    Row("workouts:video_features", OWNER_AND_COACH, kwargs=_features),
    Row("workouts:video_features_delete", OWN_MOVE, kwargs=_features, method="POST"),
    Row("workouts:video_labels_file", OWNER_AND_COACH, kwargs=_of("video", kind="csv")),
    Row("workouts:video_labels_file", OWNER_AND_COACH, kwargs=_of("video", kind="coco.json"), note="points"),
    Row("workouts:video_labels_upload", BOTH_MOVE, kwargs=VIDEO, method="POST"),
    Row("accounts:deleted_restore", OWN_MOVE, kwargs=_in_bin, method="POST", note="video"),
    Row("accounts:deleted_purge", OWN_MOVE, kwargs=_in_bin, method="POST", note="video"),
]
API = [
    Row("workouts_api:video-list", SIGNED_IN),
    Row("workouts_api:video-detail", OWNER_AND_COACH, kwargs=VIDEO),
    Row("workouts_api:video-detail", STAFF_ONLY, kwargs=_of("staff_video"), note="without a person"),
    Row("workouts_api:video-detail", expect(404, owner=204, coach=403), kwargs=VIDEO, method="DELETE"),
    Row("workouts_api:video-restore", OWNER_ONLY, kwargs=_of("binned_video"), method="POST"),
    Row("workouts_api:video_alignment", OWNER_AND_COACH, kwargs=VIDEO,
        query=lambda w: {"recording": str(w.recording.pk)}),
    Row("workouts_api:video_alignment", expect(404, owner=201, coach=201), kwargs=VIDEO, method="POST",
        data=lambda w: {"recording": str(w.recording.pk), "offset_s": 1.0}),
    Row("workouts_api:video_envelope", OWNER_AND_COACH, kwargs=VIDEO),
    Row("workouts_api:video_poses", OWNER_AND_COACH, kwargs=VIDEO),
    Row("workouts_api:video_review", OWNER_AND_COACH, kwargs=VIDEO, method="POST", data=lambda w: {"reviewed": True}),
    Row("workouts_api:video_spans", OWNER_AND_COACH, kwargs=VIDEO),
    Row("workouts_api:video_spans", expect(404, owner=201, coach=201), kwargs=VIDEO, method="POST",
        data=lambda w: LABEL),
    Row("workouts_api:video_spans_decide", OWNER_AND_COACH, kwargs=VIDEO, method="POST",
        data=lambda w: {"state": "confirmed"}),
    Row("workouts_api:video_span", OWNER_AND_COACH, kwargs=_span),
    Row("workouts_api:video_span", OWNER_AND_COACH, kwargs=_span, method="PATCH", data=lambda w: {"label": "row"}),
    Row("workouts_api:video_span", expect(404, owner=204, coach=204), kwargs=_span, method="DELETE"),
]  # fmt: skip
BACKEND = [
    Row("backend:extract", expect(400), method="POST", note="nothing sent"),
    Row("backend:build", expect(404, owner=202), method="POST", data=lambda w: {"feature_files": w.features.name}),
    Row("backend:train", expect(404, owner=202), method="POST", data=lambda w: {"dataset_dir": w.feature_dataset.name}),
    Row("backend:features", SIGNED_IN, note="one's own"),
    Row("backend:feature_file", OWNER_ONLY, kwargs=lambda w: {"filename": w.features.name}),
    Row("backend:datasets", SIGNED_IN, note="one's own"),
    Row("backend:stream_pose", OWNER_AND_COACH, query=lambda w: {"source": str(w.video.pk)}),
    Row("backend:models", SIGNED_IN, note="one's own"),
]
ROWS = [*PAGES, *API, *BACKEND]
SOCKETS = [
    SocketRow("ws/videos/live/", path=lambda w: "/ws/videos/live/", expect=expect("open", anonymous=4404)),
]
