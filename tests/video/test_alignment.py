"""Labels of a video become proposals on a recording that ran while it was filmed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone

from mlops.ml.alignment import Alignment
from sessions.models import Span, VideoSpan
from sessions.video.selectors.alignment import place_in, recordings_beside
from sessions.video.selectors.features import landmarks_of
from sessions.video.services.proposals import labels_propose
from tests.workouts.conftest import make_recording, workout

__all__ = ["workout"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def recording(workout, media):
    return make_recording(workout)


@pytest.fixture
def labelled(video, workout):
    """A clip of the workout with four labels, two of which count."""
    video.session = workout
    video.save()
    for start_s, end_s, label, state, origin in (
        (0.5, 1.5, "squat", "confirmed", "person"), (2.0, 3.0, "row", "proposed", "model"),
        (3.0, 3.5, "press", "rejected", "person"), (3.5, 4.0, "", "reviewed_empty", "person"),
    ):  # fmt: skip
        VideoSpan.objects.create(
            video=video, start_s=start_s, end_s=end_s, label=label, state=state, origin=origin
        )  # fmt: skip
    return video


def test_recordings_of_the_same_workout_or_time_are_offered(video, recording, workout, athlete_user, api):
    assert recordings_beside(user=athlete_user, video=video) == []
    video.filmed_at = recording.started_at + timedelta(seconds=65)
    assert recordings_beside(user=athlete_user, video=video) == [recording]
    video.filmed_at += timedelta(seconds=60)
    assert recordings_beside(user=athlete_user, video=video) == []
    video.session = workout
    assert recordings_beside(user=athlete_user, video=video) == [recording]


def test_labels_are_proposed_at_their_place(labelled, recording):
    done = labels_propose(video=labelled, recording=recording, offset_s=10.0, drift_ppm=-200.0)
    assert (done.made, done.left_out) == (2, 0)
    rows = list(recording.spans.order_by("start_s"))
    assert [(row.start_s, row.end_s, row.label, row.state, row.origin) for row in rows] == [
        (10.4999, 11.4997, "squat", "proposed", "import"), (11.9996, 12.9994, "row", "proposed", "model"),
    ]  # fmt: skip
    assert rows[0].answered == {"video": str(labelled.pk), "offset_s": 10.0, "drift_ppm": -200.0}


def test_what_a_person_did_stays(labelled, recording, athlete_user):
    labels_propose(video=labelled, recording=recording, offset_s=10.0)
    touched = recording.spans.get(label="row")
    touched.author = athlete_user
    touched.save()
    mine = Span.objects.create(recording=recording, start_s=30.4, end_s=31.6, label="press", author=athlete_user)
    done = labels_propose(video=labelled, recording=recording, offset_s=30.0)
    assert (done.made, done.left_out) == (1, 1)
    assert {(row.label, row.start_s) for row in recording.spans.all()} == {
        ("row", touched.start_s), ("press", mine.start_s), ("row", 32.0)
    }  # fmt: skip


def test_a_second_offset_replaces_the_first(labelled, recording):
    for offset_s in (10.0, 10.1):
        labels_propose(video=labelled, recording=recording, offset_s=offset_s)
    assert [row.start_s for row in recording.spans.order_by("start_s")] == [10.6, 12.1]


def test_labels_outside_the_recording_are_left_out(labelled, recording):
    done = labels_propose(video=labelled, recording=recording, offset_s=-1.0)
    assert (done.made, done.left_out) == (2, 0)
    assert recording.spans.order_by("start_s").first().start_s == 0.0
    assert labels_propose(video=labelled, recording=recording, offset_s=-500.0).made == 0


def test_the_page_and_the_endpoint(labelled, features, recording, athlete_user, api, browse):
    page = browse(athlete_user).get(f"/videos/{labelled.pk}/").content.decode()
    assert "Use these labels for a recording" in page
    assert str(recording.pk) in page
    client = api(athlete_user)
    where = f"/api/v1/videos/{labelled.pk}/alignment/"
    told = client.get(f"{where}?recording={recording.pk}").json()
    assert (told["offset_s"], told["reason"]) == (None, "still_second")
    assert "Too little motion in the recording" in told["words"]
    assert len(told["recording"]["values"]) > 100
    assert client.get(where).json()["code"] == "bad_recording"
    made = client.post(where, {"recording": str(recording.pk), "offset_s": 5}, format="json")
    assert (made.status_code, made.json()["made"]) == (201, 2)
    assert made.json()["url"] == f"/recordings/{recording.pk}/"
    refused = client.post(where, {"recording": str(recording.pk), "offset_s": 5, "drift_ppm": 900}, format="json")
    assert refused.status_code == 400
    labelled.spans.all().delete()
    refused = client.post(where, {"recording": str(recording.pk), "offset_s": 5}, format="json")
    assert refused.json()["code"] == "no_labels"


def test_recordings_of_others_are_not_found(labelled, features, make_user, media, athlete_user, api):
    from accounts.services.athletes import athlete_for
    from sessions.models import WorkoutSession

    other = athlete_for(make_user("somebody"))
    theirs = make_recording(WorkoutSession.objects.create(athlete=other, title="Theirs", started_at=timezone.now()))
    where = f"/api/v1/videos/{labelled.pk}/alignment/"
    client = api(athlete_user)
    assert client.get(f"{where}?recording={theirs.pk}").status_code == 404
    body = {"recording": str(theirs.pk), "offset_s": 5}
    assert client.post(where, body, format="json").status_code == 404


def test_a_stored_video_is_found_in_a_stored_recording(video, features, workout, media, settings):
    """The same jumps and pauses in a feature file and in a recording that began 12 s earlier."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from mlops.ml.sensors.recording_file import write_recording
    from sessions.models import SensorLayout
    from sessions.selectors.layouts import layout_of

    row = make_recording(workout)
    rng = np.random.default_rng(4)
    t = np.arange(0, 60, 0.02)
    speed = np.interp(t, np.arange(0, 61, 0.7), rng.uniform(0, 2.0, 88) * (rng.random(88) > 0.4))
    place = np.cumsum(speed) * 0.02
    samples = np.zeros((len(t), 6), np.float32)
    samples[:, 3] = speed
    layout = layout_of(SensorLayout.objects.get(key="imu6"))
    path = Path(settings.MEDIA_ROOT) / row.file
    path.unlink()
    write_recording(path, layout, [(t, samples)])
    seen = np.arange(0, 40, 1 / 25)
    swing = 0.5 + 0.2 * np.sin(2 * np.interp(seen + 12, t, place))
    poses = [json.dumps([[x, 0.5, 0.0, 0.9]] * 33) for x in swing]
    pq.write_table(pa.table({"t": seen, "mp_pose_landmarks": poses}), Path(settings.MEDIA_ROOT) / features.file)
    assert landmarks_of(features)[1].shape == (len(seen), 33, 4)
    row.refresh_from_db()
    for filmed_at in (None, row.started_at + timedelta(seconds=9), row.started_at - timedelta(hours=2)):
        video.filmed_at = filmed_at
        found = place_in(video=video, features=features, recording=row).found
        assert isinstance(found, Alignment)
        assert found.offset_s == pytest.approx(12.0, abs=0.1)


def test_when_it_was_filmed_is_read_from_the_clip(make_video, clip_bytes, tmp_path):
    import av

    (tmp_path / "plain.mp4").write_bytes(clip_bytes)
    seen = {}
    for told in ("2026-03-01T10:00:00Z", "1970-01-01T00:00:00Z", ""):
        path = tmp_path / f"told{told[:4]}.mp4"
        with av.open(str(tmp_path / "plain.mp4")) as source, av.open(str(path), "w") as target:
            target.metadata.update({"creation_time": told} if told else {})
            stream = target.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
        seen[told] = make_video(data=path.read_bytes() + b"\0\0\0\x08free" * (len(seen) + 1)).filmed_at
    assert [one and one.isoformat() for one in seen.values()] == ["2026-03-01T10:00:00+00:00", None, None]
