"""/form/: all reports, one report, and what can be done with it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mlops.jobs.services.jobs import QuotaExceeded
from mlops.models import Job
from sessions.form import words
from sessions.form.forms import CorrectionForm, ExerciseForm, ShareForm, SubjectForm
from sessions.form.selectors.people import people_in
from sessions.form.selectors.reports import report_editable_for, report_get_for, report_list, trend
from sessions.form.selectors.shown import (
    main_faults,
    page_config,
    refusal,
    repetitions_of,
    risks,
    sources,
    trend_figure,
)
from sessions.form.services.annotated import annotated_key, annotated_wanted
from sessions.form.services.corrections import correction_clear, correction_set
from sessions.form.services.reports import report_delete, report_wanted, subject_choose
from sessions.form.services.sharing import share_create, shares_end
from sessions.models import FormOrigin, FormReport
from sessions.video.selectors.features import features_in
from sessions.video.selectors.playing import playable_of
from sessions.video.selectors.videos import video_editable_for
from web.refusals import Problem
from web.services.bin import undo_address

PAGE_SIZE = 24


@login_required
@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """One's own reports and those others share, the newest first; by exercise with ?exercise=."""
    rows = report_list(user=request.user)
    exercise = request.GET.get("exercise", "")
    keys = sorted({key for key in rows.order_by().values_list("exercise", flat=True).distinct() if key})
    if exercise in keys:
        rows = rows.filter(exercise=exercise)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    for row in page:
        row.title = words.exercise_title(row.exercise) if row.exercise else _("Not judged")
    judged = [row for row in page if row.is_judged and row.athlete_id]
    figure = trend(judged[0], user=request.user) if exercise in keys and judged else []
    context = {
        "page": page, "exercise": exercise, "trend": trend_figure(figure),
        "choices": [(key, words.exercise_title(key)) for key in keys], "mirror_url": reverse("workouts:mirror"),
    }  # fmt: skip
    return render(request, "form/reports.html", context)


@login_required
@require_GET
def report(request: HttpRequest, pk: str) -> HttpResponse:
    """One report: score, repetitions, angles over time, trend."""
    row = report_get_for(user=request.user, pk=pk)
    return render(request, "form/report.html", shown(row, request))


def shown(row: FormReport, request: HttpRequest) -> dict:
    """What the template needs, for the person who asks."""
    is_mine = request.user.pk in (row.owner_id, row.athlete.user_id if row.athlete else None)
    found = repetitions_of(row)
    judged = [one for one in found if one.score is not None]
    best = max(judged, key=lambda one: one.score, default=None)
    worst = min(judged, key=lambda one: one.score, default=None)
    figure = trend_figure(trend(row, user=request.user))
    return {
        "report": row, "video": row.video, "is_mine": is_mine, "repetitions": found,
        "title": words.exercise_title(row.exercise) if row.exercise else _("Form report"),
        "refusal": refusal(row), "faults": main_faults(row), "risks": risks(row), "sources": sources(row),
        "view": words.VIEWS.get(row.facts.get("view", ""), ""), "trend": figure,
        "compared": [best, worst] if best is not worst else [],
        "is_playable": row.video is not None and playable_of(row.video) is not None,
        "exercise_form": ExerciseForm(initial={"exercise": row.asked or row.exercise}), "share_form": ShareForm(),
        "n_shares": row.shares.count() if is_mine else 0, "is_mirror": row.origin == FormOrigin.MIRROR,
        "config": page_config(
            row, found, series=reverse("workouts_api:form_series", args=[row.pk]),
            poses=reverse("workouts_api:form_poses", args=[row.pk]) + "?",
        ),
        "notes": words.notes(row.facts.get("notes", [])), "people": people_in(row) if is_mine else (),
        "drawing": Job.objects.open().filter(dedupe_key=annotated_key(row)).first() if is_mine else None,
    }  # fmt: skip


@login_required
@require_POST
def judge(request: HttpRequest, pk: str) -> HttpResponse:
    """Make a report of a clip: of the exercise that is named, or of the one that is recognised."""
    video = video_editable_for(user=request.user, pk=pk)
    form = ExerciseForm(request.POST)
    exercise = form.cleaned_data["exercise"] if form.is_valid() else ""
    try:
        row = report_wanted(features=features_in(video=video), by=request.user, exercise=exercise)
    except (Problem, QuotaExceeded) as problem:
        messages.error(request, getattr(problem, "detail", str(problem)))
        return redirect("workouts:video", video.pk)
    return redirect("workouts:form_report", row.pk)


@login_required
@require_POST
def delete(request: HttpRequest, pk: str) -> HttpResponse:
    """Put a report into the bin; the clip, and a workout of the mirror, stay."""
    row = report_editable_for(user=request.user, pk=pk)
    report_delete(row=row)
    messages.success(request, _("Report deleted."), extra_tags=undo_address("form-report", row.pk))
    return redirect("workouts:form_reports")


@login_required
@require_POST
def person(request: HttpRequest, pk: str) -> HttpResponse:
    """Say who of the people in the clip is meant: the movement is found again, and a report follows."""
    row = report_editable_for(user=request.user, pk=pk)
    form = SubjectForm(request.POST)
    try:
        subject_choose(row=row, subject=form.cleaned_data["subject"] if form.is_valid() else -1, by=request.user)
    except (Problem, QuotaExceeded) as problem:
        messages.error(request, getattr(problem, "detail", str(problem)))
        return redirect("workouts:form_report", row.pk)
    messages.success(request, _("We look at this person. The new report follows when their movement is found."))
    return redirect("workouts:video", row.video_id)


@login_required
@require_POST
def annotate(request: HttpRequest, pk: str) -> HttpResponse:
    """Draw a report over its clip, to be downloaded."""
    row = report_editable_for(user=request.user, pk=pk)
    try:
        annotated_wanted(row=row, by=request.user)
    except (Problem, QuotaExceeded) as problem:
        messages.error(request, getattr(problem, "detail", str(problem)))
    return redirect("workouts:form_report", row.pk)


@login_required
@require_POST
def correct(request: HttpRequest, pk: str) -> HttpResponse:
    """Say what a repetition's score should have been, or take one's word back."""
    row = report_get_for(user=request.user, pk=pk)
    form = CorrectionForm(request.POST)
    if "clear" in request.POST and request.POST.get("number", "").isdecimal():
        correction_clear(report=row, number=int(request.POST["number"]), by=request.user)
        messages.success(request, _("Your correction is removed."))
    elif form.is_valid():
        try:
            correction_set(report=row, by=request.user, **form.cleaned_data)
            messages.success(request, _("Saved. The next model learns from it."))
        except Problem as problem:
            messages.error(request, problem.detail)
    else:
        messages.error(request, _("Enter a score between 0 and 100."))
    return redirect(reverse("workouts:form_report", args=[row.pk]) + "#repetitions")


@login_required
@require_POST
def share(request: HttpRequest, pk: str) -> HttpResponse:
    """Make a link that shows this report without an account, or end all of them."""
    row = report_editable_for(user=request.user, pk=pk)
    if "end" in request.POST:
        shares_end(report=row, by=request.user)
        messages.success(request, _("The links no longer work."))
        return redirect("workouts:form_report", row.pk)
    form = ShareForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose how long the link works."))
        return redirect("workouts:form_report", row.pk)
    _row, secret = share_create(report=row, by=request.user, **form.cleaned_data)
    link = request.build_absolute_uri(reverse("workouts:form_shared", args=[secret]))
    return render(request, "form/report.html", {**shown(row, request), "link": link})
