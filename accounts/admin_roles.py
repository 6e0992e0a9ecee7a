"""Admin access by role, for every app's admin classes."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class RoleAccess:
    """Mixin for ModelAdmin and inlines: which roles may view, add, change and delete.

    What is not listed is refused, also to superusers. Narrow the rows in `get_queryset`.
    """

    view_roles: Iterable[str] = ()
    add_roles: Iterable[str] = ()
    change_roles: Iterable[str] = ()
    delete_roles: Iterable[str] = ()
    view_on_site = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _has(request, (*self.view_roles, *self.change_roles))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _has(request, self.add_roles)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _has(request, self.change_roles)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _has(request, self.delete_roles)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _has(request, (*self.view_roles, *self.change_roles, *self.add_roles))


class RoleModelAdmin(RoleAccess, admin.ModelAdmin):
    """A ModelAdmin with access by role."""


class RoleTabularInline(RoleAccess, admin.TabularInline):
    """A table of children with access by role."""


def _has(request: HttpRequest, roles: Iterable[str]) -> bool:
    user = request.user
    return user.is_active and user.is_authenticated and user.role in set(roles)
