"""What endpoints of the engine room share: who may use them, a filter, refusals, validated bodies."""

from typing import Any

from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.models import TokenScope
from mlops.access import is_engine_staff
from web.api.responses import ProblemSerializer
from web.api.views import Endpoint

REFUSALS = {403: ProblemSerializer, 409: ProblemSerializer, 429: ProblemSerializer}


class OfTaskFilter(filters.FilterSet):
    """?task=<name>: rows that belong to one Task. A subclass names its model and adds its own parameters."""

    task = filters.CharFilter(field_name="task__name", max_length=64)


class EngineStaffOnly:
    """Others see empty lists; what they try to change is 403. Tokens need the scope `train`."""

    required_scopes = (TokenScope.TRAIN,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method not in ("GET", "HEAD", "OPTIONS") and not is_engine_staff(request.user):
            raise PermissionDenied(_("Only ML staff can do this."))


class TaskJobView(EngineStaffOnly, Endpoint):
    """Starts a job about a task."""

    required_scopes = (TokenScope.TRAIN.value,)


def given_data(view: Any, serializer_class: Any) -> dict[str, Any]:
    """The validated body of an action."""
    given = serializer_class(data=view.request.data, context=view.get_serializer_context())
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
