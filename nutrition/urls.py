"""Pages of nutrition; each room brings its own."""

from nutrition.diary import urls as diary
from nutrition.foods import urls as foods
from nutrition.photos import urls as photos

app_name = "nutrition"
urlpatterns = [*diary.urlpatterns, *foods.urlpatterns, *photos.urlpatterns]
