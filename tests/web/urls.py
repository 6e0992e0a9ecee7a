"""The site plus a few addresses that show what the bases of web.api do."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from fitbalance.urls import handler400, handler403, handler404, handler500  # noqa: F401
from web.api.routers import Router
from web.api.serializers import OwnedPrimaryKeyRelatedField, StrictModelSerializer, StrictSerializer
from web.api.views import Endpoint, ModelViewSet
from web.models import Upload
from web.refusals import Problem


class UploadSerializer(StrictModelSerializer):
    class Meta:
        model = Upload
        fields = ["id", "filename", "size", "owner", "created_at"]
        read_only_fields = ["id", "owner", "size", "created_at"]


class UploadViewSet(ModelViewSet):
    queryset = Upload.objects.all()
    serializer_class = UploadSerializer
    filterset_fields = ["filename"]
    ordering_fields = ["created_at", "filename"]
    search_fields = ["filename"]
    ordering = ["-created_at"]


class EchoSerializer(StrictSerializer):
    number = serializers.FloatField(required=False)
    value = serializers.JSONField(required=False)
    upload = OwnedPrimaryKeyRelatedField(queryset=lambda user: Upload.objects.visible_to(user), required=False)


class Echo(Endpoint):
    """Counts how often it ran; ?fail=1 refuses, ?break=1 is a bug."""

    query_parameters = ("fail", "break")
    n_runs = 0

    def post(self, request: Request) -> Response:
        Echo.n_runs += 1
        body = EchoSerializer(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        if request.query_params.get("fail"):
            raise Problem(409, "busy", "Not now.")
        if request.query_params.get("break"):
            raise RuntimeError("a secret in the trace")
        return Response({"n": Echo.n_runs}, status=201, headers={"Location": "/somewhere/"})

    def get(self, request: Request) -> Response:
        return Response({"user": User.objects.count()})


def page(request: HttpRequest, what: str) -> HttpResponse:
    if what == "missing":
        raise Http404
    if what == "problem":
        raise Problem(429, "quota", "Too many <jobs>.", headers={"Retry-After": "5"})
    if what == "post":
        return HttpResponse("posted")
    raise RuntimeError("a secret in the trace")


router = Router()
router.register("things", UploadViewSet, basename="thing")
urlpatterns = [
    path("api/v1/", include(router.urls)),
    path("api/v1/echo/", Echo.as_view()),
    path("api/v1/plain/<str:what>/", page),
    path("page/<str:what>/", page),
    path("", include("fitbalance.urls")),
]
