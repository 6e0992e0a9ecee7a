"""Links that sort and filter a table and keep everything else that was asked."""

from collections.abc import Collection, Sequence
from typing import Any

from django.http import HttpRequest


def query_without(request: HttpRequest, *names: str) -> str:
    """The query string without some parameters, ending in "&"; for links that set them anew."""
    kept = request.GET.copy()
    for name in names:
        kept.pop(name, None)
    return f"{kept.urlencode()}&" if kept else ""


def sort_links(
    request: HttpRequest, columns: Sequence[tuple[str, str]], numeric: Collection[str]
) -> list[dict[str, Any]]:
    """[{"title", "url", "sorted": "", "ascending" or "descending", "numeric"}] for the heads of a table."""
    asked = request.GET.get("sort", "")
    base = query_without(request, "sort", "page")
    links = []
    for name, title in columns:
        now = "descending" if asked == f"-{name}" else "ascending" if asked == name else ""
        first = f"-{name}" if name in numeric else name
        other = name if name in numeric else f"-{name}"
        links.append(
            {
                "name": name,
                "title": title,
                "url": f"?{base}sort={other if asked == first else first}",
                "sorted": now,
                "numeric": name in numeric,
            }
        )
    return links
