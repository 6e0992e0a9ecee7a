"""A form report from a clip and from the mirror: made, seen, corrected, shared, deleted."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import CoachScope, Consent, ConsentKind, LearningScope, Team
from mlops.ml.vision.video.facts import read_facts
from mlops.models import Job
from mlops.serving.services.versions import serving_forget
from sessions.form.selectors.landmarks import FRAME_BYTES
from sessions.form.services.bin import reports_expire, reports_withdrawn
from sessions.form.services.corrections import correction_set
from sessions.form.services.reports import report_delete, report_names, report_wanted
from sessions.form.services.sharing import share_create, shares_expire
from sessions.form.services.shelf import SiteRepetitions
from sessions.models import FeatureFile, FormCorrection, FormReport, FormShare, WorkoutSession
from tests.form.conftest import N_REPETITIONS, frames_of
from tests.ml.biomechanics.people import ASPECT, filmed, plank
from tests.workouts.conftest import consent

pytestmark = pytest.mark.django_db
MIRROR = "/api/v1/form-reports/mirror/"


def send(client, data, **changed):
    query = {
        "id": str(uuid.uuid4()), "workout": str(uuid.uuid4()), "exercise": "squat", "aspect": "1.0",
        "started_at": (timezone.now() - timedelta(minutes=1)).isoformat(),
    } | changed  # fmt: skip
    return client.post(MIRROR, data, content_type="application/octet-stream", query_params=query)


def test_a_clip_of_squats_is_counted_and_judged(report):
    assert (report.exercise, report.n_repetitions, report.is_judged) == ("squat", N_REPETITIONS, True)
    assert 0 < report.score <= 100
    assert report.facts["view"] == "side"
    assert [one["number"] for one in report.facts["repetitions"]] == [1, 2, 3]


def test_features_that_are_ready_get_their_report_by_themselves(features, run_jobs, video):
    from sessions.video.services.extraction import features_made

    features_made.send_robust(type(features), row=features)
    run_jobs()
    (row,) = FormReport.objects.all()
    assert row.made_at is not None
    assert row.video == video


def test_a_new_report_takes_the_place_of_the_old_one(report, features, run_jobs, browse, athlete_user):
    client = browse(athlete_user)
    answer = client.post(f"/videos/{report.video_id}/form/", {"exercise": "front_squat"})
    run_jobs()
    (row,) = FormReport.objects.all()
    assert answer["Location"] == f"/form/{row.pk}/"
    assert (row.exercise, row.facts["exercise"]["is_given"]) == ("front_squat", True)


def test_the_page_says_score_reasons_and_sources(report, browse, athlete_user):
    page = browse(athlete_user).get(f"/form/{report.pk}/").content.decode()
    assert "Form score" in page
    assert "Schoenfeld" in page
    assert page.count("data-goto") == N_REPETITIONS
    listed = browse(athlete_user).get("/form/?exercise=squat").content.decode()
    assert f"/form/{report.pk}/" in listed


def test_angles_over_time_and_points(report, api, athlete_user):
    client = api(athlete_user)
    series = client.get(f"/api/v1/form-reports/{report.pk}/series/").json()
    knee = np.array(series["angles"]["knee_left"], float)
    assert len(series["times_s"]) == len(knee)
    assert np.nanmax(knee) - np.nanmin(knee) > 50
    poses = client.get(f"/api/v1/form-reports/{report.pk}/poses/?end_s=1&max_frames=5").json()
    assert len(poses["frames"][0]["pose"]) == 33


def test_a_coach_corrects_a_score_and_takes_it_back(report, api, trainer):
    client = api(trainer)
    where = f"/api/v1/form-reports/{report.pk}/corrections/2/"
    assert client.put(where, {"score": 55, "note": "Heels"}, format="json").json()["score"] == 55
    assert client.put(where, {"score": 60}, format="json").json()["said"] == report.facts["repetitions"][1]["score"]
    assert FormCorrection.objects.count() == 1
    assert client.put(where, {"score": 101}, format="json").status_code in (400, 422)
    assert client.put(where.replace("/2/", "/9/"), {"score": 1}, format="json").status_code == 422
    assert client.delete(where).status_code == 204
    assert not FormCorrection.objects.exists()


def test_a_link_shows_the_report_until_it_expires(report, client, athlete_user, browse):
    made = browse(athlete_user).post(f"/form/{report.pk}/share/", {"days": 7, "with_video": "on"}).content.decode()
    start = made.index("/form/shared/")
    link = made[start : made.index('"', start)]
    page = client.get(link)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"
    text = page.content.decode()
    assert "Form score" in text
    assert str(athlete_user) not in text
    assert report.video.title not in text
    assert client.get(f"{link}series.json").json()["angles"]
    assert client.get(f"{link}video").status_code == 200
    assert client.get("/form/shared/" + "x" * 32 + "/").status_code == 404
    FormShare.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(link).status_code == 404
    assert shares_expire() == 1


def test_a_link_without_the_video_does_not_give_it(report, client, athlete_user):
    _share, secret = share_create(report=report, days=1, with_video=False, by=athlete_user)
    assert client.get(f"/form/shared/{secret}/video").status_code == 404
    report.video.deleted_at = timezone.now()
    report.video.save(update_fields=["deleted_at"])
    assert client.get(f"/form/shared/{secret}/").status_code == 404


def test_a_set_before_the_mirror_becomes_a_workout_with_a_report_once(squats, api, athlete_user, run_jobs, media):
    client = api(athlete_user)
    camera = squats.camera
    key, data = str(uuid.uuid4()), frames_of(squats)
    first = send(client, data, id=key, aspect=str(camera.width / camera.height))
    assert first.status_code == 201, first.json()
    assert send(client, data, id=key).json()["id"] == first.json()["id"]
    run_jobs()
    row = FormReport.objects.get()
    assert (row.n_repetitions, row.origin) == (N_REPETITIONS, "mirror")
    assert WorkoutSession.objects.get().form_reports.get() == row
    poses = client.get(f"/api/v1/form-reports/{row.pk}/poses/?max_frames=3").json()
    assert poses["frames"][0]["t"] == 0


def test_all_sets_of_a_visit_are_one_workout_and_never_somebody_elses(squats, api, athlete_user, media, athlete):
    visit, data = str(uuid.uuid4()), frames_of(squats)
    assert {send(api(athlete_user), data, workout=visit).status_code for _ in range(2)} == {201}
    assert WorkoutSession.objects.get().form_reports.count() == 2
    from accounts.models import User
    from accounts.services.athletes import athlete_for

    other = User.objects.create_user("other-person", password="x")
    assert athlete_for(other) is not None
    assert send(api(other), data, workout=visit).json()["code"] == "taken"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: data[:-1], "bad_landmarks"),
        (lambda data: b"", "bad_landmarks"),
        (lambda data: data[:FRAME_BYTES] * 2, "bad_times"),
        (lambda data: np.full(133, 1e9, "<f4").tobytes(), "bad_landmarks"),
    ],
)
def test_landmarks_that_are_none_are_refused_and_leave_nothing(change, code, squats, api, athlete_user, media):
    answer = send(api(athlete_user), change(frames_of(squats)))
    assert answer.json()["code"] == code
    assert not WorkoutSession.objects.exists()


@pytest.mark.parametrize(
    "changed", [{"exercise": "dancing"}, {"aspect": "x"}, {"aspect": "99"}, {"started_at": "later"}, {"id": "7"}]
)
def test_what_is_said_about_a_set_is_checked(changed, squats, api, athlete_user, media):
    assert send(api(athlete_user), frames_of(squats), **changed).status_code in (400, 422)
    assert not FormReport.objects.exists()


def test_files_for_other_programs(report, browse, athlete_user):
    client = browse(athlete_user)
    lines = client.get(f"/form/{report.pk}/files/repetitions.csv").content.decode().splitlines()
    assert len(lines) == 1 + N_REPETITIONS
    assert lines[0].startswith("number,side,start_s")
    angles = client.get(f"/form/{report.pk}/files/angles.csv").content.decode().splitlines()
    assert angles[0].startswith("time_s,repetition,phase,")
    motion = client.get(f"/form/{report.pk}/files/angles.mot").content.decode().splitlines()
    assert "inDegrees=yes" in motion
    points = client.get(f"/form/{report.pk}/files/landmarks.trc").content.decode().splitlines()
    assert points[2].split("\t")[3] == "33"
    frames = client.get(f"/form/{report.pk}/files/keypoints.json").json()
    assert len(frames["annotations"][0]["keypoints"]) % 3 == 0
    assert client.get(f"/form/{report.pk}/files/secrets.txt").status_code == 404


def test_the_learnt_model_scores_beside_the_rules(features, run_jobs, browse, athlete_user):
    call_command("register_champions", verbosity=0)
    serving_forget()
    row = report_wanted(features=features, by=features.owner)
    run_jobs()
    row.refresh_from_db()
    assert row.facts["learnt"]["generated"] is True
    said = [one.get("learnt") for one in row.facts["repetitions"]]
    assert all(one is None or one["low"] <= one["score"] <= one["high"] for one in said)
    row.facts["repetitions"][0]["learnt"] = {"score": 20.0, "low": 5.0, "high": 35.0}
    row.save()
    page = browse(athlete_user).get(f"/form/{row.pk}/").content.decode()
    assert "The learnt model says 20 (5 to 35)." in page
    assert "generated repetitions" in page


def test_a_corrected_score_teaches_under_the_learning_consent(report, athlete, athlete_user):
    correction_set(report=report, number=2, score=40.0, note="", by=athlete_user)
    shelf = SiteRepetitions()
    assert shelf.teaching() == []
    consent(athlete)
    (one,) = shelf.teaching()
    assert (one.owner, one.truth) == (athlete.pseudonym, {"form_score": 40.0, "exercise": "squat"})
    assert one.x.shape[1:] == (33, 3)


def test_a_deleted_report_can_be_taken_back_and_goes_for_good_after_thirty_days(
    report, browse, client, athlete, athlete_user, video, django_capture_on_commit_callbacks
):
    consent(athlete)
    correction_set(report=report, number=2, score=40.0, note="", by=athlete_user)
    _share, secret = share_create(report=report, days=1, with_video=False, by=athlete_user)
    mine = browse(athlete_user)
    page = mine.post(f"/form/{report.pk}/delete/", follow=True).content.decode()
    undo = reverse("accounts:deleted_restore", args=["form-report", report.pk])
    assert undo in page
    assert mine.get(f"/form/{report.pk}/").status_code == 404
    assert client.get(f"/form/shared/{secret}/").status_code == 404
    assert SiteRepetitions().teaching() == []
    assert "Squat" in mine.get(reverse("accounts:deleted")).content.decode()
    mine.post(undo)
    assert FormReport.objects.get().corrections.count() == 1
    assert client.get(f"/form/shared/{secret}/").status_code == 200

    folder = Path(settings.MEDIA_ROOT) / report.folder
    mine.post(f"/form/{report.pk}/delete/")
    reports_expire()
    assert folder.is_dir()
    FormReport.all_with_deleted.update(deleted_at=timezone.now() - timedelta(days=31))
    with django_capture_on_commit_callbacks(execute=True):
        reports_expire()
    assert not FormReport.all_with_deleted.exists()
    assert not folder.exists()
    video.refresh_from_db()
    assert video.deleted_at is None


def test_who_withdraws_the_learning_consent_has_deleted_reports_removed(report, athlete_user):
    report_delete(row=report)
    reports_withdrawn(athlete_user, ConsentKind.LEARNING, LearningScope.SENSOR)
    assert not FormReport.all_with_deleted.exists()


def test_what_goes_with_a_clip_or_a_workout_leaves_no_file(
    report, squats, api, athlete_user, django_capture_on_commit_callbacks
):
    send(api(athlete_user), frames_of(squats))
    mirrored = FormReport.objects.get(origin="mirror")
    folders = [Path(settings.MEDIA_ROOT) / one.folder for one in (report, mirrored)]
    assert all(folder.is_dir() for folder in folders)
    with django_capture_on_commit_callbacks(execute=True):
        report.video.delete()
        mirrored.session.delete()
    assert not FormReport.all_with_deleted.exists()
    assert not any(folder.exists() for folder in folders)


def test_a_link_names_nobody_who_corrected(report, client, athlete_user, trainer):
    trainer.first_name, trainer.last_name = "Akosua", "Mensah"
    trainer.save()
    correction_set(report=report, number=1, score=30, note="Heels", by=trainer)
    _share, secret = share_create(report=report, days=1, with_video=False, by=athlete_user)
    page = client.get(f"/form/shared/{secret}/").content.decode()
    assert ">30<" in page
    assert "Mensah" not in page
    assert "Heels" not in page


@pytest.mark.parametrize(("seconds", "told"), [(8, "held for 8 s"), (2, "held for 0 s")])
def test_a_hold_shows_its_seconds_and_no_repetitions(seconds, told, api, browse, athlete_user, run_jobs, media):
    landmarks, times, _ = filmed(lambda t: plank(0.0), seconds=seconds)
    frames = np.concatenate([times[:, None], landmarks.reshape(len(times), -1)], axis=1).astype("<f4").tobytes()
    pk = send(api(athlete_user), frames, exercise="plank", aspect=str(ASPECT)).json()["id"]
    run_jobs()
    row = FormReport.objects.get(pk=pk)
    assert row.held_s == pytest.approx(seconds if seconds > 3 else 0, abs=0.3)
    client = browse(athlete_user)
    pages = [client.get(where).content.decode() for where in ("/form/", f"/workouts/{row.session_id}/")]
    assert all(told in page for page in pages)
    page = client.get(f"/form/{pk}/").content.decode()
    told_of_it = page.split('class="form-page"')[1].split("How this is worked out")[0]
    assert "epetition" not in re.sub("<[^>]*>", "", told_of_it)
    assert ("The position was not held long enough." in page) is (seconds < 3)


PEOPLE = [
    {"from_s": 0.0, "to_s": 9.0, "share": 1.0, "score": 0.3, "best_s": 2.0, "box": [0.1, 0.2, 0.3, 0.9]},
    {"from_s": 1.0, "to_s": 8.0, "share": 0.8, "score": 0.2, "best_s": 4.0, "box": [0.6, 0.2, 0.8, 0.9]},
    {"from_s": 1.0, "to_s": 2.0, "share": 0.1, "score": 0.02, "best_s": 1.5, "box": [0.9, 0.4, 1.0, 0.6]},
]


@pytest.fixture
def crowded(report):
    """The report of a clip in which two people stand out, and somebody walks by."""
    report.features.facts = {"notes": [], "people": PEOPLE, "subject": 0}
    report.features.save()
    return report


def test_several_people_are_a_question_and_the_answer_follows_the_chosen_one(crowded, browse, athlete_user):
    page = browse(athlete_user).get(f"/form/{crowded.pk}/").content.decode()
    assert "Who is it?" in page
    assert (page.count("data-person="), page.count("followed now")) == (2, 1)
    answer = browse(athlete_user).post(f"/form/{crowded.pk}/person/", {"subject": 1})
    assert answer["Location"] == f"/videos/{crowded.video_id}/"
    made = FeatureFile.objects.get(subject=1)
    assert (made.video, made.state, made.detector) == (crowded.video, "making", crowded.features.detector)
    browse(athlete_user).post(f"/form/{crowded.pk}/person/", {"subject": 1})
    assert FeatureFile.objects.filter(subject=1).count() == 1


@pytest.mark.parametrize("subject", ["3", "-1", "me", ""])
def test_who_is_not_in_the_clip_cannot_be_chosen(subject, crowded, browse, athlete_user):
    browse(athlete_user).post(f"/form/{crowded.pk}/person/", {"subject": subject})
    assert FeatureFile.objects.count() == 1


def test_once_somebody_has_chosen_there_is_no_question(crowded, browse, athlete_user):
    FeatureFile.objects.update(subject=0)
    assert "Who is it?" not in browse(athlete_user).get(f"/form/{crowded.pk}/").content.decode()


def test_a_score_that_cannot_be_given_asks_who_is_meant_first(crowded, browse, athlete_user):
    crowded.facts["reason"] = {"code": "unknown", "sentence": "This is no exercise.", "how": ""}
    crowded.save()
    page = browse(athlete_user).get(f"/form/{crowded.pk}/").content.decode()
    assert "Choose who is meant, above." in page
    assert "This is no exercise." not in page


def test_a_coach_finds_the_reports_on_the_athletes_page_under_the_consent_for_form(report, browse, athlete, trainer):
    team = Team.objects.get()
    Consent.objects.create(athlete=athlete, kind=ConsentKind.COACH, scope=CoachScope.TRAINING, team=team)
    where = reverse("workouts:athlete", args=[athlete.pk])
    assert f"/form/{report.pk}/" in browse(trainer).get(where).content.decode()
    Consent.objects.filter(scope=CoachScope.FORM_VIDEO).delete()
    assert f"/form/{report.pk}/" not in browse(trainer).get(where).content.decode()


def test_the_report_is_drawn_over_the_clip_and_goes_with_it(report, run_jobs, browse, athlete_user, trainer):
    client = browse(athlete_user)
    where = f"/form/{report.pk}/files/annotated.mp4"
    assert client.get(where).status_code == 404
    before = report.n_bytes
    assert client.post(f"/form/{report.pk}/annotate/")["Location"] == f"/form/{report.pk}/"
    client.post(f"/form/{report.pk}/annotate/")
    assert Job.objects.filter(kind="form.annotated").count() == 1
    run_jobs()
    report.refresh_from_db()
    file = Path(settings.MEDIA_ROOT) / report.file("annotated.mp4")
    source = Path(settings.MEDIA_ROOT) / report.video.file
    assert read_facts(file).t_s == pytest.approx(read_facts(source).t_s, abs=1e-3)
    assert report.n_bytes == before + file.stat().st_size
    answer = browse(trainer).get(where)
    assert (answer.status_code, answer["Content-Type"]) == (200, "video/mp4")
    assert "Draw the video again" in client.get(f"/form/{report.pk}/").content.decode()
    assert report.file("annotated.mp4") in set(report_names(FormReport.objects.all()))
