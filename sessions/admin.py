"""What administrators and coaches see of this app in Django's admin: layouts only; recordings belong to athletes."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from sessions.models import SensorLayout


@admin.register(SensorLayout)
class SensorLayoutAdmin(admin.ModelAdmin):
    list_display = ["title", "key", "n_channels", "rate_hz", "is_shared"]
    search_fields = ["title", "key"]
    readonly_fields = ["key", "channels", "units", "base", "created_at"]
    exclude = ["owner"]
    view_on_site = False

    def get_queryset(self, request):
        """Shared layouts; a person's own layouts are theirs."""
        return super().get_queryset(request).filter(owner__isnull=True)

    def has_add_permission(self, request) -> bool:
        return False

    @admin.display(description=_("Channels"))
    def n_channels(self, row: SensorLayout) -> int:
        return len(row.channels)

    @admin.display(boolean=True, description=_("Shared"))
    def is_shared(self, row: SensorLayout) -> bool:
        return row.owner_id is None
