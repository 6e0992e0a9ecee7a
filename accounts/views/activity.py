"""Settings: the audit log of one's own account."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.selectors.audit import event_lines, own_events

ROWS = 30


@login_required
@require_GET
def activity(request: HttpRequest) -> HttpResponse:
    page = Paginator(own_events(request.user), ROWS).get_page(request.GET.get("page"))
    context = {"tab": "activity", "page": page, "lines": event_lines(page.object_list, request.user)}
    return render(request, "accounts/activity.html", context)
