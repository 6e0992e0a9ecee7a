"""/recovery/check-in/ and /recovery/outcomes/: what a person says about a day, and what happened."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.views.access import athlete_page
from burnout.forms import CheckInForm, OutcomeForm
from burnout.models import CheckIn, Outcome
from burnout.selectors.training import trained_minutes
from burnout.services.checkins import checkin_delete, checkin_save, own_today
from burnout.services.outcomes import outcome_record
from web.services.bin import undo_address


@athlete_page
@require_http_methods(["GET", "HEAD", "POST"])
def check_in(request: HttpRequest) -> HttpResponse:
    """Today, or another day with ?day=2026-05-31; what was answered before is filled in."""
    athlete = request.athlete  # type: ignore[attr-defined]
    today = own_today(athlete)
    day = _day(request.GET.get("day")) or today
    row = CheckIn.objects.filter(athlete=athlete, day=day).first()
    minutes = trained_minutes(athlete=athlete, day=day)
    form = CheckInForm(request.POST or None, initial=_initial(row, day, minutes))
    if request.method == "POST" and form.is_valid():
        try:
            kept = checkin_save(athlete=athlete, day=form.cleaned_data["day"], answers=form.answers())
        except ValidationError as error:
            _tell(form, error)
        else:
            text = _("Your check-in for %(day)s is saved.") % {"day": date_format(kept.day, "j F")}
            if form.lacks_effort():
                text = f"{text} {_('Your load stays unknown until you say how hard it was.')}"
            messages.success(request, text)
            return redirect("burnout:recovery")
    context = {"form": form, "day": day, "row": row, "is_today": day == today, "minutes": minutes}
    return render(request, "burnout/check_in.html", context, status=422 if form.errors else 200)


@athlete_page
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a day into the bin; the next page offers to take that back."""
    row = get_object_or_404(CheckIn.objects.editable_by(request.user).select_related("athlete__user"), pk=pk)
    day = row.day
    checkin_delete(checkin=row)
    messages.success(
        request,
        _("Deleted the check-in for %(day)s.") % {"day": date_format(day, "j F")},
        extra_tags=undo_address("check-in", row.pk),
    )
    return redirect("burnout:recovery")


@athlete_page
@require_http_methods(["GET", "HEAD", "POST"])
def outcome_new(request: HttpRequest) -> HttpResponse:
    """Record an injury, an illness or burnout."""
    form = OutcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            outcome_record(athlete=request.athlete, by=request.user, **form.cleaned_data)  # type: ignore[attr-defined]
        except ValidationError as error:
            _tell(form, error)
        else:
            messages.success(request, _("Saved. Get well soon."))
            return redirect("burnout:recovery")
    return render(request, "burnout/outcome.html", {"form": form}, status=422 if form.errors else 200)


@athlete_page
@require_POST
def outcome_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an outcome back."""
    get_object_or_404(Outcome.objects.editable_by(request.user), pk=pk).delete()
    messages.success(request, _("Deleted."))
    return redirect("burnout:recovery")


def _initial(row: CheckIn | None, day: date, minutes: float | None) -> dict[str, Any]:
    found: dict[str, Any] = {"day": day}
    if row is not None:
        found |= {name: getattr(row, name) for name in CheckInForm.base_fields if name != "day"}
        found |= {name: getattr(row, name) for name in ("sleep_quality", "mood", "stress", "fatigue", "soreness")}
    if found.get("minutes") is None and minutes is not None:
        found["minutes"] = round(minutes)
    return found


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _tell(form: Any, error: ValidationError) -> None:
    """Put a service's words beside the fields they are about."""
    if hasattr(error, "error_dict"):
        for name, errors in error.error_dict.items():
            form.add_error(name if name in form.fields else None, errors)
    else:
        form.add_error(None, error)
