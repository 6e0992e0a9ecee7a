from django.urls import URLPattern

app_name = "web_api"
urlpatterns: list[URLPattern] = []
