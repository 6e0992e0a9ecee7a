"""Pages answer with what they promise, also when there is nothing yet."""

import pytest

from mlops.models import Task
from mlops.tasks.services.tasks import label_set_create
from sessions.models import LiveStream, SensorLayout, SpanState, WorkoutSession
from tests.people import make_user
from tests.workouts.conftest import consent, csv_bytes, label, make_recording
from web.models import Upload


@pytest.fixture
def page(client, athlete_user):
    client.force_login(athlete_user)
    return lambda url, **more: client.get(url, **more).content.decode()


def test_a_new_athlete_is_asked_to_start(page):
    text = page("/today/")
    assert "first workout" in text
    assert "Start a workout" in text
    assert "Import a file" in text
    assert "Add a sample recording" in text


@pytest.mark.parametrize("url", ["/workouts/", "/recordings/", "/import/", "/layouts/"])
def test_empty_pages_say_what_to_do(page, url):
    assert "Import" in page(url)


def test_today_shows_what_was_done_and_what_needs_a_yes(page, recording, athlete_user, workout):
    label(recording, 1, 61, "squat")
    label(recording, 62, 122, "squat")
    label(recording, 5, 6, "row", state=SpanState.PROPOSED)
    text = page("/today/")
    assert "2 × 60 s" in text
    assert "1 label to confirm" in text
    assert text.index("2 × 60 s") < text.index("To review")


def test_phases_of_a_movement_are_no_exercises(page, recording, athlete_user, workout):
    """"Down" and "up" lie on the same recording; nobody trains them."""
    owner = make_user("labeller", role="ml_staff")
    words = label_set_create(name="Phases", labels=[{"name": "lowering"}, {"name": "lifting"}], owner=owner)
    Task.objects.create(
        name="phases-of-ours", title="Phases", kind="movement_phase", label_set=words, input={}, owner=owner
    )
    label(recording, 1, 61, "squat")
    label(recording, 2, 4, "lowering")
    for address in ("/today/", f"/workouts/{workout.pk}/"):
        text = page(address)
        assert "Squat" in text
        assert "Lowering" not in text


def test_today_goes_on_with_a_running_session(page, recording, athlete_user, workout):
    LiveStream.objects.create(session=workout, layout=recording.layout, task_name="exercise")
    text = page("/today/")
    assert "Continue your session" in text
    assert f"/live/{workout.pk}/" in text


def test_a_workout_says_exercises_sets_and_repetitions(page, recording, workout):
    recording.sets = [
        {"exercise": "squat", "start_s": 2, "end_s": 22, "count": 10},
        {"exercise": "squat", "start_s": 30, "end_s": 50, "count": 8},
        {"exercise": "plank", "start_s": 51, "end_s": 56, "count": 0},
    ]
    recording.save()
    text = page(f"/workouts/{workout.pk}/")
    assert "10, 8" in text
    assert ">18<" in text, "repetitions in all"
    assert "squat, 10 reps" in text.lower()


def test_the_list_is_filtered(page, athlete, workout):
    workout.title, workout.notes = "Legs", "heavy"
    workout.save()
    assert "Legs" in page("/workouts/?q=HEAVY")
    assert "No workouts match" in page("/workouts/?q=arms")
    assert "No workouts match" in page("/workouts/?since=2999-01-01")
    assert page("/workouts/?since=nonsense&page=99")


def test_a_workout_is_made_edited_and_deleted(client, athlete_user, athlete):
    client.force_login(athlete_user)
    given = {
        "title": "Arms",
        "sport": "strength",
        "started_at": "2026-03-01T10:00",
        "time_zone": "Africa/Accra",
        "notes": "",
    }
    made = client.post("/workouts/new/", given)
    row = WorkoutSession.objects.get()
    assert made["Location"] == f"/workouts/{row.pk}/"
    client.post(f"/workouts/{row.pk}/edit/", given | {"title": "Back"})
    row.refresh_from_db()
    assert row.title == "Back"
    client.post(f"/workouts/{row.pk}/delete/")
    assert not WorkoutSession.objects.exists()


def test_the_recording_page_holds_labels_without_script(page, recording):
    label(recording, 1, 4, "squat")
    text = page(f"/recordings/{recording.pk}/")
    assert "squat" in text
    assert "labelling-config" in text
    assert "Mark as reviewed" in text


def test_layouts_are_declared_and_put_side_by_side(client, athlete_user):
    client.force_login(athlete_user)
    assert (
        client.post(
            "/layouts/", {"declare": 1, "title": "Wrist band", "rate_hz": 100, "channels": "ax m/s²\nay"}
        ).status_code
        == 302
    )
    row = SensorLayout.objects.get(owner=athlete_user)
    assert row.channels == [{"name": "ax", "unit": "m/s²"}, {"name": "ay", "unit": ""}]
    assert row.key.startswith("wrist-band-")
    client.post("/layouts/", {"side": 1, "base": row.pk, "units": "left, right"})
    merged = SensorLayout.objects.get(base=row)
    assert (merged.owner, len(merged.channels)) == (athlete_user, 4)
    assert b"used" not in client.post(f"/layouts/{row.pk}/delete/").content
    assert not SensorLayout.objects.filter(owner=athlete_user).exists()


