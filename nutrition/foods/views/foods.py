"""/nutrition/foods/: search, one food, foods of one's own."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.views.access import athlete_page
from nutrition.foods.forms import FoodForm
from nutrition.foods.selectors.foods import favourites_of, food_get_for
from nutrition.foods.selectors.search import foods_search
from nutrition.foods.services.own import favourite_set, own_food_delete, own_food_save
from nutrition.models import NUTRIENTS, FavouriteFood, Food, NutritionSettings
from nutrition.words import NUTRIENT_WORDS, figure_text
from web.services.bin import undo_address

MOST_LISTED = 200


@athlete_page
@require_GET
def foods(request: HttpRequest) -> HttpResponse:
    """Search, one's own foods and favourites. A script asks for the results alone."""
    athlete = request.athlete  # type: ignore[attr-defined]
    text = request.GET.get("q", "").strip()
    context = {"q": text, "found": foods_search(request.user, text, 30)}
    if request.headers.get("HX-Request"):
        return render(request, "nutrition/foods_found.html", context)
    context |= {
        "own": Food.objects.filter(athlete=athlete).order_by("name")[:MOST_LISTED],
        "favourites": favourites_of(athlete),
    }
    return render(request, "nutrition/foods.html", context)


@athlete_page
@require_GET
def food(request: HttpRequest, pk: int) -> HttpResponse:
    """Figures per 100 g and per portion, where they come from, and what is doubted."""
    row = food_get_for(request.user, pk)
    portions = list(row.portions.all())
    hide_energy = NutritionSettings.objects.filter(athlete=request.athlete, hide_energy=True).exists()  # type: ignore[attr-defined]
    rows = [
        [NUTRIENT_WORDS[name], "–" if value is None else figure_text(name, value),
         *("–" if value is None else figure_text(name, value * one.grams / 100) for one in portions)]
        for name in NUTRIENTS if not (hide_energy and name == "energy_kcal") for value in [getattr(row, name)]
    ]  # fmt: skip
    context = {
        "food": row,
        "columns": [_("Nutrient"), _("100 g"), *(f"{one.name} ({one.grams:g} g)" for one in portions)],
        "rows": rows,
        "is_mine": row.athlete_id is not None,
        "is_favourite": FavouriteFood.objects.filter(athlete=request.athlete, food=row).exists(),  # type: ignore[attr-defined]
    }
    return render(request, "nutrition/food.html", context)


@athlete_page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Enter a food."""
    return _form(request, None)


@athlete_page
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a food of one's own."""
    return _form(request, _own(request, pk))


@athlete_page
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a food of one's own into the bin."""
    row = _own(request, pk)
    own_food_delete(food=row)
    text = _("Deleted: %(food)s.") % {"food": row.name}
    messages.success(request, text, extra_tags=undo_address("food", row.pk))
    return redirect("nutrition:foods")


@athlete_page
@require_POST
def favourite(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a food at hand, or no longer."""
    row = food_get_for(request.user, pk)
    favourite_set(athlete=request.athlete, food=row, is_favourite=request.POST.get("on") == "1")  # type: ignore[attr-defined]
    return redirect("nutrition:food", row.pk)


def _form(request: HttpRequest, row: Food | None) -> HttpResponse:
    form = FoodForm(request.POST or None, row)
    if request.method == "POST" and form.is_valid():
        try:
            kept = own_food_save(athlete=request.athlete, food=row, **form.values())  # type: ignore[attr-defined]
        except ValidationError as error:
            for name, errors in error.message_dict.items():
                form.add_error(name if name in form.fields else None, errors)
        else:
            messages.success(request, _("Saved: %(food)s.") % {"food": kept.name})
            return redirect("nutrition:food", kept.pk)
    return render(request, "nutrition/food_form.html", {"form": form, "food": row}, status=422 if form.errors else 200)


def _own(request: HttpRequest, pk: Any) -> Food:
    return get_object_or_404(Food.objects.editable_by(request.user).prefetch_related("portions"), pk=pk)
