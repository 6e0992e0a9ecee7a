"""Settings: password, second factor, signed-in browsers."""

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.selectors.browsers import browser_list
from accounts.services.browser_sessions import session_end, sign_out_everywhere


@login_required
@require_GET
def security(request: HttpRequest) -> HttpResponse:
    context = {
        "tab": "security",
        "email": EmailAddress.objects.get_primary(request.user),
        "mfa_enabled": is_mfa_enabled(request.user),
        "browsers": browser_list(request.user, request.session.session_key),
    }
    return render(request, "accounts/security.html", context)


@login_required
@require_POST
def session_end_one(request: HttpRequest, pk: int) -> HttpResponse:
    if not session_end(user=request.user, pk=pk):
        raise Http404
    messages.success(request, _("The browser is signed out."))
    return redirect("accounts:security")


@login_required
@require_POST
def sign_out_others(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    n_ended = sign_out_everywhere(user=request.user, keep=request.session.session_key)
    text = ngettext("Signed out of %(n)s other browser.", "Signed out of %(n)s other browsers.", n_ended)
    messages.success(request, text % {"n": n_ended})
    return redirect("accounts:security")