@pytest.mark.parametrize(
    "given",
    [
        {"title": "X", "rate_hz": 50, "channels": "1x m"},
        {"title": "X", "rate_hz": 50, "channels": "x\nx"},
        {"title": "X", "rate_hz": 9999, "channels": "x"},
        {"title": "X", "rate_hz": 50, "channels": "\n".join(f"c{n}" for n in range(65))},
    ],
)
def test_bad_layouts_are_refused_in_words(client, athlete_user, given):
    client.force_login(athlete_user)
    answer = client.post("/layouts/", {"declare": 1, **given})
    assert answer.status_code == 200
    assert b"errorlist" in answer.content or b'role="alert"' in answer.content
    assert not SensorLayout.objects.filter(owner=athlete_user).exists()


def test_a_shared_layout_side_by_side_is_one_for_everybody(api, athlete_user, other_athlete_user):
    base = SensorLayout.objects.get(key="imu6")
    given = {"base": str(base.pk), "units": ["u2", "u5"]}
    ids = {
        api(user).post("/api/v1/layouts/side-by-side/", given, format="json").json()["id"]
        for user in (athlete_user, other_athlete_user)
    }
    assert len(ids) == 1


def test_import_settings_follow_the_form(client, athlete_user, upload):
    client.force_login(athlete_user)
    first, second = upload(csv_bytes(100), "u2.csv"), upload(csv_bytes(90), "u5.csv")
    text = client.get("/import/", {"upload": [first.pk, second.pk]}).content.decode()
    assert "1 recording to import</h2>" in text
    given = {
        "upload": [first.pk, second.pk],
        "arrangement": "separate",
        "refresh": 1,
        "layout": SensorLayout.objects.get(key="imu6").pk,
    }
    text = client.post("/import/", given, headers={"HX-Request": "true"}).content.decode()
    assert text.lstrip().startswith("<form")
    assert "2 recordings to import</h2>" in text
    text = client.post("/import/", {k: v for k, v in given.items() if k != "refresh"} | {"dry_run": 1}).content.decode()
    assert "Check finished: 2 of 2" in text
    assert "100 samples" in text


def test_the_import_page_starts_the_job_and_shows_its_result(client, athlete_user, upload, run_jobs):
    client.force_login(athlete_user)
    row = upload(csv_bytes(100), "a.csv")
    given = {"upload": row.pk, "layout": SensorLayout.objects.get(key="imu6").pk, "start": 1, "title": "Mine"}
    where = client.post("/import/", given)["Location"]
    run_jobs()
    text = client.get(where).content.decode()
    assert "<h2>Results</h2>" in text
    assert "100 samples" in text
    again = client.post("/import/", given | {"upload": upload(csv_bytes(100), "a.csv").pk}).content.decode()
    assert "already imported this file" in again


def test_uploads_can_be_discarded(client, athlete_user, upload):
    client.force_login(athlete_user)
    row = upload(csv_bytes(), "a.csv")
    assert client.post("/import/", {"upload": row.pk, "discard": 1}).status_code == 302
    assert not Upload.objects.exists()


def test_a_foreign_or_unknown_upload_is_missing(client, athlete_user, other_athlete_user, upload):
    client.force_login(athlete_user)
    foreign = upload(csv_bytes(), "a.csv", owner=other_athlete_user)
    for pk in (foreign.pk, "abc", "00000000-0000-0000-0000-000000000000"):
        assert client.get("/import/", {"upload": pk}).status_code == 404


def test_staff_see_pseudonyms_under_consent_only(client, staff_user, athlete_user, athlete, workout, recording):
    client.force_login(staff_user)
    athlete_user.first_name, athlete_user.last_name = "Abena", "Owusu"
    athlete_user.save()
    assert athlete.pseudonym not in client.get("/ml/samples/").content.decode()
    assert client.get(f"/ml/label/{recording.pk}/").status_code == 404
    consent(athlete)
    for url in ("/ml/samples/", f"/ml/label/{recording.pk}/"):
        text = client.get(url).content.decode()
        assert athlete.pseudonym in text
        assert not {"Abena", "Owusu", athlete_user.username, athlete_user.email, workout.title} & set(text.split())
        assert not [secret for secret in ("Abena", athlete_user.email, workout.title) if secret in text]
    data = client.get("/api/v1/samples/").json()["results"][0]
    assert data["subject"] == athlete.pseudonym
    assert not {"session", "started_at", "originals"} & set(data)


def test_samples_are_filtered(client, staff_user, athlete, workout, media):
    consent(athlete)
    bare, proposed = make_recording(workout), make_recording(workout, source="generated")
    label(proposed, 1, 4, "squat", state=SpanState.PROPOSED)
    client.force_login(staff_user)

    def shown(query):
        text = client.get(f"/ml/samples/?{query}").content.decode()
        return {row.pk for row in (bare, proposed) if str(row.pk) in text}

    assert shown("") == {bare.pk, proposed.pk}
    assert shown("show=unlabelled") == {bare.pk}
    assert shown("show=proposed") == shown("show=generated") == {proposed.pk}
    assert shown("layout=flextail") == set()
    assert shown(f"subject={athlete.pseudonym}&show=real") == {bare.pk}
