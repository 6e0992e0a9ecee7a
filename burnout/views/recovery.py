"""/recovery/: how recovered somebody is, what the risk is and why; the athlete's own, or a consenting athlete's."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Athlete
from accounts.views.access import athlete_page
from burnout.models import CheckIn, Outcome, RiskEstimate
from burnout.models.estimate import per_cent
from burnout.selectors.board import athlete_sharing_recovery, recovery_board, team_for_recovery, teams_coached
from burnout.selectors.own_week import missing_words, own_week
from burnout.selectors.recovery import curve_rows, load_rows, load_sentence, load_words, recovery_for
from burnout.selectors.sentence import sentence_for
from burnout.services.checkins import own_today
from burnout.services.estimates import estimates_renew, what_if
from burnout.services.feedback import estimate_word as estimate_word_keep
from burnout.services.feedback import word_about
from burnout.services.opinions import opinions_for
from burnout.views.drawings import curve_drawing, load_drawing, trend_drawing
from burnout.words import Word, spoken
from web.views.said import refusals_said

N_RECENT, N_SHOWN = 14, 7
"""Days in the table, and those of them that stand there without being asked for: each is a card on a phone."""
PAGE_SIZE = 50
WHAT_IF_SLEEP_H = 1.0
WEEK_COLUMNS = (
    gettext_lazy("Measure"), gettext_lazy("Last seven days"), gettext_lazy("Usual"), gettext_lazy("Usual range"),
    gettext_lazy("Earlier days"),
)


@athlete_page
@require_GET
def recovery(request: HttpRequest) -> HttpResponse:
    """One's own recovery page."""
    return _page(request, request.athlete, is_mine=True)  # type: ignore[attr-defined]


@athlete_page
@require_POST
def estimate_word(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that an estimate is too high, about right or too low, or how many per cent it should be."""
    rows = RiskEstimate.objects.editable_by(request.user).select_related("athlete", "version__task")
    estimate = get_object_or_404(rows, pk=pk)
    with refusals_said(request):
        estimate_word_keep(estimate=estimate, given=_given(request.POST), by=request.user)
        messages.success(request, _("Thank you. Your feedback is saved; you can change it at any time."))
    return redirect(f"{reverse('burnout:recovery')}#word")


@login_required
@require_GET
def athlete(request: HttpRequest, pk: int) -> HttpResponse:
    """The same for an athlete who shares recovery with a team that the caller coaches."""
    found = athlete_sharing_recovery(user=request.user, pk=pk)
    return _page(request, found, is_mine=found.user_id == request.user.pk)


@login_required
@require_GET
def teams(request: HttpRequest) -> HttpResponse:
    """A coach's teams; with only one, its board at once."""
    if not request.user.is_coach:
        raise PermissionDenied(_("This page is for coaches."))
    found = list(teams_coached(user=request.user))
    if len(found) == 1:
        return redirect("burnout:team", found[0].pk)
    return render(request, "burnout/teams.html", {"teams": found})


@login_required
@require_GET
def team(request: HttpRequest, pk: Any) -> HttpResponse:
    """The board of a team: who needs attention first, fifty on a page; ?name= finds somebody."""
    found = team_for_recovery(user=request.user, pk=pk)
    rows = recovery_board(team=found)
    name = request.GET.get("name", "").strip()[:80]
    named = [row for row in rows if name.casefold() in row.name.casefold()]
    page = Paginator(named, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "team": found, "rows": rows, "page": page, "name": name, "is_large": len(rows) > PAGE_SIZE,
        "query": f"{urlencode({'name': name})}&" if name else "", "n_sharing": sum(row.is_shared for row in rows),
        "n_attention": sum(row.level in ("high", "raised") for row in rows),
        "is_generated": any(row.estimate is not None and row.estimate.is_generated for row in rows),
    }
    return render(request, "burnout/team.html", context)


def _page(request: HttpRequest, found: Athlete, *, is_mine: bool) -> HttpResponse:
    estimates_renew(athlete=found)
    page = recovery_for(athlete=found, today=own_today(found))
    estimate, recent = page.estimate, list(CheckIn.objects.filter(athlete=found)[:N_RECENT])
    week = own_week(page.days, is_mine=is_mine)
    context: dict[str, Any] = {
        "page": page, "athlete": found, "is_mine": is_mine, "sentence": sentence_for(page),
        "week": week, "week_missing": missing_words(week) if week else "", "week_columns": WEEK_COLUMNS,
        "recent": recent[:N_SHOWN], "earlier": recent[N_SHOWN:], "has_generated": any(row.is_demo for row in recent),
        "outcomes": Outcome.objects.filter(athlete=found)[:10],
    }
    if page.load is not None and page.first is not None:
        context |= {
            "load": load_drawing(page.load, page.first), "load_words": load_words(page.load),
            "load_sentence": load_sentence(page.load),
            "load_columns": [_("Day"), _("Load"), _("Fitness (CTL)"), _("Fatigue (ATL)")],
            "load_rows": load_rows(page.load, page.first),
        }
    if estimate is not None and is_mine:
        said = word_about(estimate)
        context |= {"words": Word.choices, "said": said, "said_words": spoken(said)}
    if estimate is not None:
        other = what_if(estimate=estimate, change={"sleep_hours": WHAT_IF_SLEEP_H})
        context |= {
            "opinions": opinions_for(athlete=found, day=estimate.day),
            "curve": curve_drawing(estimate) if estimate.curve else None, "curve_rows": curve_rows(estimate),
            "curve_columns": [_("Day"), _("Probability"), _("from"), _("to")],
            "trend": trend_drawing(page.trend), "trend_columns": [_("Day"), _("Risk")],
            "trend_rows": [[f"{day:%Y-%m-%d}", per_cent(risk)] for day, risk in page.trend[-30:]],
            "what_if": other and {"now_percent": per_cent(other["risk"]), "then_percent": per_cent(other["risk_then"])},
        }
    return render(request, "burnout/recovery.html", context)


def _given(body: Any) -> Any:
    """A word, or the per cent that somebody typed as a probability."""
    try:
        return body.get("word") or round(float(body.get("percent", "").replace(",", ".")) / 100, 4)
    except ValueError:
        return None
