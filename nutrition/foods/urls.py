"""Pages of foods; included by nutrition/urls.py."""

from django.urls import path

from nutrition.foods.views import foods

urlpatterns = [
    path("nutrition/foods/", foods.foods, name="foods"),
    path("nutrition/foods/new/", foods.new, name="food_new"),
    path("nutrition/foods/<int:pk>/", foods.food, name="food"),
    path("nutrition/foods/<int:pk>/edit/", foods.edit, name="food_edit"),
    path("nutrition/foods/<int:pk>/delete/", foods.delete, name="food_delete"),
    path("nutrition/foods/<int:pk>/favourite/", foods.favourite, name="food_favourite"),
]
