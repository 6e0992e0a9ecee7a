"""Labels of a video go out and come in as JSON, CSV and COCO keypoints, and are the same after it."""

from __future__ import annotations

import json

import pytest

from sessions.models import SpanState, VideoSpan
from sessions.video.services.label_files import video_labels_file, video_labels_import
from tests.video.clips import N_FRAMES, RATE
from tests.video.conftest import make_features
from web.refusals import Problem

pytestmark = pytest.mark.django_db


def csv_of(labels: dict[int, str]) -> str:
    return "frame_index,label\n" + "".join(f"{frame},{label}\n" for frame, label in labels.items())


@pytest.mark.parametrize("labels", [
    {n: "work" if n % 20 < 10 else "idle" for n in range(N_FRAMES)},
    {n: "work" for n in range(0, N_FRAMES, 7)},
    {3: "a", 4: "a", 9: "b", 59: "ä (half)"},
    {0: "only"},
])  # fmt: skip
def test_frames_go_out_as_they_came_in(labels, video, athlete_user):
    text = csv_of(labels)
    assert video_labels_import(video=video, data=text.encode(), by=athlete_user) > 0
    assert video_labels_file(video=video, kind="csv")[0] == text


def test_labels_that_come_with_the_video_are_there_after_it_was_read(make_video):
    labels = {n: "work" if n >= 30 else "idle" for n in range(0, N_FRAMES, 2)}
    video = make_video(labels=labels)
    assert [(one.label, one.start_s, one.end_s, one.every) for one in video.spans.order_by("start_s")] == [
        ("idle", 0.0, 2.0, 2), ("work", 2.0, pytest.approx(N_FRAMES / RATE, abs=1e-3), 2),
    ]  # fmt: skip
    assert video_labels_file(video=video, kind="csv")[0] == csv_of(labels)


def test_every_label_has_its_source_frame_and_time_and_keeps_its_order(video, athlete_user):
    for start_s, end_s, label, state in ((2.0, 3.0, "late", "confirmed"), (0.4, 1.0, "early", "proposed"),
                                         (1.0, 1.6, "", "reviewed_empty"), (3.0, 3.4, "no", "rejected")):  # fmt: skip
        VideoSpan.objects.create(video=video, start_s=start_s, end_s=end_s, label=label, state=state)
    before = video_labels_file(video=video, kind="json")[0]
    told = json.loads(before)["labels"]
    assert [one["label"] for one in told] == ["late", "early", "", "no"]
    assert (told[0]["start_frame"], told[0]["end_frame"]) == (30, 45)
    assert video_labels_import(video=video, data=before.encode(), by=athlete_user) == 0
    assert video_labels_import(video=video, data=before.encode(), by=athlete_user, replace=True) == 4
    assert video_labels_file(video=video, kind="json")[0] == before


def test_only_confirmed_labels_are_labels_of_frames(video):
    for state in (SpanState.PROPOSED, SpanState.REJECTED):
        VideoSpan.objects.create(video=video, start_s=0, end_s=1, label=state, state=state)
    assert video_labels_file(video=video, kind="csv")[0] == "frame_index,label\n"


def test_a_label_never_runs_in_a_spreadsheet(video, athlete_user):
    video_labels_import(video=video, data=b"frame_index,label\n0,=1+1\n1,-5\n", by=athlete_user)
    text = video_labels_file(video=video, kind="csv")[0]
    assert text == "frame_index,label\n0,'=1+1\n1,-5\n"
    video_labels_import(video=video, data=text.encode(), by=athlete_user, replace=True)
    assert [one.label for one in video.spans.order_by("start_s")] == ["=1+1", "-5"]


@pytest.mark.parametrize(("data", "words"), [
    (b"frame_index,label\n60,a\n", "Frame 60 is beyond the end"), (b"frame_index,label\n1,a\n1,b\n", "two labels"),
    (b"frame_index,label\nx,a\n", "Row 2"), (b"frame_index,label\n", "no labels"), (b"\xff\xfe", "UTF-8"),
    (b'{"labels": [{"start_s": 9, "end_s": 8, "label": "a"}]}', "Row 1"), (b'{"annotations": 1}', "must be a list"),
    (b'{"images": [{"id": 1, "frame_index": 99}], "annotations": [], "categories": []}', "Frame 99 is beyond"),
])  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_changes(data, words, video, athlete_user):
    VideoSpan.objects.create(video=video, start_s=0, end_s=1, label="kept")
    with pytest.raises(Problem, match=words) as caught:
        video_labels_import(video=video, data=data, by=athlete_user, replace=True)
    assert caught.value.status == 400
    assert [one.label for one in video.spans.all()] == ["kept"]


def test_points_go_out_and_in_as_coco_keypoints(video, features, athlete_user):
    before = video_labels_file(video=video, kind="coco.json")[0]
    told = json.loads(before)
    assert [one["frame_index"] for one in told["images"]] == list(range(N_FRAMES))
    assert told["images"][30]["t"] == 2.0
    assert len(told["annotations"]) == N_FRAMES - 5
    ankle = told["annotations"][0]["keypoints"][45:48]
    assert ankle == [round(0.57 * 320, 2), 300.0, 0]
    assert set(told["annotations"][1]["keypoints"][2::3]) == {1, 2}
    assert video_labels_import(video=video, data=before.encode(), by=athlete_user) == N_FRAMES - 5
    make_features(video, "later_features.parquet", every=2)
    assert video_labels_file(video=video, kind="coco.json")[0] == before


def test_points_of_others_keep_their_order_and_all_they_hold(video, athlete_user):
    category = {"id": 7, "name": "p", "keypoints": ["a", "b"], "skeleton": [[1, 2]]}
    document = {
        "info": {"year": 2026},
        "images": [{"id": 9, "file_name": "walk_000012.jpg"}, {"id": 2, "file_name": "walk_000003.jpg"}],
        "annotations": [{"id": 5, "image_id": 9, "category_id": 7, "keypoints": [1.5, -20, 0, 3, 4, 2], "who": "x"},
                        {"id": 4, "image_id": 2, "category_id": 7, "keypoints": [0, 0, 1, 3, 4.25, 2]}],
        "categories": [category],
    }  # fmt: skip
    assert video_labels_import(video=video, data=json.dumps(document).encode(), by=athlete_user) == 2
    assert json.loads(video_labels_file(video=video, kind="coco.json")[0]) == document
    document["annotations"][0]["keypoints"][2] = 3
    with pytest.raises(Problem, match="v is 0, 1 or 2"):
        video_labels_import(video=video, data=json.dumps(document).encode(), by=athlete_user)


def test_the_page_takes_and_gives_them(video, browse, athlete_user):
    from django.core.files.uploadedfile import SimpleUploadedFile

    page = browse(athlete_user)
    file = SimpleUploadedFile("l.csv", csv_of({n: "work" for n in range(30)}).encode())
    answer = page.post(f"/videos/{video.pk}/labels/", {"labels": file}, follow=True)
    assert "1 label added." in answer.content.decode()
    got = page.get(f"/videos/{video.pk}/labels.csv")
    assert got.content.decode().count("work") == 30
    assert got["Content-Disposition"].startswith("attachment")
    assert page.get(f"/videos/{video.pk}/labels.coco.json").status_code == 404
    assert page.get(f"/videos/{video.pk}/labels.exe").status_code == 404
