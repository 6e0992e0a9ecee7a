"""/layouts/: which sensors there are, declaring one's own, several units side by side."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sessions.forms import LayoutForm, SideBySideForm
from sessions.models import SensorLayout
from sessions.selectors.layouts import layout_list
from sessions.services.layouts import layout_declare, layout_delete, layout_side_by_side
from sessions.views.access import athlete_page


@athlete_page
@require_http_methods(["GET", "HEAD", "POST"])
def layouts(request: HttpRequest) -> HttpResponse:
    """The list, and two small forms; the button's name says which one was sent."""
    declare_form = LayoutForm(request.POST if "declare" in request.POST else None)
    side_form = SideBySideForm(request.POST if "side" in request.POST else None, user=request.user)
    row = None
    try:
        if "declare" in request.POST and declare_form.is_valid():
            row = layout_declare(user=request.user, **declare_form.cleaned_data)
        elif "side" in request.POST and side_form.is_valid():
            row = layout_side_by_side(user=request.user, **side_form.cleaned_data)
    except ValidationError as error:
        (declare_form if "declare" in request.POST else side_form).add_error(None, error)
    if row is not None:
        messages.success(request, _("The layout “%(title)s” is ready.") % {"title": row.title})
        return redirect("workouts:layouts")
    rows = layout_list(user=request.user).select_related("base")
    context = {"layouts": rows, "declare_form": declare_form, "side_form": side_form}
    return render(request, "workouts/layouts.html", context)


@athlete_page
@require_POST
def delete(request: HttpRequest, pk: str) -> HttpResponse:
    """Delete one's own layout, while nothing uses it."""
    row = get_object_or_404(SensorLayout.objects.editable_by(request.user), pk=pk)
    try:
        layout_delete(layout=row)
        messages.success(request, _("The layout “%(title)s” is deleted.") % {"title": row.title})
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("workouts:layouts")
