"""Managing a team: its coaches' pages, and each member's own list. The boards belong to workouts."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms import InvitationForm, TeamForm
from accounts.models import Team
from accounts.selectors.consent import coach_names
from accounts.selectors.teams import (
    invitation_get_for,
    membership_get_for,
    membership_list,
    open_invitations,
    own_memberships,
    team_get_for_coach,
)
from accounts.services.invitations import invitation_create, invitation_revoke, invitation_send
from accounts.services.teams import membership_end, team_close, team_create, team_rename


@login_required
@require_GET
def my_teams(request: HttpRequest) -> HttpResponse:
    rows = [(membership, coach_names(membership.team)) for membership in own_memberships(request.user)]
    return render(request, "accounts/my_teams.html", {"tab": "teams", "rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
def team_new(request: HttpRequest) -> HttpResponse:
    if not request.user.is_coach:
        raise PermissionDenied
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        team = team_create(coach=request.user, name=form.cleaned_data["name"])
        messages.success(request, _("%(team)s is ready. Now invite your athletes.") % {"team": team.name})
        return redirect("accounts:members", pk=team.pk)
    return render(request, "accounts/team_new.html", {"form": form}, status=400 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def members(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Members and invitations. POST invites; its answer is the only page that holds the link."""
    team = team_get_for_coach(user=request.user, pk=pk)
    form = InvitationForm(request.POST or None)
    link = ""
    if request.method == "POST" and form.is_valid():
        link = _invite(request, team, form)
        form = InvitationForm() if link else form
    return _members_page(request, team, invitation_form=form, link=link, status=400 if form.errors else 200)


@login_required
@require_POST
def team_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    team = team_get_for_coach(user=request.user, pk=pk)
    form = TeamForm(request.POST)
    if not form.is_valid():
        return _members_page(request, team, team_form=form, status=400)
    team_rename(team=team, name=form.cleaned_data["name"], by=request.user)
    messages.success(request, _("Saved."))
    return redirect("accounts:members", pk=team.pk)


@login_required
@require_POST
def team_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a team."""
    team = team_get_for_coach(user=request.user, pk=pk)
    team_close(team=team, by=request.user)
    text = _("%(team)s is closed. Its athletes keep their data, and its coaches can no longer see it.")
    messages.success(request, text % {"team": team.name})
    return redirect("accounts:my_teams")


@login_required
@require_POST
def member_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a membership: a coach somebody's, everybody their own."""
    membership = membership_get_for(user=request.user, pk=pk)
    is_own = membership.user_id == request.user.pk
    try:
        membership_end(membership=membership, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = _("You left %(team)s.") if is_own else _("%(name)s was removed from %(team)s.")
        messages.success(request, text % {"name": membership.user, "team": membership.team.name})
    if is_own:
        return redirect("accounts:my_teams")
    return redirect("accounts:members", pk=membership.team_id)


@login_required
@require_POST
def invitation_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    invitation = invitation_get_for(user=request.user, pk=pk)
    invitation_revoke(invitation=invitation, by=request.user)
    messages.success(request, _("The invitation is revoked."))
    return redirect("accounts:members", pk=invitation.team_id)


def _invite(request: HttpRequest, team: Team, form: InvitationForm) -> str:
    """Make the invitation and mail it if asked; returns the link, or "" with an error on the form."""
    data = form.cleaned_data
    try:
        invitation, secret = invitation_create(team=team, by=request.user, role=data["role"], email=data["email"])
    except ValidationError as error:
        form.add_error(None, error)
        return ""
    link = request.build_absolute_uri(reverse("accounts:invitation", args=[secret]))
    if invitation.email:
        invitation_send(invitation=invitation, link=link)
        messages.success(request, _("We sent the link to %(email)s.") % {"email": invitation.email})
    return link


def _members_page(
    request: HttpRequest,
    team: Team,
    *,
    invitation_form: InvitationForm | None = None,
    team_form: TeamForm | None = None,
    link: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "team": team,
        "members": membership_list(team),
        "invitations": open_invitations(team),
        "form": invitation_form or InvitationForm(),
        "team_form": team_form or TeamForm(instance=team),
        "link": link,
    }
    return render(request, "accounts/members.html", context, status=status)
