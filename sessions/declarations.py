"""What this app declares to the site: personal data, demo life, navigation, homes, job kinds."""

from django.utils.translation import gettext_lazy as _

from mlops.jobs import chores
from sessions import models, watch_slot
from sessions.form import declared as form
from sessions.live.services.counting import live_figures
from sessions.live.services.streams import close_stale
from sessions.recipes import recipes_register
from sessions.selectors import search as found
from sessions.services.bin import RECORDINGS, WORKOUTS, bin_expire, bin_withdrawn
from sessions.services.demo import demo_make, demo_remove
from sessions.services.leftovers import leftovers_of_person_remove, leftovers_remove
from sessions.services.recordings import recording_files, recording_names, recordings_in_bin, recordings_kept
from sessions.video import declared as videos
from web.registries import bin, consent, demo, figures, home, nav, personal_data, search, storage, stored_files

ATHLETE = frozenset({"athlete"})
COACH = frozenset({"coach"})
STAFF = frozenset({"ml_staff"})


def register() -> None:
    """Called once from AppConfig.ready()."""
    from sessions import jobs  # noqa: F401  registers the job kinds, which need the models to be loaded
    from sessions.live import jobs as live_jobs  # noqa: F401

    videos.register()
    form.register()
    _personal_data()
    stored_files.register(models.Recording, recording_names)
    recipes_register()
    watch_slot.register_slot()
    demo.register(demo.DemoPart("workouts", 40, demo_make, demo_remove))
    figures.of_process(live_figures)
    chores.register(chores.Chore("live.close_stale", 20, close_stale))
    chores.register(chores.Chore("recordings.leftovers", 3600, leftovers_remove))
    storage.register(storage.Usage(_("Recordings"), 20, recordings_kept))
    storage.register(storage.Usage(_("Recordings, recently deleted"), 21, recordings_in_bin))
    bin.register(WORKOUTS)
    bin.register(RECORDINGS)
    consent.on_withdrawn(bin_withdrawn)
    chores.register(chores.Chore("recordings.bin", 3600, bin_expire))
    home.register("athlete", "workouts:today")
    nav.register(nav.NavEntry(_("Today"), "workouts:today", "home", ATHLETE, 10))
    nav.register(nav.NavEntry(_("Live"), "workouts:live", "live", ATHLETE, 20))
    nav.register(nav.NavEntry(_("Workouts"), "workouts:workouts", "workouts", ATHLETE, 30))
    nav.register(nav.NavEntry(_("Import"), "workouts:import", "upload", ATHLETE, 40))
    home.register("coach", "workouts:teams")
    nav.register(nav.NavEntry(_("Teams"), "workouts:teams", "team", COACH, 10, also=("workouts:athlete",)))
    nav.register(nav.NavEntry(_("Live"), "workouts:live", "live", COACH, 20))
    nav.register_local("engine", nav.LocalEntry(_("Samples"), "workouts:samples", STAFF, 40, also=("workouts:label",)))
    nav.register_local("engine", nav.LocalEntry(_("Labelled time"), "workouts:minutes", STAFF, 50))
    search.register(search.Source(_("Athletes"), "person", 20, found.athletes_found))
    search.register(search.Source(_("Teams"), "team", 25, found.teams_found))
    search.register(search.Source(_("Workouts"), "workouts", 30, found.workouts_found))
    search.register(search.Source(_("Recordings"), "recordings", 40, found.recordings_found))
    search.register(search.Source(_("Samples"), "label", 45, found.samples_found))


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
            lambda user: models.Recording.all_with_deleted.filter(session__athlete__user=user),
            files=recording_files,
            order=30,
        )
    )
    personal_data.register(
        table(
            models.WorkoutSession,
            lambda user: models.WorkoutSession.all_with_deleted.filter(athlete__user=user),
            order=40,
        )
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
