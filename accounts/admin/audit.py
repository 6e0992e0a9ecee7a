"""The audit log, for administrators, to read only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin_roles import RoleModelAdmin
from accounts.models import AuditEvent, Role
from accounts.words import action_words


@admin.register(AuditEvent)
class AuditEventAdmin(RoleModelAdmin):
    view_roles = [Role.ADMINISTRATOR]
    list_display = ["at", "what", "actor", "subject", "target"]
    list_filter = ["action", "at"]
    list_select_related = ["actor", "subject"]
    search_fields = ["actor__username", "subject__username", "target"]
    date_hierarchy = "at"

    @admin.display(description=_("what"), ordering="action")
    def what(self, event: AuditEvent) -> str:
        return action_words(event.action)
