"""The admin site itself: signing in and passwords go through allauth, so that limits and second factors hold."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy


def password_change(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    return redirect("account_change_password")


admin.site.site_header = "FitBalance"
admin.site.site_title = "FitBalance admin"
admin.site.index_title = "Administration"
admin.site.site_url = reverse_lazy("web:landing")
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.password_change = password_change  # type: ignore[method-assign]
if admin.site.is_registered(Group):
    admin.site.unregister(Group)
