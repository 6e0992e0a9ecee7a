"""The registry in Django's admin: read-only lists for ML staff and administrators. Coaches see none of it.

Changing anything goes through the pages and services, which leave events and check gates.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from mlops.models import Dataset, Job, LabelSet, ModelAlias, ModelVersion, PromotionEvent, Run, Task
from mlops.selectors.access import is_engine_staff


class RegistryAdmin(admin.ModelAdmin):
    """Nobody adds, changes or deletes here; who may look is decided by `visible_to`."""

    list_per_page = 50
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_engine_staff(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_engine_staff(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(pk__in=self.model._default_manager.visible_to(request.user))


@admin.register(Task)
class TaskAdmin(RegistryAdmin):
    list_display = ["title", "name", "kind", "label_set", "created_at"]
    list_filter = ["kind", "is_demo"]
    search_fields = ["title", "name"]
    list_select_related = ["label_set"]


@admin.register(Dataset)
class DatasetAdmin(RegistryAdmin):
    list_display = ["created_at", "task", "status", "windows", "content_hash", "owner"]
    list_filter = ["status", "task", "is_demo"]
    search_fields = ["content_hash"]
    list_select_related = ["task", "owner"]
    date_hierarchy = "created_at"

    @admin.display(description="Windows")
    def windows(self, row: Dataset) -> int | None:
        return row.facts.get("n_windows")


@admin.register(Run)
class RunAdmin(RegistryAdmin):
    list_display = ["created_at", "task", "estimator", "state", "seed"]
    list_filter = ["estimator", "task", "job__status", "is_demo"]
    search_fields = ["estimator", "task__title"]
    list_select_related = ["task", "job"]
    date_hierarchy = "created_at"

    @admin.display(description="State", ordering="job__status")
    def state(self, row: Run) -> str:
        return row.job.get_status_display()


@admin.register(ModelVersion)
class ModelVersionAdmin(RegistryAdmin):
    list_display = [
        "created_at",
        "task",
        "number",
        "estimator",
        "score_words",
        "passed",
        "is_champion",
        "retrain_due_at",
        "page",
    ]
    list_filter = ["task", "estimator", "aliases__name", "is_demo", "retired_at"]
    search_fields = ["task__title", "estimator", "artifact_hash", "dataset_hash"]
    list_select_related = ["task"]
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("aliases")

    @admin.display(description="Score", ordering="score")
    def score_words(self, row: ModelVersion) -> str:
        return row.score_text

    @admin.display(description="Gates", boolean=True)
    def passed(self, row: ModelVersion) -> bool:
        return row.gates_passed

    @admin.display(description="Champion", boolean=True)
    def is_champion(self, row: ModelVersion) -> bool:
        return any(alias.name == "champion" for alias in row.aliases.all())

    @admin.display(description="Judge")
    def page(self, row: ModelVersion) -> str:
        return format_html('<a href="{}">Open</a>', reverse("mlops:version", args=[row.pk]))


@admin.register(ModelAlias)
class ModelAliasAdmin(RegistryAdmin):
    list_display = ["task", "name", "version", "traffic_share", "moved_at"]
    list_filter = ["name"]
    list_select_related = ["task", "version__task"]


@admin.register(PromotionEvent)
class PromotionEventAdmin(RegistryAdmin):
    list_display = ["at", "task", "from_version", "to_version", "by", "overrode_gates", "is_rollback", "reason"]
    list_filter = ["task", "overrode_gates", "is_rollback"]
    search_fields = ["task__title", "reason"]
    list_select_related = ["task", "from_version__task", "to_version__task", "by"]
    date_hierarchy = "at"


@admin.register(LabelSet)
class LabelSetAdmin(RegistryAdmin):
    list_display = ["name", "words", "is_shared", "updated_at"]
    search_fields = ["name"]

    @admin.display(description="Labels")
    def words(self, row: LabelSet) -> str:
        return ", ".join(row.names)


@admin.register(Job)
class JobAdmin(RegistryAdmin):
    """The engine's jobs; people's own jobs are theirs."""

    list_display = ["created_at", "title", "kind", "queue", "status", "attempt", "started_at", "ended_at"]
    list_filter = ["status", "queue", "kind"]
    search_fields = ["title", "kind", "failure_code"]
    date_hierarchy = "created_at"
    exclude = ["claim_token"]
