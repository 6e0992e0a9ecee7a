"""After the stream: the job, silent streams, replays, the pages."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Athlete, CoachScope, ConsentKind, Membership, Role, Team, TeamRole
from accounts.services.consent import consent_grant, consent_withdraw
from mlops.ml.abstention import NO_CLASS
from mlops.ml.decision import Decision
from mlops.models import Job
from sessions.live.selectors.board import team_board
from sessions.live.services.answers import GivenAnswer
from sessions.live.services.corrections import stream_correct
from sessions.live.services.frames import Frame
from sessions.live.services.storage import Waiting, chunks_store
from sessions.live.services.store import stream_store
from sessions.live.services.streams import stream_finish, stream_open, streams_close_stale
from sessions.models import LiveStream, Recording, SensorLayout, Span, StreamChunk, StreamSource, StreamState
from tests.live.tiny import movement
from tests.people import make_user

ANSWERED = GivenAnswer(Decision("squat", 0.9), ("squat", "row", "other"), NO_CLASS, 0.5, 3.5, "exercise", 1)


def put(stream, *, frames=4, size=50, begin=0):
    t, x = movement(frames * size / 50)
    batch = []
    for seq in range(begin, frames):
        frame = Frame(seq, t[seq * size : seq * size + size], x[seq * size : seq * size + size])
        batch.append(Waiting(stream.pk, seq, size, frame.payload(), lambda seq: None, lambda: None))
    return chunks_store(batch, {stream.pk})


@pytest.fixture
def stream(stage):
    layout = SensorLayout.objects.get(key="flextail")
    return stream_open(session=stage.session, layout=layout, task_name="exercise", rate_hz=50).stream


def keep(stream):
    return stream_store(stream=stream, commit=transaction.atomic, on_step=lambda *_: None, done=lambda _: None)


def test_a_silent_stream_is_finished_and_its_job_is_made_once(stream):
    put(stream)
    assert streams_close_stale() == 0
    LiveStream.objects.update(seen_at=timezone.now() - timedelta(minutes=10))
    assert streams_close_stale() == 1
    stream.refresh_from_db()
    assert stream.state == StreamState.FINISHED
    assert Job.objects.get().parameters == {"stream": str(stream.pk)}
    assert streams_close_stale() == 0
    assert put(stream) == set(), "a finished stream takes no more frames"


def test_a_silent_empty_stream_goes(stream):
    LiveStream.objects.update(seen_at=timezone.now() - timedelta(minutes=10))
    streams_close_stale()
    assert not LiveStream.objects.exists()
    assert not Job.objects.exists()


def test_frames_are_stored_once_whatever_is_sent_again(stream):
    put(stream)
    put(stream)
    assert StreamChunk.objects.count() == 4


def test_a_stream_with_lost_frames_in_the_middle_is_stored(stream):
    put(stream)
    StreamChunk.objects.filter(seq=1).delete()
    stream_finish(stream=stream)
    recording = keep(stream)
    assert recording.n_samples == 150
    assert recording.duration_s == pytest.approx(3.98)
    assert not StreamChunk.objects.exists()


def test_the_generated_sample_stays_generated(stage, stream):
    LiveStream.objects.update(source=StreamSource.SAMPLE)
    stream.refresh_from_db()
    put(stream)
    assert keep(stream).source == "generated"


def test_a_replayed_recording_is_not_stored_twice(stage, stream):
    put(stream)
    original = keep(stream)
    replay = stream_open(
        session=stage.session, layout=stream.layout, task_name="exercise", rate_hz=200,
        source=StreamSource.RECORDING, replay_of=original,
    ).stream
    put(replay)
    stream_correct(stream=replay, label="row", answered=ANSWERED, by=stage.user)
    stream_correct(stream=replay, label="other", answered=ANSWERED, by=stage.user)
    assert keep(replay) == original
    assert Recording.objects.count() == 1
    assert not StreamChunk.objects.exists()
    span = Span.objects.get()
    assert (span.recording, span.label, span.start_s, span.end_s) == (original, "other", 0.5, 3.5)
    assert (span.author, span.state) == (stage.user, "proposed")


def test_payloads_keep_every_bit():
    t, x = movement(1.0)
    frame = Frame(3, t, x)
    from sessions.live.services.frames import frame_from_payload

    again = frame_from_payload(3, len(t), frame.payload())
    assert np.array_equal(again.t, t)
    assert np.array_equal(again.values, x)


@pytest.fixture
def club(stage):
    coach = make_user("coach", role=Role.COACH)
    team = Team.objects.create(name="Club")
    Membership.objects.create(team=team, user=coach, role=TeamRole.COACH)
    silent = make_user("silent")
    for user in (stage.user, silent):
        Membership.objects.create(team=team, user=user, role=TeamRole.ATHLETE)
    Athlete.objects.create(user=silent)
    consent_grant(
        athlete=stage.athlete, kind=ConsentKind.COACH, scope=CoachScope.TRAINING, team=team, by=stage.user
    )
    return team, coach, silent


def test_the_board_hides_what_is_not_shared(stage, stream, club):
    team, coach, silent = club
    rows = {row.name: row for row in team_board(user=coach, team=team)}
    assert rows["runner"].live_session == stage.session.pk
    assert rows["runner"].last_title == "Live"
    assert not rows["silent"].is_shared
    assert rows["silent"].athlete is None
    consent_withdraw(
        athlete=stage.athlete, kind=ConsentKind.COACH, scope=CoachScope.TRAINING, team=team, by=stage.user
    )
    rows = {row.name: row for row in team_board(user=coach, team=team)}
    assert rows["runner"].live_session is None
    assert not rows["runner"].is_shared


def test_coach_pages_show_who_is_live(stage, stream, club, browse):
    team, coach, _ = club
    client = browse(coach)
    assert b"1 live" in client.get("/teams/").content
    board = client.get(f"/teams/{team.pk}/").content.decode()
    assert "Not shared" in board
    assert f"/live/{stage.session.pk}/" in board
    page = client.get(f"/athletes/{stage.athlete.pk}/").content.decode()
    assert "Live now" in page
    assert client.get(f"/live/{stage.session.pk}/").status_code == 200
    assert browse(stage.user).get("/teams/").status_code == 403
    empty = browse(make_user("new-coach", role=Role.COACH)).get("/teams/").content.decode()
    assert "Create a team" in empty


def test_the_live_page_offers_recordings_files_and_the_sample(stage, stream, browse):
    client = browse(stage.user)
    page = client.get("/live/").content.decode()
    assert "No recordings yet" in page
    assert "<strong>Sample</strong>" in page
    put(stream)
    recording = keep(stream)
    assert str(recording.pk) in client.get("/live/").content.decode()


def test_a_live_session_is_made_through_the_api(stage, api):
    answer = api(stage.user).post("/api/v1/live/sessions/", {"source": "sample"}, format="json")
    assert answer.status_code == 201
    body = answer.json()
    assert body["websocket"] == f"/ws/live/{body['id']}/"
    assert body["page"] == f"/live/{body['id']}/"
    assert api(stage.user).post("/api/v1/live/sessions/", {"athlete": 3}, format="json").status_code == 400


def test_the_sample_is_a_playable_stream(stage, api):
    body = api(stage.user).get("/api/v1/live/sample/").json()
    assert body["layout"] == "flextail"
    assert len(body["t"]) == len(body["values"]) > 3000
    assert len(body["values"][0]) == 5
    assert np.all(np.diff(body["t"]) > 0)
