"""Labels: times, states, edits that meet each other, files in and out, proposals."""

import json

import pytest
from django.core.exceptions import ValidationError

from sessions.models import Span, SpanState
from sessions.services.label_files import labels_csv, labels_import
from sessions.services.recordings import recording_label_whole
from sessions.services.spans import span_create, spans_decide
from tests.workouts.conftest import label, make_recording
from web.refusals import Problem


@pytest.fixture
def client(api, athlete_user):
    return api(athlete_user)


def url(recording, *parts):
    return "/".join([f"/api/v1/recordings/{recording.pk}/spans", *map(str, parts)]) + "/"


def test_a_label_is_made_changed_and_deleted(client, recording):
    made = client.post(url(recording), {"start_s": 1, "end_s": 4.5, "label": " squat "}, format="json")
    assert made.status_code == 201
    span = made.json()
    assert (span["label"], span["state"], span["origin"]) == ("squat", "confirmed", "person")
    assert made["ETag"] == span["etag"]
    changed = client.patch(url(recording, span["id"]), {"end_s": 6}, format="json", headers={"If-Match": span["etag"]})
    assert changed.json()["end_s"] == 6
    assert client.delete(url(recording, span["id"])).status_code == 204
    assert client.get(url(recording)).json() == []


def test_an_edit_over_somebody_elses_edit_is_refused(client, recording):
    span = client.post(url(recording), {"start_s": 1, "end_s": 4, "label": "squat"}, format="json").json()
    client.patch(url(recording, span["id"]), {"label": "row"}, format="json")
    for answer in (
        client.patch(url(recording, span["id"]), {"label": "plank"}, format="json", headers={"If-Match": span["etag"]}),
        client.delete(url(recording, span["id"]), headers={"If-Match": span["etag"]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "changed_meanwhile")
    assert Span.objects.get().label == "row"


@pytest.mark.parametrize(
    "values",
    [
        {"start_s": 4, "end_s": 4, "label": "squat"},
        {"start_s": 5, "end_s": 4, "label": "squat"},
        {"start_s": 70, "end_s": 80, "label": "squat"},
        {"start_s": 1, "end_s": 4, "label": ""},
        {"start_s": 1, "end_s": 4, "label": "=cmd"},
        {"start_s": 1, "end_s": 4, "label": "x" * 65},
        {"start_s": 1, "end_s": 4, "label": "squat", "state": "maybe"},
        {"start_s": 1, "end_s": 4, "label": "squat", "origin": "model"},
        {"start_s": -1, "end_s": 4, "label": "squat"},
    ],
)
def test_bad_labels_are_refused(client, recording, values):
    assert client.post(url(recording), values, format="json").status_code == 400
    assert not Span.objects.exists()


def test_not_a_number_is_refused(client, recording):
    answer = client.post(
        url(recording), '{"start_s": NaN, "end_s": 4, "label": "squat"}', content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "not_finite")


def test_an_end_behind_the_recording_is_moved_to_it(recording):
    assert span_create(recording=recording, start_s=1, end_s=1e6, label="row").end_s == recording.duration_s


def test_reviewed_and_empty_needs_no_label(client, recording):
    made = client.post(
        url(recording), {"start_s": 1, "end_s": 4, "label": "", "state": "reviewed_empty"}, format="json"
    )
    assert (made.status_code, made.json()["state"]) == (201, "reviewed_empty")


def test_all_proposals_at_once(client, recording, athlete_user):
    for start in (1, 10, 20):
        label(recording, start, start + 5, "squat", state=SpanState.PROPOSED)
    label(recording, 30, 35, "row", state=SpanState.REJECTED)
    assert client.post(url(recording, "decide"), {"state": "confirmed"}, format="json").json() == {"changed": 3}
    assert Span.objects.filter(state="confirmed").count() == 3
    assert spans_decide(recording=recording, state="rejected", by=athlete_user) == 0


def test_the_whole_recording(recording, athlete_user):
    span = recording_label_whole(recording=recording, label="plank", origin="person", author=athlete_user)
    recording.refresh_from_db()
    assert (span.start_s, span.end_s) == (0.0, recording.duration_s)
    assert recording.reviewed_at is not None


def test_review_and_back(client, recording):
    where = f"/api/v1/recordings/{recording.pk}/review/"
    assert client.post(where, {"reviewed": True}, format="json").json()["reviewed_at"]
    assert client.post(where, {"reviewed": False}, format="json").json()["reviewed_at"] is None


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_labels_go_out_and_come_back(client, recording, athlete_user, kind):
    label(recording, 1, 4, "squat")
    label(recording, 5, 9, "row", state=SpanState.PROPOSED)
    data = client.get(f"/recordings/{recording.pk}/labels.{kind}")
    assert data.status_code == 200
    assert "attachment" in data["Content-Disposition"]
    assert labels_import(recording=recording, data=data.content, by=athlete_user) == 0
    assert labels_import(recording=recording, data=data.content, by=athlete_user, replace=True) == 2
    assert set(Span.objects.values_list("label", "state", "start_s", "end_s")) == {
        ("squat", "confirmed", 1.0, 4.0),
        ("row", "proposed", 5.0, 9.0),
    }


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (b"start_s,end_s,label\n1,2,squat\n3,x,row\n", 3),
        (b"start_s,end_s,label\n1,2,squat\n9,3,row\n", 3),
        (b"start,end,name\n1,2,squat\n", 1),
        (b'{"labels": [{"start_s": 1, "end_s": 2, "label": "squat"}, {"start_s": 1}]}', 2),
        (b'[{"start_s": 1, "end_s": 2, "label": "squat", "state": "maybe"}]', 1),
        (b"\xff\xfe\x00", 1),
        (b"", 1),
    ],
)
def test_a_bad_label_file_changes_nothing_and_names_the_row(recording, athlete_user, data, row):
    label(recording, 1, 4, "plank")
    with pytest.raises(Problem) as refused:
        labels_import(recording=recording, data=data, by=athlete_user, replace=True)
    assert refused.value.detail.startswith(f"Row {row}:")
    assert Span.objects.get().label == "plank"


