"""Every HTTP and websocket route of the project, found by walking the URL configuration."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

PREFIXES = {
    "admin/": "Django's admin: each of its views asks for a signed-in member of staff",
    "accounts/": "allauth: log in, sign up, password, second factor; keeps its own rules",
}
"""Third-party parts: one row for all, listed in rows_web.py."""


@dataclass(frozen=True)
class Route:
    """key is the URL name with namespaces, or the pattern; methods is empty where a view does not say."""

    key: str
    pattern: str
    methods: frozenset[str]


def http_routes() -> list[Route]:
    """All routes except those below PREFIXES; patterns that share a name are one."""
    found: dict[str, Route] = {}
    for pattern, names, leaf in _walk(get_resolver().url_patterns):
        if pattern.startswith(tuple(PREFIXES)):
            continue
        key = ":".join([*names, leaf.name]) if leaf.name else pattern
        methods = _methods(leaf)
        if key in found:
            methods |= found[key].methods
        found[key] = Route(key, pattern, methods)
    return sorted(found.values(), key=lambda route: route.key)


def prefixed_routes() -> dict[str, int]:
    """prefix → how many routes it hides."""
    counts = dict.fromkeys(PREFIXES, 0)
    for pattern, _, _ in _walk(get_resolver().url_patterns):
        for prefix in PREFIXES:
            counts[prefix] += pattern.startswith(prefix)
    return counts


def socket_routes() -> list[str]:
    """Patterns of all websocket routes."""
    from sessions.routing import websocket_urlpatterns

    return [str(pattern.pattern) for pattern in websocket_urlpatterns]


def _walk(patterns: list, prefix: str = "", names: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple, URLPattern]]:
    for item in patterns:
        here = prefix + str(item.pattern).lstrip("^")
        if isinstance(item, URLResolver):
            inner = (*names, item.namespace) if item.namespace else names
            yield from _walk(item.url_patterns, here, inner)
        else:
            yield here, names, item


def _methods(leaf: URLPattern) -> frozenset[str]:
    """Methods that need a row each: all of an endpoint, GET and POST of a page class, none known of a function."""
    view = leaf.callback
    actions = getattr(view, "actions", None)
    cls = getattr(view, "cls", None)
    if actions:
        allowed = {name.upper() for name in cls.http_method_names}
        return frozenset(name.upper() for name in actions if name.upper() in allowed and name != "head")
    if cls is not None:
        return frozenset(m.upper() for m in ("get", "post", "put", "patch", "delete") if hasattr(cls, m))
    page = getattr(view, "view_class", None)
    if page is not None:
        allowed = set(page.http_method_names)
        return frozenset(m.upper() for m in ("get", "post") if m in allowed and hasattr(page, m))
    return frozenset()
