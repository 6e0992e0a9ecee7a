"""Deleted workouts and recordings: out of sight at once, back within thirty days, gone for good after."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import CoachScope, Consent, ConsentKind, LearningScope, Membership, Role, Team, TeamRole
from accounts.services.consent import consent_withdraw
from burnout.selectors.training import trained_minutes
from sessions.models import LiveStream, Recording, Sample, Span, StreamState, WorkoutSession
from sessions.selectors.learning import teaching_facts
from sessions.selectors.spans import span_list
from sessions.selectors.today import today_for
from sessions.selectors.workouts import workout_list
from sessions.services.bin import (
    bin_expire,
    recording_purge,
    recording_restore,
    recordings_binned,
    workout_purge,
    workout_restore,
)
from sessions.services.demo import demo_remove
from sessions.services.layouts import layout_delete
from sessions.services.leftovers import leftovers_remove
from sessions.services.recordings import recording_delete, recording_folder
from sessions.services.workouts import workout_create, workout_delete
from tests.people import make_user
from tests.workouts.conftest import consent, label, make_recording
from web.refusals import Problem
from web.registries import personal_data, storage
from web.registries.stored_files import named_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(athlete_user):
    client = Client()
    client.force_login(athlete_user)
    return client


@pytest.fixture
def coach(athlete):
    team = Team.objects.create(name="Club")
    user = make_user("the-coach", role=Role.COACH)
    Membership.objects.create(team=team, user=user, role=TeamRole.COACH)
    Membership.objects.create(team=team, user=athlete.user, role=TeamRole.ATHLETE)
    Consent.objects.create(athlete=athlete, kind=ConsentKind.COACH, scope=CoachScope.TRAINING, team=team)
    return user


def test_nobody_sees_what_lies_in_the_bin(recording, workout, athlete, athlete_user, coach, browser):
    consent(athlete)
    staff = make_user("some-staff", role=Role.ML_STAFF)
    label(recording, 1, 5, "squat")
    layout = recording.layout.key
    assert Recording.objects.visible_to(coach).exists()
    assert Sample.objects.visible_to(staff).exists()
    assert teaching_facts(layout=layout)[0]
    recording_delete(recording=recording)
    assert not Recording.objects.exists()
    assert not workout.recordings.exists()
    assert not Sample.objects.visible_to(staff).exists()
    assert not Recording.objects.visible_to(coach).exists()
    assert not Span.objects.visible_to(athlete_user).exists()
    assert not teaching_facts(layout=layout)[0]
    assert trained_minutes(athlete=athlete, day=recording.started_at.date()) is None
    assert today_for(user=athlete_user).last_min == 0
    row = workout_list(user=athlete_user).get()
    assert (row.n_recordings, row.recorded_s) == (0, 0)
    for address in (f"/recordings/{recording.pk}/", f"/recordings/{recording.pk}/files/samples.csv",
                    f"/api/v1/recordings/{recording.pk}/", f"/api/v1/recordings/{recording.pk}/envelope/"):
        assert browser.get(address).status_code == 404, address
    assert browser.get("/api/v1/recordings/").json()["results"] == []
    assert browser.get("/api/v1/workouts/").json()["results"][0]["n_recordings"] == 0


def test_a_recording_comes_back_as_it_was(recording, browser):
    span = label(recording, 1, 5, "squat")
    answer = browser.post(f"/recordings/{recording.pk}/delete/", follow=True)
    undo = f"/settings/deleted/recording/{recording.pk}/restore/"
    assert f'action="{undo}"' in answer.content.decode()
    assert recording_folder(recording.pk).is_dir(), "its files stay"
    assert "Legs" in browser.get("/settings/deleted/").content.decode()
    answer = browser.post(undo)
    assert answer["Location"] == f"/recordings/{recording.pk}/"
    assert list(span_list(recording=recording)) == [span]
    assert browser.get(f"/recordings/{recording.pk}/").status_code == 200
    assert "Nothing here" in browser.get("/settings/deleted/").content.decode()
    assert browser.post(undo).status_code == 404, "it is not in the bin any more"


def test_a_workout_comes_back_with_what_went_with_it(recording, workout, athlete, browser):
    earlier = make_recording(workout)
    recording_delete(recording=earlier)
    stream = LiveStream.objects.create(session=workout, layout=recording.layout, state=StreamState.STORED)
    browser.post(f"/workouts/{workout.pk}/delete/")
    assert not WorkoutSession.objects.exists()
    assert not Recording.objects.exists()
    assert not LiveStream.objects.visible_to(athlete.user).exists()
    assert not recordings_binned(athlete.user).exists(), "they stand in the bin with their workout"
    with pytest.raises(Problem, match="Restore it first"):
        recording_restore(recording)
    browser.post(f"/settings/deleted/workout/{workout.pk}/restore/")
    assert WorkoutSession.objects.get() == workout
    assert Recording.objects.get() == recording, "the one deleted before stays deleted"
    assert recordings_binned(athlete.user).get() == earlier
    assert LiveStream.objects.visible_to(athlete.user).get() == stream


def test_a_recording_stored_while_its_workout_is_deleted_goes_with_it(workout, athlete_user, media):
    stale = WorkoutSession.objects.get()
    workout_delete(workout=workout)
    made = make_recording(stale)
    assert not Recording.objects.exists()
    workout_restore(workout)
    assert Recording.objects.get() == made


def test_the_same_file_imported_again_is_not_doubled(recording, workout):
    Recording.objects.update(fingerprint="a" * 64)
    recording.refresh_from_db()
    recording_delete(recording=recording)
    again = make_recording(workout)
    Recording.objects.filter(pk=again.pk).update(fingerprint="a" * 64)
    with pytest.raises(Problem, match="imported again"):
        recording_restore(recording)
    assert Recording.objects.get() == again
    other = workout_create(athlete=workout.athlete, title="Other")
    Recording.all_with_deleted.filter(pk=recording.pk).update(session=other, deleted_at=None)
    workout_delete(workout=other)
    workout_restore(other)
    assert Recording.objects.get() == again, "a workout comes back without the double"


def test_thirty_days_and_it_is_gone(recording, workout, media):
    other = workout_create(athlete=workout.athlete, title="Other")
    inside = make_recording(other)
    recording_delete(recording=recording)
    workout_delete(workout=other)
    then = timezone.now() - timedelta(days=29, hours=23)
    Recording.all_with_deleted.update(deleted_at=then)
    WorkoutSession.all_with_deleted.filter(pk=other.pk).update(deleted_at=then)
    bin_expire()
    assert Recording.all_with_deleted.count() == 2
    then -= timedelta(hours=2)
    Recording.all_with_deleted.update(deleted_at=then)
    WorkoutSession.all_with_deleted.filter(pk=other.pk).update(deleted_at=then)
    bin_expire()
    assert not Recording.all_with_deleted.exists()
    assert WorkoutSession.all_with_deleted.get() == workout
    for row in (recording, inside):
        assert not recording_folder(row.pk).exists()


def test_delete_for_good_takes_files_and_only_what_is_in_the_bin(recording, workout, browser):
    recording_purge(recording)
    workout_purge(workout)
    assert Recording.objects.exists(), "nothing that is not in the bin"
    assert browser.post(f"/settings/deleted/recording/{recording.pk}/purge/").status_code == 404
    recording_delete(recording=recording)
    browser.post(f"/settings/deleted/recording/{recording.pk}/purge/")
    assert not Recording.all_with_deleted.exists()
    assert not recording_folder(recording.pk).exists()


def test_files_are_known_counted_exported_and_erased_while_in_the_bin(recording, athlete_user, monkeypatch):
    Recording.objects.update(n_bytes=1000)
    recording_delete(recording=recording)
    monkeypatch.setattr("sessions.services.leftovers.QUIET_S", -1)
    leftovers_remove()
    assert recording_folder(recording.pk).is_dir()
    assert recording.file in named_files()
    sums = {
        usage.label: sum(usage.rows(athlete_user).values_list("kept", flat=True))
        for usage in storage.usages() if usage.rows is not None and usage.label.startswith("Recordings")
    }  # fmt: skip
    assert sums == {"Recordings": 0, "Recordings, recently deleted": 1000}
    table = next(table for table in personal_data.tables() if table.model is Recording)
    assert [row.deleted_at is not None for row in table.rows(athlete_user)] == [True]


def test_withdrawn_learning_consent_empties_the_bin(recording, workout, athlete, django_capture_on_commit_callbacks):
    consent(athlete)
    kept = make_recording(workout)
    recording_delete(recording=recording)
    with django_capture_on_commit_callbacks(execute=True):
        consent_withdraw(
            athlete=athlete, kind=ConsentKind.LEARNING, scope=LearningScope.SENSOR, by=athlete.user
        )
    assert Recording.all_with_deleted.get() == kept
    assert not recording_folder(recording.pk).exists()


def test_programs_delete_and_restore(recording, workout, browser):
    assert browser.delete(f"/api/v1/recordings/{recording.pk}/").status_code == 204
    assert browser.delete(f"/api/v1/recordings/{recording.pk}/").status_code == 404
    answer = browser.post(f"/api/v1/recordings/{recording.pk}/restore/")
    assert (answer.status_code, answer.json()["id"]) == (200, str(recording.pk))
    assert browser.delete(f"/api/v1/workouts/{workout.pk}/").status_code == 204
    answer = browser.post(f"/api/v1/recordings/{recording.pk}/restore/")
    assert answer.status_code == 404, "it went with its workout"
    answer = browser.post(f"/api/v1/workouts/{workout.pk}/restore/")
    assert (answer.status_code, answer.json()["n_recordings"]) == (200, 1)


def test_a_layout_in_the_bin_is_in_use(recording, workout, athlete_user):
    layout = recording.layout
    recording_delete(recording=recording)
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError, match="still use this layout"):
        layout_delete(layout=layout)


def test_demo_life_is_removed_from_the_bin_too(workout, media):
    WorkoutSession.objects.update(is_demo=True)
    recording = make_recording(workout, is_demo=True)
    workout_delete(workout=workout)
    demo_remove(lambda line: None)
    assert not WorkoutSession.all_with_deleted.exists()
    assert not recording_folder(recording.pk).exists()
