"""Guided takes become confirmed labels, whenever they arrive; minutes are counted for those who may see them."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Athlete, ConsentKind, LearningScope, Role
from accounts.services.consent import consent_grant
from sessions.live.selectors.minutes import minutes_learnable, minutes_own
from sessions.live.services.frames import Frame
from sessions.live.services.storage import Waiting, chunks_store
from sessions.live.services.store import stream_store
from sessions.live.services.streams import live_session_create, stream_finish, stream_open
from sessions.live.services.takes import stream_takes_set
from sessions.models import Recording, SensorLayout, Span, SpanOrigin, SpanState
from tests.live.tiny import movement
from tests.people import make_user

BEGIN = 1000.0
TAKES = [
    {"start_s": BEGIN + 1, "end_s": BEGIN + 3, "label": "squat"},
    {"start_s": BEGIN + 3, "end_s": BEGIN + 9, "label": "row"},
]


@pytest.fixture
def stream(stage):
    layout = SensorLayout.objects.get(key="flextail")
    opened = stream_open(session=stage.session, layout=layout, task_name="exercise", rate_hz=50).stream
    t, x = movement(4.0)
    frame = Frame(0, t + BEGIN, x)
    chunks_store([Waiting(opened.pk, 0, len(t), frame.payload(), lambda seq: None, lambda: None)], {opened.pk})
    return opened


def store(stream):
    stream_finish(stream=stream)
    return stream_store(stream=stream, commit=transaction.atomic, on_step=lambda *_: None, done=lambda _: None)


def labels(recording):
    return list(Span.objects.filter(recording=recording).values_list("label", "start_s", "end_s", "state", "origin"))


def test_takes_are_confirmed_labels_over_exactly_the_recorded_time(stage, stream):
    stream_takes_set(stream=stream, takes=TAKES, by=stage.user)
    recording = store(stream)
    sure = (SpanState.CONFIRMED, SpanOrigin.PERSON)
    assert labels(recording) == [("squat", 1.0, 3.0, *sure), ("row", 3.0, pytest.approx(recording.duration_s), *sure)]
    assert set(Span.objects.values_list("author", flat=True)) == {stage.user.pk}


def test_takes_that_arrive_after_storing_are_placed_once(stage, stream):
    recording = store(stream)
    for _ in range(2):
        stream_takes_set(stream=stream, takes=TAKES[:1], by=stage.user)
    assert [row[:3] for row in labels(recording)] == [("squat", 1.0, 3.0)]


@pytest.mark.parametrize(
    "bad",
    [
        [{"start_s": 2, "end_s": 1, "label": "squat"}],
        [{"start_s": 0, "end_s": 4000, "label": "squat"}],
        [{"start_s": 0, "end_s": 5, "label": "squat"}, {"start_s": 4, "end_s": 6, "label": "row"}],
        [{"start_s": 0, "end_s": 5, "label": "<b>"}],
        [{"start_s": 0, "end_s": float("nan"), "label": "row"}],
        [{"start_s": n, "end_s": n + 1, "label": "row"} for n in range(501)],
    ],
)
def test_what_is_no_take_is_refused_whole(stage, stream, bad):
    with pytest.raises(ValidationError):
        stream_takes_set(stream=stream, takes=bad, by=stage.user)
    stream.refresh_from_db()
    assert stream.takes == []


def test_takes_by_program(stage, stream, client):
    client.force_login(stage.user)
    address = f"/api/v1/live/streams/{stream.pk}/takes/"
    answer = client.put(address, {"takes": TAKES}, content_type="application/json")
    assert answer.status_code == 200
    assert client.get(address).json() == {"takes": TAKES}
    wrong = client.put(address, {"takes": [{**TAKES[0], "end_s": 0}]}, content_type="application/json")
    assert wrong.status_code == 400
    assert client.put(address, {"takes": TAKES, "x": 1}, content_type="application/json").status_code == 400


def test_a_phone_session_remembers_its_device(stage):
    session = live_session_create(user=stage.user, title="Phone", notes="Phone, portrait, 60 Hz")
    assert session.notes == "Phone, portrait, 60 Hz"


def spans_of(user, task, seconds):
    session = live_session_create(user=user)
    layout = SensorLayout.objects.get(key=task.input["layout"])
    recording = Recording.objects.create(
        session=session, layout=layout, source="live", file="none", duration_s=1000, rate_hz=50,
        started_at=session.started_at,
    )
    at = 0.0
    for label, length in seconds.items():
        Span.objects.create(recording=recording, start_s=at, end_s=at + length, label=label)
        at += length
    Span.objects.create(recording=recording, start_s=at, end_s=at + 90, label="squat", state=SpanState.PROPOSED)


def test_minutes_of_oneself_and_of_pseudonyms_under_consent(stage):
    spans_of(stage.user, stage.task, {"squat": 120, "row": 30, "dance": 60})
    others = [make_user(f"runner-{n}") for n in range(3)]
    for user in others:
        spans_of(user, stage.task, {"squat": 100})
        if user is not others[2]:
            athlete = Athlete.objects.get(user=user)
            consent_grant(athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.SENSOR, by=user)
    mine = minutes_own(user=stage.user, task=stage.task)
    assert [(one.name, one.seconds, one.missing) for one in mine.classes] == [
        ("squat", 120, "2.0 of 5 minutes"), ("row", 30, "0.5 of 5 minutes"), ("other", 0, "0.0 of 5 minutes"),
    ]
    staff = make_user("staff", role=Role.ML_STAFF)
    board = minutes_learnable(user=staff, task=stage.task)
    names = {Athlete.objects.get(user=user).pseudonym for user in others[:2]}
    assert {row.subject for row in board.subjects} == names, "without the learning consent nobody is counted"
    assert board.classes[0].missing == "3.3 of 5 minutes, 2 of 3 people"
    assert not minutes_learnable(user=stage.user, task=stage.task).subjects, "athletes see no pseudonyms"


def test_minutes_by_program(stage, client):
    client.force_login(stage.user)
    spans_of(stage.user, stage.task, {"squat": 30})
    answer = client.get("/api/v1/minutes/?task=exercise").json()
    assert answer["subjects"] == [
        {"subject": "You", "is_generated": False, "seconds": {"squat": 30.0, "row": 0.0, "other": 0.0}}
    ]
    assert client.get("/api/v1/minutes/?task=nothing").status_code == 404
    assert client.get("/api/v1/minutes/?x=1").status_code == 400
