"""Searching: the page, and the part of it that is asked for while somebody types."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from web.selectors.search import MAX_CHARS, MIN_CHARS, asked_words, search


@login_required
@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """What a person may see that holds all words of `q`."""
    words = asked_words(request.GET.get("q", ""))
    text = " ".join(words)
    is_short = 0 < len(text) < MIN_CHARS
    groups = [] if is_short else search(request.user, words)
    is_part = bool(request.headers.get("HX-Request"))
    context = {
        "text": text, "groups": groups, "n_hits": sum(len(group.hits) for group in groups), "is_short": is_short,
        "max_chars": MAX_CHARS, "is_part": is_part,
    }
    template = "web/includes/search_results.html" if is_part else "web/search.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
