from django.urls import URLPattern

app_name = "workouts_api"
urlpatterns: list[URLPattern] = []
