"""/workouts/: the list, one workout, making, changing and deleting it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sessions.forms import WorkoutFilterForm, WorkoutForm
from sessions.models import FormReport, LiveStream, Video
from sessions.selectors.done import exercises_done, no_exercises, ribbon
from sessions.selectors.heart import heart_summaries
from sessions.selectors.recordings import with_label_counts
from sessions.selectors.workouts import workout_editable_for, workout_get_for, workout_list
from sessions.services.workouts import workout_create, workout_delete
from sessions.views.access import athlete_page
from web.services.bin import undo_address

PAGE_SIZE = 25


@athlete_page
@require_GET
def workouts(request: HttpRequest) -> HttpResponse:
    """One's own workouts, newest first, filtered by words, sport and day."""
    form = WorkoutFilterForm(request.GET or None)
    rows = workout_list(user=request.user)
    n_all = rows.count()
    if form.is_bound and form.is_valid():
        rows = form.narrow(rows)
    query = request.GET.copy()
    query.pop("page", None)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "n_all": n_all, "query": f"{query.urlencode()}&" if query else ""}
    return render(request, "workouts/workouts.html", context)


@login_required
@require_GET
def workout(request: HttpRequest, pk: str) -> HttpResponse:
    """One workout with its recordings, live streams and notes: the athlete's own, or a consenting athlete's."""
    row = workout_get_for(user=request.user, pk=pk)
    rows = with_label_counts(row.recordings.select_related("layout")).order_by("started_at", "pk")
    recordings = list(rows.prefetch_related("spans"))
    none = no_exercises()
    done = exercises_done(recordings, none)
    streams = LiveStream.objects.filter(session=row).select_related("layout", "recording")
    is_mine = row.athlete.user_id == request.user.pk
    context = {
        "workout": row, "recordings": recordings, "streams": streams, "is_mine": is_mine,
        "hearts": heart_summaries(recordings), "done": done, "n_reps": sum(one.n_reps for one in done),
        "n_sets": sum(len(one.sets) for one in done), "total_s": sum(one.duration_s or 0 for one in recordings),
        "videos": Video.objects.visible_to(request.user).filter(session=row).select_related("job", "athlete"),
        "reports": FormReport.objects.visible_to(request.user).filter(session=row).ready().order_by("created_at"),
        "ribbons": [(one, pieces) for one in recordings if (pieces := ribbon(one, none))],
    }
    return render(request, "workouts/workout.html", context)


@athlete_page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make an empty workout, for example to write notes or to import into it."""
    form = WorkoutForm(request.POST or None, initial={"time_zone": request.user.time_zone})
    if request.method == "POST" and form.is_valid():
        row = workout_create(athlete=request.athlete, **form.cleaned_data)
        return redirect("workouts:workout", row.pk)
    return render(request, "workouts/workout_form.html", {"form": form})


@athlete_page
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: str) -> HttpResponse:
    """Change title, sport, time and notes."""
    row = workout_editable_for(user=request.user, pk=pk)
    form = WorkoutForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The workout is saved."))
        return redirect("workouts:workout", row.pk)
    return render(request, "workouts/workout_form.html", {"form": form, "workout": row})


@athlete_page
@require_POST
def delete(request: HttpRequest, pk: str) -> HttpResponse:
    """Put it into the bin with its recordings; the next page offers to take that back."""
    row = workout_editable_for(user=request.user, pk=pk)
    try:
        workout_delete(workout=row)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("workouts:workout", row.pk)
    messages.success(request, _("Workout deleted."), extra_tags=undo_address("workout", row.pk))
    return redirect("workouts:workouts")
