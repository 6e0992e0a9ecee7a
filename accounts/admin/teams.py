"""Teams: coaches manage their own, administrators all."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin_roles import RoleModelAdmin, RoleTabularInline
from accounts.models import Invitation, Membership, Role, Team
from accounts.services.audit import audit
from accounts.services.teams import membership_end, team_close, team_create

BOTH = [Role.COACH, Role.ADMINISTRATOR]


class MembershipInline(RoleTabularInline):
    """Who belongs to the team. People join by invitation only: consent is theirs to give."""

    model = Membership
    view_roles = BOTH
    extra = 0
    can_delete = False
    fields = readonly_fields = ["user", "role", "joined_at", "ended_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).visible_to(request.user)


class InvitationInline(RoleTabularInline):
    """Invitations are made on the team's own page, where the link can be shown once."""

    model = Invitation
    fk_name = "team"
    view_roles = BOTH
    extra = 0
    can_delete = False
    fields = readonly_fields = ["email", "role", "created_at", "expires_at", "accepted_at", "revoked_at"]


@admin.register(Team)
class TeamAdmin(RoleModelAdmin):
    view_roles = BOTH
    add_roles = [Role.COACH]
    change_roles = BOTH
    list_display = ["name", "n_members", "created_at", "is_demo"]
    search_fields = ["name"]
    fields = ["name", "created_at"]
    readonly_fields = ["created_at"]
    inlines = [MembershipInline, InvitationInline]
    actions = ["end_memberships"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        rows = super().get_queryset(request)
        return rows if request.user.is_administrator else rows.coached_by(request.user)

    def get_inlines(self, request: HttpRequest, obj: Team | None) -> list[type[admin.TabularInline]]:
        return self.inlines if obj else []

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            audit(actor=request.user, action="team.renamed", target=obj)
        else:
            made = team_create(coach=request.user, name=obj.name)
            obj.pk, obj._state.adding = made.pk, False

    @admin.display(description=_("active members"))
    def n_members(self, team: Team) -> int:
        return team.memberships.active().count()

    @admin.action(description=_("Close the selected teams"))
    def end_memberships(self, request: HttpRequest, queryset: QuerySet[Team]) -> None:
        for team in queryset:
            team_close(team=team, by=request.user)


@admin.register(Membership)
class MembershipAdmin(RoleModelAdmin):
    """A list with which coaches and administrators end memberships."""

    view_roles = BOTH
    list_display = ["user", "team", "role", "joined_at", "ended_at"]
    list_filter = ["role", ("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user", "team"]
    search_fields = ["user__username", "user__first_name", "user__last_name", "team__name"]
    actions = ["end_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).visible_to(request.user)

    @admin.action(description=_("End the selected memberships"))
    def end_selected(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset.active().select_related("user", "team"):
            try:
                membership_end(membership=membership, by=request.user)
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)
