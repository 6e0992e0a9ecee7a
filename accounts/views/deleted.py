"""Settings: recently deleted items, to restore or to delete permanently."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from web.services.bin import BIN_DAYS, bin_get_for, bin_list
from web.views.said import refusals_said


@login_required
@require_GET
def deleted(request: HttpRequest) -> HttpResponse:
    """One's own bin."""
    context = {"tab": "deleted", "entries": bin_list(user=request.user), "n_days": BIN_DAYS}
    return render(request, "accounts/deleted.html", context)


@login_required
@require_POST
def restore(request: HttpRequest, kind: str, pk: str) -> HttpResponse:
    """Take a deletion back."""
    known, row = bin_get_for(user=request.user, kind=kind, pk=pk)
    with refusals_said(request):
        known.restore(row)
        messages.success(request, _("%(what)s restored.") % {"what": known.words(row)})
        return redirect(known.address(row))
    return redirect("accounts:deleted")


@login_required
@require_POST
def purge(request: HttpRequest, kind: str, pk: str) -> HttpResponse:
    """Let it go for good; the page asks first."""
    known, row = bin_get_for(user=request.user, kind=kind, pk=pk)
    words = known.words(row)
    known.purge(row)
    messages.success(request, _("%(what)s deleted permanently.") % {"what": words})
    return redirect("accounts:deleted")
