"""All pages and endpoints, put together from the apps."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/", include("fitbalance.api_urls")),
    path("backend/", include("sessions.video.backend_urls")),
    path("", include("web.urls")),
    path("", include("accounts.urls")),
    path("", include("mlops.urls")),
    path("", include("sessions.urls")),
    path("", include("burnout.urls")),
    path("", include("nutrition.urls")),
]

handler400 = "web.views.errors.bad_request"
handler403 = "web.views.errors.forbidden"
handler404 = "web.views.errors.not_found"
handler429 = "web.views.errors.too_many_requests"
handler500 = "web.views.errors.server_error"
