"""Pages of label sets."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from mlops.access import is_engine_staff
from mlops.tasks.forms import LabelSetForm
from mlops.tasks.models import LabelSet
from mlops.tasks.selectors import label_set_get_for
from mlops.tasks.services.tasks import label_set_create, label_set_update, labels_in_use
from web.refusals import NOT_FOUND


@login_required
@require_GET
def label_sets(request: HttpRequest) -> HttpResponse:
    """Shared sets and one's own."""
    rows = LabelSet.objects.visible_to(request.user).prefetch_related("tasks")
    editable = set(LabelSet.objects.editable_by(request.user).values_list("pk", flat=True))
    return render(request, "mlops/label_sets.html", {"rows": rows, "editable": editable})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def label_set_new(request: HttpRequest) -> HttpResponse:
    """Make a set. What ML staff make is shared."""
    form = LabelSetForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            label_set_create(owner=request.user, is_shared=is_engine_staff(request.user), **form.cleaned_data)
            return redirect("mlops:label_sets")
        except ValidationError as error:
            _errors(form, error)
    return render(request, "mlops/label_set.html", {"form": form}, status=400 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def label_set(request: HttpRequest, pk: str) -> HttpResponse:
    """Change a set; labels in use stay."""
    row = label_set_get_for(user=request.user, pk=pk)
    if not LabelSet.objects.editable_by(request.user).filter(pk=row.pk).exists():
        raise Http404(NOT_FOUND)
    form = LabelSetForm(
        request.POST if request.method == "POST" else None,
        initial={"name": row.name, "labels": LabelSetForm.text_of(row)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            label_set_update(label_set=row, **form.cleaned_data)
            return redirect("mlops:label_sets")
        except ValidationError as error:
            _errors(form, error)
    context: dict[str, Any] = {"form": form, "label_set": row, "in_use": sorted(labels_in_use(row))}
    return render(request, "mlops/label_set.html", context, status=400 if form.is_bound else 200)


def _errors(form: LabelSetForm, error: ValidationError) -> None:
    for field, messages in error.message_dict.items():
        for message in messages:
            form.add_error(field if field in form.fields else None, message)
