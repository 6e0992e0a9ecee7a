"""A clip comes in, is looked at by a job, and can be seen, played in ranges, deleted and taken back."""

from __future__ import annotations

import numpy as np
import pytest

from accounts.models import CoachScope, Consent, ConsentKind, LearningScope, Membership, Role, Team, TeamRole
from mlops.models import Job
from sessions.models import FeatureFile, Video
from sessions.video.selectors.frame_times import frame_times
from sessions.video.services.bin import video_purge
from sessions.video.services.videos import video_folder
from tests.people import make_user
from tests.video.clips import N_FRAMES, RATE
from web.registries import personal_data, storage
from web.registries.stored_files import named_files

pytestmark = pytest.mark.django_db


def test_an_upload_becomes_a_video_that_plays_in_ranges(browse, athlete_user, upload, clip_bytes, run_jobs):
    page = browse(athlete_user)
    sent = upload(clip_bytes, "My squats.mp4")
    form = {"upload": str(sent.pk), "detector": "fusion", "sample_rate": "1"}
    answer = page.post("/videos/", form)
    video = Video.objects.get()
    assert answer.url == f"/videos/{video.pk}/"
    assert (video.state, video.title) == ("making", "My squats")
    assert "In progress" in page.get("/videos/").content.decode()
    (job,) = run_jobs()
    assert (job.kind, job.queue, job.status) == ("video.probe", "video", "succeeded")
    video = Video.objects.get()
    assert video.is_ready
    assert (video.width, video.height, video.n_frames, video.codec, video.rotation) == (320, 240, N_FRAMES, "h264", 0)
    assert video.duration_s == pytest.approx(N_FRAMES / RATE)
    assert frame_times(video) == pytest.approx(np.arange(N_FRAMES) / RATE)
    poster = page.get(f"/videos/{video.pk}/files/poster.png")
    assert poster.getvalue().startswith(b"\x89PNG")
    part = page.get(f"/videos/{video.pk}/files/video", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.getvalue(), part["Content-Type"]) == (206, b"ftyp", "video/mp4")
    assert part["Content-Disposition"].startswith("inline")
    assert page.get(f"/videos/{video.pk}/files/original")["Content-Disposition"].startswith("attachment")
    assert page.get(f"/videos/{video.pk}/files/times.npy").status_code == 404
    assert page.get(f"/videos/{video.pk}/").status_code == 200


@pytest.mark.parametrize("data", [b"<html><script>x</script>", b"#EXTM3U\nhttp://example.org/a.ts\n", b"v=0\r\no=- 1"])
def test_a_page_or_a_playlist_is_no_video(data, browse, athlete_user, upload):
    answer = browse(athlete_user).post("/videos/", {
        "upload": str(upload(data, "clip.mp4").pk), "detector": "fusion", "sample_rate": "1",
    }, follow=True)  # fmt: skip
    assert "This file type is not supported here" in answer.content.decode()
    assert not Video.objects.exists()


def test_a_broken_video_says_why_and_can_be_deleted(browse, athlete_user, upload, clip_bytes, run_jobs):
    page = browse(athlete_user)
    sent = upload(clip_bytes[:200], "half.mp4")
    page.post("/videos/", {"upload": str(sent.pk), "extract": "on", "detector": "mediapipe", "sample_rate": "2"})
    (job,) = run_jobs()
    assert (job.status, job.failure_code, job.attempt) == ("failed", "unreadable_media", 1)
    video = Video.objects.get()
    assert (video.state, FeatureFile.objects.get().state) == ("failed", "failed")
    assert video.problem in page.get(f"/videos/{video.pk}/").content.decode()
    assert not video_folder(video).exists()
    assert page.get(f"/videos/{video.pk}/files/original").status_code == 404
    assert page.post(f"/videos/{video.pk}/delete/").status_code == 302
    assert not Video.objects.exists()


