"""/api/v1/audit-events/: what happened with one's own account."""

from django.db.models import QuerySet

from accounts.api.serializers import AuditEventSerializer
from accounts.models import AuditEvent
from accounts.selectors.audit import own_events
from web.api.views import ReadOnlyModelViewSet


class AuditEventViewSet(ReadOnlyModelViewSet):
    """Newest first."""

    queryset = AuditEvent.objects.all()
    serializer_class = AuditEventSerializer
    lookup_value_converter = "int"

    def visible(self) -> QuerySet[AuditEvent]:
        return own_events(self.request.user)
