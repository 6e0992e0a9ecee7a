"""The admin site itself: signing in and passwords go through allauth, so that limits and second factors hold.

What Django and others put into it for everybody who may open it at all is taken out: a coach may, and anybody can sign
up as one.
"""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django_rq.models import Dashboard

from accounts.admin.words import name_tables


def password_change(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    return redirect("account_change_password")


def view_on_site(request: HttpRequest, **_: str) -> HttpResponse:
    """Django's own leads to any row's page, and so tells of every row in the database whether it is there."""
    raise Http404


_urls_of_django = admin.site.get_urls


def get_urls() -> list[URLResolver | URLPattern]:
    """Ours come first. An answer of the admin's own wrapper: strangers are asked to sign in, as everywhere in it."""
    shut = admin.site.admin_view(view_on_site)
    return [path("r/<path:content_type_id>/<path:object_id>/", shut, name="view_on_site"), *_urls_of_django()]


admin.site.site_header = "FitBalance"
admin.site.site_title = _("FitBalance admin")  # type: ignore[assignment]
admin.site.index_title = _("Administration")
admin.site.site_url = reverse_lazy("web:landing")
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.password_change = password_change  # type: ignore[method-assign]
admin.site.get_urls = get_urls  # type: ignore[method-assign]
for model in (Group, Dashboard):  # the dashboard of queues asks for no role: jobs have pages of their own
    if admin.site.is_registered(model):
        admin.site.unregister(model)
name_tables()
