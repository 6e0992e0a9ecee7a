"""Clips that browsers cannot play get a copy at most 720p; the demo clip is drawn, labelled and removed exactly."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import av
import numpy as np
import pytest
from django.conf import settings

from accounts.models import Consent, ConsentKind, LearningScope
from accounts.services.athletes import athlete_for
from mlops.ml.vision.video.facts import read_facts
from mlops.ml.vision.video.preview import preview_size
from mlops.models import Job
from sessions.models import FeatureFile, Video
from sessions.selectors.video_features import video_features_list
from sessions.video.selectors.features import features_path, poses_of
from sessions.video.selectors.playing import playable_of, preview_path
from sessions.video.services.demo import CLIP, demo_remove, demo_spans, demo_video_make, demo_wanted
from sessions.video.services.previews import preview_wanted
from tests.ml.vision.video.filmed import film
from tests.ml.vision.video.test_reading import shades
from tests.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def moving_gif(tmp_path):
    return film(tmp_path / "a.gif", shades(20), codec="gif", rate=10).read_bytes()


def test_a_gif_gets_a_copy_that_plays_and_keeps_its_times(make_video, moving_gif, run_jobs, browse, athlete_user):
    video = make_video(data=moving_gif)
    assert playable_of(video) is None
    client = browse(athlete_user)
    page = client.get(f"/videos/{video.pk}/").content.decode()
    assert "<video" not in page
    assert "Make it playable" in page
    assert client.post(f"/videos/{video.pk}/preview/").status_code == 302
    assert "Make it playable" not in client.get(f"/videos/{video.pk}/").content.decode()  # it is on its way
    (job,) = run_jobs()
    assert (job.kind, job.status) == ("video.preview", "succeeded"), job.failure_reason
    copy, original = read_facts(preview_path(video)), read_facts(Path(settings.MEDIA_ROOT) / video.file)
    assert (copy.codec, copy.container) == ("h264", "mp4")
    assert copy.t_s == pytest.approx(original.t_s, abs=1e-3)
    page = client.get(f"/videos/{video.pk}/").content.decode()
    assert "<video" in page
    assert "The original is kept" in page
    answer = client.get(f"/videos/{video.pk}/files/video", headers={"Range": "bytes=0-99"})
    assert (answer.status_code, answer["Content-Type"]) == (206, "video/mp4")
    original = client.get(f"/videos/{video.pk}/files/original")
    assert original["Content-Type"] == "image/gif"
    assert b"".join(original.streaming_content) == moving_gif
    before = video.n_bytes
    video.refresh_from_db()
    assert video.n_bytes == before + preview_path(video).stat().st_size
    assert preview_wanted(video=video) is None


def test_reading_a_clip_that_cannot_be_played_asks_for_the_copy(upload, moving_gif, athlete, run_jobs):
    from sessions.video.services.videos import About, video_from_upload

    row = upload(moving_gif, "a.gif", athlete.user)
    added = video_from_upload(owner=athlete.user, upload=row, about=About(), wish=None, labels=None)
    run_jobs()
    run_jobs()
    assert set(Job.objects.values_list("kind", flat=True)) == {"video.probe", "video.preview"}
    assert set(Job.objects.values_list("status", flat=True)) == {"succeeded"}
    assert preview_path(added.video).is_file()


def test_what_browsers_play_gets_no_copy(video):
    assert playable_of(video) == (video.file, "video/mp4")
    assert preview_wanted(video=video) is None
    video.codec = "mpeg4"
    assert playable_of(video) is None


@pytest.mark.parametrize(
    ("given", "wanted"),
    [((1920, 1080), (1280, 720)), ((1080, 1920), (720, 1280)), ((333, 201), (332, 200)), ((4000, 1000), (1280, 320))],
)
def test_a_copy_is_at_most_720p_and_has_even_sides(given, wanted):
    assert preview_size(*given) == wanted


@pytest.fixture
def demo_athlete(media):
    user = make_user("demo-athlete")
    user.is_demo = True
    user.save()
    return athlete_for(user)


def test_the_demo_clip_is_drawn_with_its_skeleton_and_labels(demo_athlete, run_jobs, browse):
    demo_wanted(print)
    demo_wanted(print)
    assert Job.objects.get().is_demo
    run_jobs()
    video = Video.objects.get(pk=CLIP)
    assert (video.athlete, video.is_demo, video.is_ready) == (demo_athlete, True, True)
    assert [(one.start_s, one.end_s, one.label) for one in video.spans.order_by("start_s")] == demo_spans()
    assert video.duration_s == pytest.approx(demo_spans()[-1][1], abs=0.1)
    (row,) = video.features.all()
    assert row.facts["generated"]
    found = list(poses_of(video))
    assert len(found) == video.n_frames == row.n_frames
    with av.open(str(Path(settings.MEDIA_ROOT) / video.file)) as file:
        picture = next(file.decode(video=0)).to_ndarray(format="rgb24")
    nose = (np.array(found[0][2][0][:2]) * picture.shape[0]).astype(int)
    skin = picture[nose[1], nose[0]].astype(int)
    assert skin == pytest.approx([222, 170, 138], abs=40)  # the skeleton lies on the body
    page = browse(demo_athlete.user).get("/videos/").content.decode()
    assert "Demo data" in page
    assert "How to film" in page
    demo_wanted(print)
    assert Job.objects.count() == 1


def test_what_is_drawn_teaches_only_who_asks_for_generated_data(demo_athlete):
    Consent.objects.create(athlete=demo_athlete, kind=ConsentKind.LEARNING, scope=LearningScope.SENSOR)
    demo_video_make(athlete=demo_athlete, commit=nullcontext)
    (made,) = [one for one in video_features_list(include_generated=True) if one.path]
    assert made.is_generated
    assert not [one for one in video_features_list(include_generated=False) if one.path]


def test_the_demo_clip_goes_whole(demo_athlete, video):
    demo_video_make(athlete=demo_athlete, commit=nullcontext)
    row = FeatureFile.objects.get(video=CLIP)
    assert features_path(row).is_file()
    assert demo_remove(print) > 2
    assert list(Video.all_with_deleted.all()) == [video]
    assert not features_path(row).exists()
    assert not (Path(settings.MEDIA_ROOT) / "vlm_uploads" / str(CLIP)).exists()
