"""The registry in Django's admin: read-only lists for ML staff and administrators. Coaches see none of it.

Changing anything goes through the pages and services, which leave events and check gates.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mlops.access import is_engine_staff
from mlops.datasets.models import Dataset
from mlops.jobs.models import Job
from mlops.kinds.metric import COSTS
from mlops.ml.artifact import read_manifest
from mlops.ml.contract import BadArtifact
from mlops.registry.gate_words import measured_text, version_gates
from mlops.registry.models import AliasName, ModelAlias, ModelVersion, PromotionEvent
from mlops.registry.services.artifacts import artifact_path
from mlops.tasks.models import LabelSet, Task
from mlops.training.models.run import Run
from mlops.training.models.study import Study


class RegistryAdmin(admin.ModelAdmin):
    """Nobody adds, changes or deletes here; who may look is decided by `visible_to`."""

    list_per_page = 50
    view_on_site = False
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


def _lines(lines: Sequence[str]) -> str:
    return format_html_join("", "{}<br>", ((line,) for line in lines if line)) or "–"


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

    @admin.display(description=gettext_lazy("Examples"))
    def windows(self, row: Dataset) -> int | None:
        return row.facts.get("n_windows")


@admin.register(Run)
class RunAdmin(RegistryAdmin):
    list_display = ["created_at", "task", "estimator", "state", "score_words", "seed", "trial"]
    list_filter = ["estimator", "task", "job__status", "outcome", "is_demo"]
    search_fields = ["estimator", "task__title"]
    list_select_related = ["task", "job"]
    date_hierarchy = "created_at"

    @admin.display(description=gettext_lazy("State"), ordering="job__status")
    def state(self, row: Run) -> str:
        return row.job.get_status_display()

    @admin.display(description=gettext_lazy("Score"), ordering="score")
    def score_words(self, row: Run) -> str:
        return row.task.metric.text(row.score)


class AliasFilter(admin.SimpleListFilter):
    """Champion, challenger, or neither."""

    title = "alias"
    parameter_name = "alias"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*AliasName.choices, ("none", gettext_lazy("Neither"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in AliasName.values:
            return queryset.filter(aliases__name=self.value())
        return queryset.filter(aliases__isnull=True) if self.value() == "none" else queryset


@admin.register(ModelVersion)
class ModelVersionAdmin(RegistryAdmin):
    """Everything known of a version; moving aliases, retiring and deleting happen on its page, which leaves events."""

    list_display = [
        "created_at", "task", "number", "estimator", "score_words", "passed", "alias_words", "train_words",
        "size_words", "latency_words", "retrain_due_at", "page",
    ]  # fmt: skip
    list_filter = ["task", "estimator", AliasFilter, "is_demo", ("retired_at", admin.EmptyFieldListFilter)]
    search_fields = ["task__title", "estimator", "artifact_hash", "dataset_hash"]
    list_select_related = ["task"]
    date_hierarchy = "created_at"
    readonly_fields = ["figures", "gate_list", "lineage", "files", "card", "page"]
    fieldsets = [
        (None, {"fields": ["task", "number", "estimator", "page", "created_at", "retrain_due_at", "retired_at"]}),
        (gettext_lazy("Evaluation"), {"fields": ["figures", "gate_list"]}),
        (
            gettext_lazy("Lineage"),
            {"fields": ["lineage", "run", "origin", "dataset_hash", "code_version", "libraries"]},
        ),
        (gettext_lazy("Files"), {"fields": ["artifact_dir", "artifact_hash", "size_bytes", "files", "card"]}),
        (gettext_lazy("Cost"), {"fields": ["train_s", "latency_ms"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("aliases")

    @admin.display(description=gettext_lazy("Score"), ordering="score")
    def score_words(self, row: ModelVersion) -> str:
        return f"{row.score_text} {row.metric.title.lower()}"

    @admin.display(description=gettext_lazy("Gates"), boolean=True)
    def passed(self, row: ModelVersion) -> bool:
        return row.gates_passed

    @admin.display(description=gettext_lazy("Serves as"))
    def alias_words(self, row: ModelVersion) -> str:
        return (
            ", ".join(
                f"{alias.name} {100 * alias.traffic_share:.0f} %" if alias.name == "challenger" else alias.name
                for alias in row.aliases.all()
            )
            or "–"
        )

    @admin.display(description=gettext_lazy("Training time"), ordering="train_s")
    def train_words(self, row: ModelVersion) -> str:
        return COSTS[0].text(row.train_s)

    @admin.display(description=gettext_lazy("Size"), ordering="size_bytes")
    def size_words(self, row: ModelVersion) -> str:
        return COSTS[1].text(row.size_bytes)

    @admin.display(description=gettext_lazy("Latency"), ordering="latency_ms")
    def latency_words(self, row: ModelVersion) -> str:
        return COSTS[2].text(row.latency_ms)

    @admin.display(description=gettext_lazy("Page"))
    def page(self, row: ModelVersion) -> str:
        return format_html('<a href="{}">Open</a>', reverse("mlops:version", args=[row.pk]))

    @admin.display(description=gettext_lazy("Metrics"))
    def figures(self, row: ModelVersion) -> str:
        shown = [m for m in row.task.metrics if m.name in row.metrics]
        lines = [f"{metric.title}: {metric.text(row.metrics[metric.name])}" for metric in shown]
        return _lines([*lines, measured_text(row)])

    @admin.display(description=gettext_lazy("Gates"))
    def gate_list(self, row: ModelVersion) -> str:
        return _lines([f"{'passed' if gate['passed'] else 'FAILED'}: {gate['text']}" for gate in version_gates(row)])

    @admin.display(description=gettext_lazy("Data"))
    def lineage(self, row: ModelVersion) -> str:
        data = self._manifest(row).get("data") or {}
        sources = [f"{count} {name}" for name, count in (data.get("sources") or {}).items()]
        people = [f"{data['n_subjects']} people"] if data.get("n_subjects") else []
        return _lines([*people, *sources, *([_("contains generated data")] if row.is_generated else [])])

    @admin.display(description=gettext_lazy("Files and hashes"))
    def files(self, row: ModelVersion) -> str:
        files = self._manifest(row).get("files", {})
        return _lines([f"{name}, {file['size']:,} bytes, {file['sha256']}" for name, file in sorted(files.items())])

    @admin.display(description=gettext_lazy("Model card"))
    def card(self, row: ModelVersion) -> str:
        if "README.md" not in self._manifest(row).get("files", {}):
            return "–"
        return format_html("<pre>{}</pre>", (artifact_path(row) / "README.md").read_text("utf-8"))

    def _manifest(self, row: ModelVersion) -> dict[str, Any]:
        try:
            return read_manifest(artifact_path(row), verify=False)
        except BadArtifact:
            return {}


@admin.register(ModelAlias)
class ModelAliasAdmin(RegistryAdmin):
    list_display = ["task", "name", "version", "traffic_share", "moved_at"]
    list_filter = ["name"]
    list_select_related = ["task", "version__task"]


@admin.register(PromotionEvent)
class PromotionEventAdmin(RegistryAdmin):
    list_display = [
        "at",
        "task",
        "action",
        "alias",
        "from_number",
        "to_number",
        "share",
        "by",
        "overrode_gates",
        "reason",
    ]
    list_filter = ["task", "action", "overrode_gates"]
    search_fields = ["task__title", "reason"]
    list_select_related = ["task", "by"]
    date_hierarchy = "at"


@admin.register(Study)
class StudyAdmin(RegistryAdmin):
    list_display = ["created_at", "task", "estimator", "n_trials", "state", "page"]
    list_filter = ["estimator", "task", "job__status"]
    search_fields = ["estimator", "task__title"]
    list_select_related = ["task", "job"]
    date_hierarchy = "created_at"

    @admin.display(description=gettext_lazy("State"), ordering="job__status")
    def state(self, row: Study) -> str:
        return row.job.get_status_display()

    @admin.display(description=gettext_lazy("Page"))
    def page(self, row: Study) -> str:
        return format_html('<a href="{}">Open</a>', reverse("mlops:study", args=[row.pk]))


@admin.register(LabelSet)
class LabelSetAdmin(RegistryAdmin):
    list_display = ["name", "words", "is_shared", "updated_at"]
    search_fields = ["name"]

    @admin.display(description=gettext_lazy("Labels"))
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
