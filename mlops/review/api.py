"""`/api/v1/review-items/`: the queue of examples that are worth a look, and what people decide."""

from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from mlops.endpoints import EngineStaffOnly, OfTaskFilter, TaskJobView
from mlops.review.models import ReviewAction, ReviewItem, ReviewReason, ReviewState
from mlops.review.selectors import agreement
from mlops.review.services.fill import fill_start
from mlops.review.services.review import review_decide, review_next
from mlops.review.services.undo import review_undo
from mlops.tasks.selectors import task_get_for
from web.api.responses import AcceptedSerializer, ProblemSerializer, accepted
from web.api.serializers import StrictModelSerializer, StrictSerializer
from web.api.views import ReadOnlyModelViewSet

REFUSALS = {code: ProblemSerializer for code in (400, 403, 404, 409, 429)}


class ReviewItemSerializer(StrictModelSerializer):
    """An example to review; people are pseudonyms."""

    task = serializers.SlugRelatedField(slug_field="name", read_only=True)
    pseudonym = serializers.CharField(read_only=True)

    class Meta:
        model = ReviewItem
        fields = [
            "id", "task", "version", "pseudonym", "reason", "source", "start_s", "end_s", "place", "label",
            "correction", "said", "scores", "state", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class DecisionSerializer(StrictSerializer):
    """A review decision."""

    action = serializers.ChoiceField(choices=ReviewAction.choices)
    label = serializers.CharField(max_length=64, required=False, allow_blank=True, default="", help_text=(
        "The correct label, for the action “correct”."
    ))
    correction = serializers.JSONField(
        required=False, allow_null=True, default=None, help_text=(
            "The correct answer for kinds without labels: a number …"
        )
    )


class NextSerializer(StrictSerializer):
    """Which task; all tasks if empty."""

    task = serializers.SlugField(max_length=64, required=False)


class AgreementSerializer(serializers.Serializer):
    """Agreement over items that several people reviewed."""

    n_items = serializers.IntegerField()
    share_equal = serializers.FloatField(allow_null=True)
    alpha = serializers.FloatField(allow_null=True, help_text="Krippendorff's alpha over all reviewers.")
    kappa = serializers.FloatField(allow_null=True, help_text=(
        "Cohen's kappa of the pair with the most items in common."
    ))


class ReviewItemFilter(OfTaskFilter):
    """?task=<name>&state=&reason=."""

    state = filters.ChoiceFilter(choices=ReviewState.choices)
    reason = filters.ChoiceFilter(choices=ReviewReason.choices)

    class Meta:
        model = ReviewItem
        fields: list[str] = []


class ReviewItemViewSet(EngineStaffOnly, ReadOnlyModelViewSet):
    """The review queue, most urgent first."""

    queryset = ReviewItem.objects.select_related("task", "athlete")
    serializer_class = ReviewItemSerializer
    filterset_class = ReviewItemFilter
    ordering_fields = ["urgency", "created_at"]

    @extend_schema(request=NextSerializer, responses={200: ReviewItemSerializer, 204: None, **REFUSALS})
    @action(detail=False, methods=["post"], url_path="next")
    def take_next(self, request: Request) -> Response:
        """Take the most urgent item; it is reserved for you for five minutes. 204 if there is nothing to review."""
        if not request.user.is_ml_staff:
            raise PermissionDenied(_("Only ML staff can do this."))
        given = NextSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        name = given.validated_data.get("task")
        item = review_next(user=request.user, task=task_get_for(user=request.user, name=name) if name else None)
        if item is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(self.get_serializer(item).data)

    @extend_schema(request=DecisionSerializer, responses={200: ReviewItemSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """Review an item: confirm, correct (with a label or a correction), reject, empty or skip."""
        item = self.get_object()
        given = DecisionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(self.get_serializer(review_decide(item=item, user=request.user, **given.validated_data)).data)

    @extend_schema(request=None, responses={200: ReviewItemSerializer, **REFUSALS})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take your decision back. 409 if someone has decided or changed something since."""
        return Response(self.get_serializer(review_undo(item=self.get_object(), user=request.user)).data)

    @extend_schema(responses={200: AgreementSerializer})
    @action(detail=False, methods=["get"])
    def agreement(self, request: Request) -> Response:
        """Agreement between people who reviewed the same items."""
        return Response(AgreementSerializer(agreement(request.user)).data)


class ReviewFillView(TaskJobView):
    """Fill the review queue."""

    @extend_schema(request=None, responses={202: AcceptedSerializer, **REFUSALS})
    def post(self, request: Request, name: str) -> Response:
        """Let the champion score unlabelled examples."""
        return accepted(fill_start(task=task_get_for(user=request.user, name=name), owner=request.user))
