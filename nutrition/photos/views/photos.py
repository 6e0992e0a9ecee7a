"""/nutrition/photo/: photos of food, and the page of one with what is on the plate."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.models import Consent, ConsentKind, LearningScope, User
from accounts.services.athletes import athlete_for
from burnout.services.checkins import own_today
from nutrition.diary.selectors.page import slot_now
from nutrition.models import MealSlot
from nutrition.photos.selectors.photos import PHOTO_FILE, THUMBNAIL_FILE, photo_get_for, photo_list
from nutrition.photos.services.features import FEATURES_PART
from nutrition.photos.services.photos import photo_delete, photo_from_file
from web.refusals import NOT_FOUND, Problem
from web.services.bin import undo_address
from web.services.files import serve_private

PAGE_SIZE = 24


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def photos(request: HttpRequest) -> HttpResponse:
    """One's own photos; POST takes a new one."""
    if request.method == "POST":
        return _add(request)
    page = Paginator(photo_list(user=request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "nutrition/photos.html", {"page": page})


def _add(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get("photo")
    if file is None:
        messages.error(request, _("Choose a photo first."))
        return redirect("nutrition:photos")
    assert isinstance(request.user, User)
    try:
        row = photo_from_file(athlete=athlete_for(request.user), file=file)
    except Problem as problem:
        messages.error(request, problem.detail)
        return redirect(problem.extra.get("url") or "nutrition:photos")
    return redirect("nutrition:photo", row.pk)


@login_required
@require_GET
def photo(request: HttpRequest, pk: str) -> HttpResponse:
    """The photo, a box around each food, what it is and how much of it."""
    row = photo_get_for(user=request.user, pk=pk)
    agreed = Consent.objects.active().filter(
        athlete=row.athlete, kind=ConsentKind.LEARNING, scope=LearningScope.PHOTO
    )  # fmt: skip
    context = {
        "photo": row, "regions": list(row.regions.select_related("food")), "part": FEATURES_PART,
        "may_teach": agreed.exists(), "slots": MealSlot.choices, "slot": slot_now(row.athlete),
        "day": own_today(row.athlete),
    }  # fmt: skip
    return render(request, "nutrition/photo.html", context)


@login_required
@require_POST
def delete(request: HttpRequest, pk: str) -> HttpResponse:
    """Put it into the bin; the next page offers to take that back."""
    row = photo_get_for(user=request.user, pk=pk)
    photo_delete(photo=row)
    messages.success(request, _("Photo deleted."), extra_tags=undo_address("food-photo", row.pk))
    return redirect("nutrition:photos")


@login_required
@require_safe
def file(request: HttpRequest, pk: str, name: str) -> HttpResponseBase:
    """photo.jpg or small.jpg, by ranges; it never changes."""
    row = photo_get_for(user=request.user, pk=pk)
    if name not in (PHOTO_FILE, THUMBNAIL_FILE):
        raise Http404(NOT_FOUND)
    tag = f'"{row.sha256[:32]}-{name}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    response = serve_private(
        request, f"{row.folder}/{name}", download_name=name, content_type="image/jpeg", inline=True
    )
    response["ETag"] = tag
    return response
