"""The champion for a browser that answers by itself, and its file under an address that never changes."""

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TokenScope
from sessions.live.selectors.streams import layout_for_stream
from sessions.live.services.device_models import device_file, device_model
from web.api.responses import ProblemSerializer
from web.api.views import Endpoint
from web.refusals import not_found

FOR_EVER = "private, max-age=31536000, immutable"


class DeviceModelView(Endpoint):
    """Labels, window, scaler and the ONNX file; `columns`: where the model's channels stand in the layout."""

    required_scopes = (TokenScope.STREAM.value,)
    query_parameters = ("layout", "task")

    @extend_schema(
        parameters=[
            OpenApiParameter("layout", str, required=True, description="A sensor layout, for example flextail."),
            OpenApiParameter("task", str, description="A task other than the layout's default."),
        ],
        responses={200: OpenApiTypes.OBJECT, 404: ProblemSerializer, 409: ProblemSerializer},
    )
    def get(self, request: Request) -> Response:
        layout = layout_for_stream(user=request.user, key=request.query_params.get("layout", "")[:64])
        if layout is None:
            raise not_found()
        found = device_model(layout=layout, task_name=request.query_params.get("task", "")[:64])
        return Response(found, headers={"Cache-Control": "private, no-cache"})


class DeviceModelFileView(Endpoint):
    """The ONNX file of a serving version. Its address names its SHA-256, so it may be kept for ever."""

    required_scopes = (TokenScope.STREAM.value,)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 404: ProblemSerializer})
    def get(self, request: Request, version: str, sha256: str) -> HttpResponseBase:
        path = device_file(version=version, sha256=sha256)
        headers = {"Cache-Control": FOR_EVER, "ETag": f'"{sha256}"', "X-Content-Type-Options": "nosniff"}
        if request.headers.get("If-None-Match") == f'"{sha256}"':
            return HttpResponse(status=304, headers=headers)
        return FileResponse(path.open("rb"), content_type="application/octet-stream", headers=headers)