def test_the_same_file_is_not_kept_twice(video, browse, athlete_user, upload, clip_bytes):
    answer = browse(athlete_user).post("/videos/", {
        "upload": str(upload(clip_bytes, "again.mp4").pk), "detector": "fusion", "sample_rate": "1",
    })  # fmt: skip
    assert answer.url == f"/videos/{video.pk}/"
    assert Video.objects.count() == 1


def test_a_clip_of_staff_states_its_rights(browse, staff_user, upload, clip_bytes):
    page = browse(staff_user)
    form = {"upload": str(upload(clip_bytes, "staff.mp4", staff_user).pk), "detector": "fusion", "sample_rate": "1"}
    assert "This field is required" in page.post("/videos/", form).content.decode()
    assert not Video.objects.exists()
    page.post("/videos/", form | {"rights": "Drawn by a program; nobody is in it."})
    assert Video.objects.get().athlete is None


def test_who_sees_it_follows_consent(video, athlete, coach_user, staff_user, other_athlete_user):
    def seen(user):
        return Video.objects.visible_to(user).filter(pk=video.pk).exists()

    assert seen(athlete.user)
    assert not any(map(seen, (coach_user, staff_user, other_athlete_user)))
    team = Team.objects.create(name="Club")
    for user, role in ((coach_user, TeamRole.COACH), (athlete.user, TeamRole.ATHLETE)):
        Membership.objects.create(team=team, user=user, role=role)
    Consent.objects.create(athlete=athlete, kind=ConsentKind.COACH, scope=CoachScope.TRAINING, team=team)
    assert not seen(coach_user)
    Consent.objects.create(athlete=athlete, kind=ConsentKind.COACH, scope=CoachScope.FORM_VIDEO, team=team)
    assert seen(coach_user)
    assert not Video.objects.editable_by(coach_user).exists()


def test_pictures_and_landmarks_teach_under_consents_of_their_own(video, features, athlete):
    assert not Video.objects.learnable().exists()
    assert not FeatureFile.objects.learnable().exists()
    Consent.objects.create(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.SENSOR)
    assert not Video.objects.learnable().exists()
    assert FeatureFile.objects.learnable().get() == features
    Consent.objects.create(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.RAW_VIDEO)
    assert Video.objects.learnable().get() == video


def test_deleted_is_out_of_sight_and_comes_back(video, features, browse, athlete_user, upload, clip_bytes):
    page = browse(athlete_user)
    page.post(f"/videos/{video.pk}/delete/")
    for address in ("", "files/video", "files/poster.png", "labels.csv", f"features/{features.name}"):
        assert page.get(f"/videos/{video.pk}/{address}").status_code == 404, address
    assert page.get(f"/api/v1/videos/{video.pk}/spans/").status_code == 404
    assert not FeatureFile.objects.visible_to(athlete_user).exists()
    assert "squats" in page.get("/settings/deleted/").content.decode()
    page.post(f"/settings/deleted/video/{video.pk}/restore/")
    assert page.get(f"/videos/{video.pk}/").status_code == 200
    page.post(f"/videos/{video.pk}/delete/")
    page.post("/videos/", {"upload": str(upload(clip_bytes, "b.mp4").pk), "detector": "fusion", "sample_rate": "1"})
    assert page.post(f"/api/v1/videos/{video.pk}/restore/").status_code == 409


def test_purged_leaves_no_file(video, features, settings):
    root = settings.MEDIA_ROOT
    assert {video.file, features.file} <= named_files()
    Video.objects.filter(pk=video.pk).update(deleted_at=video.created_at)
    video_purge(video)
    assert not Video.all_with_deleted.exists()
    assert not [path for path in (*root.glob("vlm_uploads/*"), *root.glob("processed/features/*"))]


