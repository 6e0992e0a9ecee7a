"""/nutrition/: a day of eating, changed with few taps; the week; settings."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Athlete, CoachScope
from accounts.views.access import athlete_page
from burnout.services.checkins import own_today
from nutrition.diary.forms import AmountForm, ItemForm, RecipeForm, SettingsForm, WeightForm
from nutrition.diary.selectors.days import day_of, days_of, favourite_foods, last_days, recent_foods, slots_of
from nutrition.diary.selectors.page import SHOWN, bars_of, day_title, slot_now, week_rows, week_sentence
from nutrition.diary.selectors.targets import mass_on, settings_of, targets_of
from nutrition.diary.services.export import diary_lines
from nutrition.diary.services.meals import ItemGiven, day_copy, item_change, item_remove, items_add, meal_delete
from nutrition.diary.services.recipes import recipe_of_meal
from nutrition.diary.services.settings import body_mass_save, settings_save
from nutrition.foods.selectors.foods import food_get_for, units_of
from nutrition.foods.selectors.search import foods_search
from nutrition.models import Meal, MealItem, MealSlot
from nutrition.words import NUTRIENT_WORDS
from web.services.bin import undo_address
from web.units import current, from_stored, rounded

WEEK = 7


@athlete_page
@require_GET
def day(request: HttpRequest) -> HttpResponse:
    """Today, or another day with ?day=2026-05-31."""
    athlete = request.athlete  # type: ignore[attr-defined]
    today = own_today(athlete)
    when = _day(request.GET.get("day")) or today
    slot = request.GET.get("slot") or slot_now(athlete)
    context = _day_context(athlete, when, today) | {
        "slot": slot if slot in MealSlot.values else slot_now(athlete),
        "slot_choices": MealSlot.choices,
        "recents": recent_foods(athlete, today),
        "favourites": [(food, units_of(food)[0]) for food in favourite_foods(athlete)],
        "weight_form": WeightForm(initial={"day": today}),
        "is_mine": True,
    }
    return render(request, "nutrition/day.html", context)


@athlete_page
@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """A piece of the day's page: foods that fit what is being typed."""
    athlete = request.athlete  # type: ignore[attr-defined]
    text = request.GET.get("q", "")
    when, slot = _day(request.GET.get("day")) or own_today(athlete), request.GET.get("slot", "")
    found = [(food, units_of(food)) for food in foods_search(request.user, text, 12)]
    slot = slot if slot in MealSlot.values else slot_now(athlete)
    hide_energy = settings_of(athlete).hide_energy
    context = {"found": found, "q": text.strip(), "day": when, "slot": slot, "hide_energy": hide_energy}
    return render(request, "nutrition/found.html", context)


@athlete_page
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """A food onto a plate."""
    athlete = request.athlete  # type: ignore[attr-defined]
    form = ItemForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This food could not be added. Check the amount."))
        return redirect("nutrition:day")
    given = form.cleaned_data
    food = food_get_for(request.user, given["food"])
    try:
        items = [ItemGiven(food, given["amount"], given["unit"])]
        items_add(athlete=athlete, day=given["day"], slot=given["slot"], items=items)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Added: %(food)s.") % {"food": food.name})
    return _back(given["day"], given["slot"])


@athlete_page
@require_POST
def change(request: HttpRequest, pk: Any) -> HttpResponse:
    """Another amount."""
    item = get_object_or_404(MealItem.objects.editable_by(request.user).select_related("meal", "food"), pk=pk)
    form = AmountForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(_("Give an amount of 0 or more."))
        item_change(item=item, **form.cleaned_data)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return _back(item.meal.day, item.meal.slot)


@athlete_page
@require_POST
def remove(request: HttpRequest, pk: Any) -> HttpResponse:
    """A food off the plate."""
    item = get_object_or_404(MealItem.objects.editable_by(request.user).select_related("meal"), pk=pk)
    item_remove(item=item)
    messages.success(request, _("Removed: %(food)s.") % {"food": item.name})
    return _back(item.meal.day, item.meal.slot)


@athlete_page
@require_POST
def delete(request: HttpRequest, pk: Any) -> HttpResponse:
    """Put a meal into the bin; the next page offers to take that back."""
    meal = get_object_or_404(Meal.objects.editable_by(request.user), pk=pk)
    meal_delete(meal=meal)
    text = _("Deleted: %(meal)s.") % {"meal": meal.get_slot_display()}
    messages.success(request, text, extra_tags=undo_address("meal", meal.pk))
    return _back(meal.day, meal.slot)


@athlete_page
@require_POST
def recipe(request: HttpRequest, pk: Any) -> HttpResponse:
    """Keep a meal as a recipe, which is a food from then on."""
    meal = get_object_or_404(Meal.objects.editable_by(request.user).select_related("athlete"), pk=pk)
    form = RecipeForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(_("Give the recipe a name and a number of servings."))
        food = recipe_of_meal(meal=meal, **form.cleaned_data)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _back(meal.day, meal.slot)
    messages.success(request, _("Saved: %(food)s.") % {"food": food.name})
    return redirect("nutrition:food", food.pk)


