"""Bases of every endpoint: strict parameters, the access filter, idempotent POST."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import mixins, viewsets
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from web.api.etags import ConditionalRows
from web.api.filters import refuse_unknown, view_parameters
from web.api.idempotency import IdempotentPost
from web.refusals import not_found

__all__ = ["Endpoint", "GenericViewSet", "ModelViewSet", "ReadOnlyModelViewSet"]

_UNSAFE = frozenset({"PUT", "PATCH", "DELETE", "POST"})


class Endpoint(IdempotentPost, APIView):
    """One address with its own methods. Query parameters are named in `query_parameters`; others are 400."""

    query_parameters: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown(request, view_parameters(self))


class GenericViewSet(IdempotentPost, viewsets.GenericViewSet):
    """Rows of one model: set `queryset` (unfiltered) and `serializer_class`.

    Every look-up passes `visible_to(request.user)`; where the queryset also has `editable_by`, unsafe methods
    on a row that is visible but not editable are 403. Override `visible` for a narrower list.
    """

    lookup_value_converter = "uuid"
    query_parameters: tuple[str, ...] = ()

    def visible(self) -> QuerySet:
        """Rows the caller may see."""
        return super().get_queryset().visible_to(self.request.user)

    def get_queryset(self) -> QuerySet:
        return self.visible()

    def get_object(self) -> Any:
        try:
            row = super().get_object()
        except (OverflowError, ValueError):
            raise not_found() from None
        if self.request.method in _UNSAFE and hasattr(type(row)._default_manager.all(), "editable_by"):
            if not type(row)._default_manager.editable_by(self.request.user).filter(pk=row.pk).exists():
                raise PermissionDenied(_("You can view this but not change it."))
        return row


class ReadOnlyModelViewSet(ConditionalRows, mixins.RetrieveModelMixin, mixins.ListModelMixin, GenericViewSet):
    """list and retrieve."""


class ModelViewSet(
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    ReadOnlyModelViewSet,
):
    """list, retrieve, create, PATCH and delete. PUT is not offered: a whole row is never the client's to replace."""

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        kwargs["partial"] = True
        return super().update(request, *args, **kwargs)
