"""/api/v1/consents/: what one agreed to. Programs may read it; giving and taking back needs a browser."""

from django.utils.translation import gettext as _
from rest_framework import mixins
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from accounts.api.serializers import ConsentSerializer
from accounts.models import ApiToken, Consent
from accounts.services.athletes import athlete_for
from accounts.services.consent import consent_grant, consent_withdraw
from web.api.views import ReadOnlyModelViewSet


class ConsentViewSet(mixins.CreateModelMixin, mixins.DestroyModelMixin, ReadOnlyModelViewSet):
    """POST gives one scope, DELETE takes it back; rows stay as history."""

    queryset = Consent.objects.select_related("team")
    serializer_class = ConsentSerializer
    lookup_value_converter = "int"

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        if isinstance(request.auth, ApiToken) and request.method in {"POST", "DELETE"}:
            raise PermissionDenied(_("A token cannot give or withdraw consent."), code="insufficient_scope")

    def perform_create(self, serializer: BaseSerializer) -> None:
        athlete = athlete_for(self.request.user)
        serializer.instance = consent_grant(athlete=athlete, by=self.request.user, **serializer.validated_data)

    def perform_destroy(self, instance: Consent) -> None:
        if instance.withdrawn_at is None:
            consent_withdraw(
                athlete=instance.athlete,
                kind=instance.kind,
                scope=instance.scope,
                team=instance.team,
                by=self.request.user,
            )