def test_the_person_is_told_what_it_takes_and_gets_it_all(video, features, athlete_user):
    kept = {str(one.label): one for one in storage.usages()}
    assert kept["Videos"].rows(athlete_user).get().kept == video.n_bytes > 0
    tables = {table.model: table for table in personal_data.tables()}
    files = {name.rsplit("/")[-1] for name, _ in tables[Video].files(video)}
    assert files == {"squats.mp4", "poster.png", "times.npy"}
    assert [name for name, _ in tables[FeatureFile].files(features)] == ["features/squats_features.parquet"]


def test_extraction_is_asked_for_with_its_name(video, browse, athlete_user):
    page = browse(athlete_user)
    for _ in range(2):
        page.post(f"/videos/{video.pk}/extract/", {"detector": "mediapipe", "sample_rate": "3"})
    names = list(FeatureFile.objects.order_by("created_at").values_list("name", flat=True))
    assert names == ["squats_features.parquet", "squats-2_features.parquet"]
    assert Job.objects.filter(kind="video.extract", queue="video").count() == 2
    refused = page.post(f"/videos/{video.pk}/extract/", {"sample_rate": "0"}, follow=True)
    assert "Choose what" in refused.content.decode()


def test_a_stopped_extraction_says_so_and_starts_again(video, browse, athlete_user, run_jobs, monkeypatch):
    monkeypatch.setattr("sessions.video.jobs.feature_file_make", lambda **_: None)
    page = browse(athlete_user)
    page.post(f"/videos/{video.pk}/extract/", {"detector": "mediapipe", "sample_rate": "1"})
    row = FeatureFile.objects.get()
    page.post(f"/jobs/{row.job_id}/cancel/")
    text = page.get(f"/videos/{video.pk}/").content.decode()
    assert ("Stopped" in text, "Failed" in text) == (True, False)
    page.post(f"/jobs/{row.job_id}/retry/")
    run_jobs()
    again = Job.objects.exclude(pk=row.job_id).get(kind="video.extract")
    row.refresh_from_db()
    assert row.job_id == again.pk


def test_athletes_read_everyday_words(video, browse, athlete_user):
    text = browse(athlete_user).get(f"/videos/{video.pk}/").content.decode()
    assert "Find my movement" in text
    assert "Extract features" not in text
    assert "n-th frame" in text.split("More options", 1)[1]
    assert "n-th frame" not in text.split("More options", 1)[0]
    library = browse(athlete_user).get("/videos/").content.decode()
    assert "Find my movement after the upload" in library
    assert "Detector" not in library.split("More options", 1)[0]


def test_coaches_find_the_videos_that_are_shared(browse, coach_user):
    Membership.objects.create(team=Team.objects.create(name="Club"), user=coach_user, role=TeamRole.COACH)
    assert 'href="/videos/"' in browse(coach_user).get("/teams/").content.decode()


def test_coaches_have_videos_of_their_own(make_video):
    coach = make_user("a-coach", role=Role.COACH)
    assert make_video(owner=coach).athlete.user == coach


def test_erasing_a_person_leaves_nothing_half_made(video, features, athlete_user):
    from sessions.video.services.extraction import part_folder
    from sessions.video.services.leftovers import videos_of_person_remove

    part_folder(features).mkdir()
    (part_folder(features) / "segment-00000.npz").write_bytes(b"x")
    videos_of_person_remove(athlete_user)
    assert not part_folder(features).exists()
    assert not video_folder(video).exists()


def test_leftovers_go_when_nobody_knows_them(video, features, settings):
    import os

    from sessions.video.services.leftovers import video_leftovers_remove

    root = settings.MEDIA_ROOT
    stray = [root / "processed/features/.x.part", root / "mlruns/models/abc",
             root / "vlm_uploads/.half.part"]  # fmt: skip
    for path in stray[:2]:
        path.mkdir(parents=True)
    stray[2].write_bytes(b"x")
    known = [video_folder(video), root / features.file]
    for path in (*stray, *known, *video_folder(video).iterdir()):
        os.utime(path, (0, 0))
    video_leftovers_remove()
    assert not any(path.exists() for path in stray)
    assert all(path.exists() for path in known)
