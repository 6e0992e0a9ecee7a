"""Pages of the diary; included by nutrition/urls.py."""

from django.urls import path

from nutrition.diary.views import diary

urlpatterns = [
    path("nutrition/", diary.day, name="day"),
    path("nutrition/find/", diary.find, name="find"),
    path("nutrition/add/", diary.add, name="item_add"),
    path("nutrition/copy/", diary.copy, name="day_copy"),
    path("nutrition/weight/", diary.weight, name="weight"),
    path("nutrition/week/", diary.week, name="week"),
    path("nutrition/settings/", diary.settings, name="settings"),
    path("nutrition/items/<uuid:pk>/", diary.change, name="item_change"),
    path("nutrition/items/<uuid:pk>/remove/", diary.remove, name="item_remove"),
    path("nutrition/export.csv", diary.export, name="export"),
    path("nutrition/meals/<uuid:pk>/recipe/", diary.recipe, name="meal_recipe"),
    path("nutrition/meals/<uuid:pk>/delete/", diary.delete, name="meal_delete"),
    path("athletes/<int:pk>/nutrition/", diary.athlete, name="athlete"),
]
