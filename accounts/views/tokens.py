"""Settings: personal API tokens."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import TokenForm
from accounts.models import ApiToken
from accounts.selectors.tokens import token_get_for
from accounts.services.tokens import token_create, token_revoke
from accounts.words import TOKEN_SCOPES


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List and make tokens. The answer to a POST is the only page that ever holds the secret."""
    form = TokenForm(request.POST or None)
    secret = made = None
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = token_create(
                user=request.user,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=form.cleaned_data["expires_at"],
            )
            form = TokenForm()
        except ValidationError as error:
            form.add_error(None, error)
    context = {
        "tab": "tokens",
        "form": form,
        "secret": secret,
        "made": made,
        "meanings": [(scope.label, words) for scope, words in TOKEN_SCOPES.items()],
        "tokens": ApiToken.objects.visible_to(request.user),
    }
    return render(request, "accounts/tokens.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def token_revoke_one(request: HttpRequest, pk: UUID) -> HttpResponse:
    token = token_get_for(user=request.user, pk=pk)
    token_revoke(token=token, by=request.user)
    messages.success(request, _("“%(name)s” is revoked.") % {"name": token.name})
    return redirect("accounts:tokens")
