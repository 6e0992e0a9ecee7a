"""What this app declares to the site: personal data, demo life, navigation, homes, job kinds."""

from mlops import chores
from sessions import models, watch_slot
from sessions.production import production_register
from sessions.services.demo import demo_make, demo_remove
from sessions.services.leftovers import leftovers_of_person_remove, leftovers_remove
from sessions.services.live_streams import close_stale
from sessions.services.recordings import recording_files
from web.registries import demo, home, nav, personal_data

ATHLETE = frozenset({"athlete"})
COACH = frozenset({"coach"})
STAFF = frozenset({"ml_staff"})


def register() -> None:
    """Called once from AppConfig.ready()."""
    from sessions import jobs, live_jobs  # noqa: F401  registers the job kinds, which need the models to be loaded

    _personal_data()
    production_register()
    watch_slot.register_slot()
    demo.register(demo.DemoPart("workouts", 40, demo_make, demo_remove))
    chores.register(chores.Chore("live.close_stale", 20, close_stale))
    chores.register(chores.Chore("recordings.leftovers", 3600, leftovers_remove))
    home.register("athlete", "workouts:today")
    nav.register(nav.NavEntry("Today", "workouts:today", "home", ATHLETE, 10))
    nav.register(nav.NavEntry("Live", "workouts:live", "live", ATHLETE, 20))
    nav.register(nav.NavEntry("Workouts", "workouts:workouts", "workouts", ATHLETE, 30))
    nav.register(nav.NavEntry("Import", "workouts:import", "upload", ATHLETE, 40))
    home.register("coach", "workouts:teams")
    nav.register(nav.NavEntry("Teams", "workouts:teams", "team", COACH, 10))
    nav.register(nav.NavEntry("Live", "workouts:live", "live", COACH, 20))
    nav.register(nav.NavEntry("Samples", "workouts:samples", "label", STAFF, 30))
    nav.register(nav.NavEntry("Minutes", "workouts:minutes", "clock", STAFF, 35))


def _personal_data() -> None:
    table, exempt = personal_data.PersonalTable, personal_data.exempt
    own = "recording__session__athlete__user"
    personal_data.register(table(models.Span, lambda user: models.Span.objects.filter(**{own: user}), order=20))
    personal_data.register(
        table(models.LiveStream, lambda user: models.LiveStream.objects.filter(session__athlete__user=user), order=25)
    )
    personal_data.register(
        table(
            models.Recording,
            lambda user: models.Recording.objects.filter(session__athlete__user=user),
            files=recording_files,
            order=30,
        )
    )
    personal_data.register(
        table(models.WorkoutSession, lambda user: models.WorkoutSession.objects.filter(athlete__user=user), order=40)
    )
    personal_data.register(
        table(models.SensorBaseline, lambda user: models.SensorBaseline.objects.filter(athlete__user=user), order=50)
    )
    personal_data.register(
        table(models.SensorLayout, lambda user: models.SensorLayout.objects.filter(owner=user), order=60)
    )
    personal_data.before_erase(leftovers_of_person_remove)
    personal_data.register(
        table(
            models.SensorCheck,
            lambda user: models.SensorCheck.objects.filter(stream__session__athlete__user=user),
            order=20,
        )
    )
    exempt(models.StreamChunk, "raw frames of a live stream; they go with the stream and become its recording")
    exempt(models.Sample, "a proxy of Recording")
