"""`/api/v1/parts/`: the catalogue of pretrained parts for programs."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from mlops.endpoints import REFUSALS, EngineStaffOnly
from mlops.parts.selectors import PartState, part_states
from mlops.parts.services.fetching import part_fetch_start, part_remove
from web.api.responses import AcceptedSerializer, accepted
from web.api.views import Endpoint


class PretrainedPartSerializer(serializers.Serializer[Any]):
    """A part of the catalogue; `state` is installed, fetching or missing, `download_bytes` what it costs to have it.
    `confirmed` is false where size and licence are those of a hub's page, which nobody could check."""

    name = serializers.CharField(source="part.name")
    title = serializers.CharField(source="part.title")
    purpose = serializers.CharField(source="part.purpose")
    kind = serializers.ChoiceField(["weights", "data"], source="part.kind")
    licence = serializers.CharField(source="part.licence")
    original = serializers.CharField(source="part.original")
    download_bytes = serializers.IntegerField(source="part.n_bytes")
    confirmed = serializers.BooleanField(source="part.is_confirmed")
    recommended = serializers.BooleanField(source="part.recommended")
    state = serializers.SerializerMethodField()
    job = serializers.UUIDField(source="job.pk", default=None)
    remedy = serializers.CharField()

    def get_state(self, state: PartState) -> str:
        return "installed" if state.installed else "fetching" if state.job else "missing"


class PartListView(Endpoint):
    """What the site can do with pretrained weights, for everybody who is signed in."""

    required_scopes = (TokenScope.READ.value,)

    @extend_schema(responses=PretrainedPartSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every part with its state."""
        return Response(PretrainedPartSerializer(part_states(), many=True).data)


class PartView(EngineStaffOnly, Endpoint):
    """Fetch or remove one part; for ML staff."""

    required_scopes = (TokenScope.TRAIN.value,)

    @extend_schema(request=None, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request, name: str) -> Response:
        """Queue its download; 409 `installed` when it is here."""
        return accepted(part_fetch_start(name=name, by=request.user))

    @extend_schema(responses={204: None, **REFUSALS})
    def delete(self, request: Request, name: str) -> Response:
        """Delete it from this machine."""
        part_remove(name=name)
        return Response(status=204)


