"""Accounts, for administrators."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.admin_roles import RoleAccess
from accounts.models import Role, User
from accounts.services.audit import audit
from accounts.services.browser_sessions import sign_out_everywhere
from accounts.services.tokens import tokens_revoke_all
from accounts.services.users import user_set_role


@admin.register(User)
class UserAdmin(RoleAccess, DjangoUserAdmin):
    """Administrators add people, give roles and lock accounts. Erasing goes through the person's own page or a job."""

    view_roles = add_roles = change_roles = [Role.ADMINISTRATOR]
    list_display = ["username", "email", "first_name", "last_name", "role", "is_active", "last_login", "is_demo"]
    list_filter = ["role", "is_active", "is_demo"]
    ordering = ["username"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined", "is_demo"]
    fieldsets = [
        (None, {"fields": ["username", "email", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "time_zone"]}),
        (_("Units"), {"fields": ["units", "mass_unit", "distance_unit", "length_unit", "energy_unit"]}),
        (_("Access"), {"fields": ["role", "is_active"]}),
        (_("Details"), {"fields": ["last_login", "date_joined", "is_demo"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "email", "role", "usable_password", "password1", "password2"]})]

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, **kwargs)
        if obj is not None and obj.pk == request.user.pk:
            for name in ("role", "is_active"):
                form.base_fields[name].disabled = True
                form.base_fields[name].help_text = _("Only another administrator can change this.")
        return form

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        """A changed role passes the service that audits it and ends memberships that no longer fit."""
        if not change:
            super().save_model(request, obj, form, change)
            audit(actor=request.user, subject=obj, action="account.created", target=obj, role=obj.role)
            return
        role, before = obj.role, form.initial.get("role", obj.role)
        obj.role = before
        super().save_model(request, obj, form, change)
        if role != before:
            try:
                user_set_role(user=obj, role=role, by=request.user)
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), "ERROR")
        fields = [name for name in form.changed_data if name != "role"]
        if fields:
            audit(actor=request.user, subject=obj, action="user.changed", target=obj, fields=fields)
        if "is_active" in fields and not obj.is_active:
            tokens_revoke_all(user=obj, by=request.user)
            sign_out_everywhere(user=obj, by=request.user)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Django's own page; a password set for somebody else is audited and signs them out."""
        response = super().user_change_password(request, id, form_url)
        user = self.get_object(request, unquote(id))
        if request.method == "POST" and response.status_code == 302 and user is not None:
            audit(actor=request.user, subject=user, action="password.changed", target=user)
            sign_out_everywhere(user=user, keep=request.session.session_key, by=request.user)
        return response