def test_a_semicolon_table_with_reordered_columns_is_read(recording, athlete_user):
    data = b"\xef\xbb\xbflabel;start_s;end_s\nsquat;1;2\n\nrow;3;4\n"
    assert labels_import(recording=recording, data=data, by=athlete_user) == 2


def test_formula_cells_are_neutralised(recording):
    span = label(recording, 1, 4, "=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in labels_csv([span])


def test_json_is_strict(recording, athlete_user):
    nested = json.dumps([[[]]]).encode()
    with pytest.raises(Problem):
        labels_import(recording=recording, data=nested, by=athlete_user)


def test_span_of_another_recording_is_missing(client, recording, workout, media):
    foreign = label(make_recording(workout), 1, 2, "row")
    assert client.get(url(recording, foreign.pk)).status_code == 404


def test_label_must_be_text(recording):
    with pytest.raises(ValidationError):
        span_create(recording=recording, start_s=0, end_s=1, label="\x00")


def test_a_recording_of_one_sample_has_no_stretch_to_label(client, workout, media):
    single = make_recording(workout, seconds=0.02)
    assert single.duration_s == 0
    refused = client.post(url(single), {"start_s": 0, "end_s": 1, "label": "squat"}, format="json")
    assert refused.status_code == 400
    with pytest.raises(Problem) as bad:
        labels_import(recording=single, data=b"start_s,end_s,label\n0,1,squat\n", by=None)
    assert bad.value.status == 400


def test_a_label_file_of_many_columns_takes_no_memory_of_ours(recording, athlete_user):
    """Four thousand columns and lines in 47 kB once made 16 million cells."""
    import tracemalloc

    from benchmarks.attack_files import wide_labels

    tracemalloc.start()
    with pytest.raises(Problem, match=r"Row 4001|Row 2"):
        labels_import(recording=recording, data=wide_labels().replace(b"1,2,a", b"1,0,a"), by=athlete_user)
    assert tracemalloc.get_traced_memory()[1] < 30e6
    tracemalloc.stop()
