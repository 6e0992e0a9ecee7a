"""Endpoints of nutrition; each room brings its own."""

from nutrition.diary.api import urls as diary
from nutrition.foods.api import urls as foods
from nutrition.photos.api import urls as photos

app_name = "nutrition_api"
urlpatterns = [*foods.urlpatterns, *diary.urlpatterns, *photos.urlpatterns]
