"""What people do with versions: promote, challenge, retire, delete."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mlops.access import engine_page
from mlops.registry.forms import ChallengeForm, ExpectedForm, PromoteForm, ReasonForm
from mlops.registry.selectors import version_get_for
from mlops.registry.services.promotion import challenger_withdraw, task_rollback, version_challenge, version_promote
from mlops.registry.services.retirement import version_delete, version_retire
from mlops.tasks.selectors import task_get_for
from web.views.said import refusals_said


@engine_page
@require_POST
def promote(request: HttpRequest, pk: str) -> HttpResponse:
    """Make it champion, if nobody moved the title since the page was shown."""
    row = version_get_for(user=request.user, pk=pk)
    form = PromoteForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The reason can have at most 500 characters."))
        return redirect("mlops:version", pk=row.pk)
    data = form.cleaned_data
    with refusals_said(request):
        version_promote(
            version=row, by=request.user, reason=data["reason"], override=data["override"], expected=data["expected"]
        )
        messages.success(request, _(
            "Version %(number)s is now the champion. It serves within seconds."
        ) % {"number": row.number})
        return redirect("mlops:task", name=row.task.name)
    return redirect("mlops:version", pk=row.pk)


@engine_page
@require_POST
def challenge(request: HttpRequest, pk: str) -> HttpResponse:
    """Let it answer a share of the athletes beside the champion."""
    row = version_get_for(user=request.user, pk=pk)
    form = ChallengeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Enter a share from 1 to 99 %."))
        return redirect("mlops:version", pk=row.pk)
    data = form.cleaned_data
    with refusals_said(request):
        version_challenge(
            version=row,
            by=request.user,
            share=data["share"] / 100,
            reason=data["reason"],
            override=bool(data["reason"].strip()),
            expected=data["expected"],
        )
        messages.success(request, _(
            "Version %(number)s now serves %(share)s %% of athletes."
        ) % {"number": row.number, "share": data["share"]})
        return redirect("mlops:task", name=row.task.name)
    return redirect("mlops:version", pk=row.pk)


@engine_page
@require_POST
def challenge_end(request: HttpRequest, name: str) -> HttpResponse:
    """Let the champion answer everybody again."""
    row = task_get_for(user=request.user, name=name)
    with refusals_said(request):
        challenger_withdraw(task=row, by=request.user, reason=request.POST.get("reason", "")[:500])
        messages.success(request, _("The challenge has ended. The champion serves everyone."))
    return redirect("mlops:task", name=row.name)


@engine_page
@require_POST
def rollback(request: HttpRequest, name: str) -> HttpResponse:
    """Give the title back to the champion before, if nobody moved it since the page was shown."""
    row = task_get_for(user=request.user, name=name)
    shown = ExpectedForm(request.POST)
    expected = {"expected": shown.cleaned_data["expected"]} if shown.is_valid() and shown.data.get("expected") else {}
    with refusals_said(request):
        event = task_rollback(task=row, by=request.user, reason=request.POST.get("reason", "")[:500], **expected)
        messages.success(request, _(
            "Rolled back. Version %(to_number)s is the champion again."
        ) % {"to_number": event.to_number})
    return redirect("mlops:task", name=row.name)


@engine_page
@require_POST
def retire(request: HttpRequest, pk: str) -> HttpResponse:
    """It serves no more; its files stay."""
    row = version_get_for(user=request.user, pk=pk)
    with refusals_said(request):
        version_retire(version=row, by=request.user, reason=_reason(request))
        messages.success(request, _("Version %(number)s is retired.") % {"number": row.number})
    return redirect("mlops:version", pk=row.pk)


@engine_page
@require_POST
def delete(request: HttpRequest, pk: str) -> HttpResponse:
    """It goes with its files; the history keeps its number."""
    row = version_get_for(user=request.user, pk=pk)
    with refusals_said(request):
        version_delete(version=row, by=request.user, reason=_reason(request))
        messages.success(request, _("Deleted version %(number)s and its files.") % {"number": row.number})
        return redirect("mlops:task", name=row.task.name)
    return redirect("mlops:version", pk=row.pk)


def _reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST, prefix="end")
    return form.cleaned_data["reason"] if form.is_valid() else ""