@athlete_page
@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The diary as CSV: ?since=&until=, the last year without them."""
    athlete = request.athlete  # type: ignore[attr-defined]
    until = _day(request.GET.get("until")) or own_today(athlete)
    since = _day(request.GET.get("since")) or until - timedelta(days=365)
    lines = diary_lines(athlete, since, until)
    name = f"fitbalance-nutrition-{since:%Y-%m-%d}-{until:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


@athlete_page
@require_POST
def copy(request: HttpRequest) -> HttpResponse:
    """The meals of the day before, once more."""
    athlete = request.athlete  # type: ignore[attr-defined]
    when = _day(request.POST.get("day")) or own_today(athlete)
    try:
        n = day_copy(athlete=athlete, source=when - timedelta(days=1), target=when)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _back(when)
    if n:
        messages.success(request, ngettext("%(n)s food copied.", "%(n)s foods copied.", n) % {"n": n})
    else:
        messages.info(request, _("Nothing was logged on the day before."))
    return _back(when)


@athlete_page
@require_POST
def weight(request: HttpRequest) -> HttpResponse:
    """What the body weighs."""
    form = WeightForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(_("Give a day and a weight."))
        body_mass_save(athlete=request.athlete, day=form.cleaned_data["day"], mass_kg=form.mass_kg())  # type: ignore[attr-defined]
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Weight saved."))
    return redirect("nutrition:day")


@athlete_page
@require_GET
def week(request: HttpRequest) -> HttpResponse:
    """The last seven days."""
    athlete = request.athlete  # type: ignore[attr-defined]
    return render(request, "nutrition/week.html", _week_context(athlete))


@athlete_page
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Goal, what the rules may know, and whether energy is shown."""
    athlete = request.athlete  # type: ignore[attr-defined]
    form = SettingsForm(request.POST or None, settings_of(athlete))
    if request.method == "POST" and form.is_valid():
        try:
            settings_save(athlete=athlete, **form.choices())
        except ValidationError as error:
            for name, errors in error.message_dict.items():
                form.add_error({"energy_kcal": "energy"}.get(name, name), errors)
        else:
            messages.success(request, _("Saved."))
            return redirect("nutrition:day")
    return render(request, "nutrition/settings.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_GET
def athlete(request: HttpRequest, pk: int) -> HttpResponse:
    """A coach's look at an athlete who shares nutrition: the last seven days, read only."""
    who = get_object_or_404(Athlete.objects.visible_to(request.user, CoachScope.NUTRITION), pk=pk)
    today = own_today(who)
    when = _day(request.GET.get("day")) or today
    context = _week_context(who) | _day_context(who, when, today) | {"is_mine": who.user_id == request.user.pk}
    return render(request, "nutrition/athlete.html", context)


def _day_context(who: Athlete, when: date, today: date) -> dict[str, Any]:
    chosen, targets, eaten = settings_of(who), targets_of(who, when), day_of(who, when)
    mass_kg = mass_on(who, when)
    return {
        "athlete": who,
        "day": when,
        "title": day_title(when, today),
        "before": when - timedelta(days=1),
        "after": when + timedelta(days=1) if when < today else None,
        "is_today": when == today,
        "eaten": eaten,
        "slots": [
            (slot, [(item, units_of(item.food) if item.food else [item.unit, "g"]) for item in slot.items])
            for slot in slots_of(eaten)
        ],
        "bars": bars_of(eaten, targets, hide_energy=chosen.hide_energy),
        "targets": targets,
        "mass": None if mass_kg is None else rounded(from_stored(mass_kg, current().mass), 1),
        "mass_unit": current().mass,
        "hide_energy": chosen.hide_energy,
    }


def _week_context(who: Athlete) -> dict[str, Any]:
    today = own_today(who)
    days, targets = days_of(who, last_days(today, WEEK)), targets_of(who, today)
    names = [name for name in SHOWN if not (settings_of(who).hide_energy and name == "energy_kcal")]
    aim = (targets["protein_g"].value if targets else 0.0) or 1.0
    most = max([aim, *(one.of("protein_g") for one in days)])
    return {
        "athlete": who,
        "week_sentence": week_sentence(days, targets),
        "week_columns": [_("Day"), *(NUTRIENT_WORDS[name] for name in names)],
        "week_rows": week_rows(days, targets, names),
        "week_bars": [
            {"day": date_format(one.day, "D"), "value": one.of("protein_g"), "share": 100 * one.of("protein_g") / most,
             "n_items": one.n_items, "when": one.day}
            for one in days
        ],
        "week_aim": 100 * aim / most if targets else None,
        "n_logged": sum(bool(one.n_items) for one in days),
    }  # fmt: skip


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _back(when: date, slot: str = "") -> HttpResponse:
    here = f"{reverse('nutrition:day')}?day={when:%Y-%m-%d}"
    return redirect(f"{here}&slot={slot}#{slot}" if slot else here)
