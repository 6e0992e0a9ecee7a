"""Filtering, ordering and searching of lists: what is not offered is refused, not ignored."""

from typing import Any

from django import forms
from django.db.models import BigAutoField, QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.request import Request

from web.refusals import Problem

MAX_SEARCH_TERMS = 32
MAX_SEARCH_CHARS = 200
MAX_ORDERINGS = 5


class IdFilter(filters.NumberFilter):
    """?athlete=7: rows that belong to one row. An id that is nobody's and one that is somebody else's answer alike.

    (What django-filter makes of a foreign key looks the id up among everybody's rows, and refuses only those that do
    not exist.)
    """

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, **kwargs)

    def filter(self, rows: QuerySet, value: int | None) -> QuerySet:
        if value is not None and value > BigAutoField.MAX_BIGINT:
            return rows.none()
        return super().filter(rows, value)


class StrictFilterBackend(DjangoFilterBackend):
    """django-filter with explicit fields; an unknown or repeated query parameter is 400 `unknown_filter`."""

    raise_exception = True

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        filterset = self.get_filterset(request, queryset, view)
        names = set(filterset.form.fields) if filterset is not None else set()
        refuse_unknown(request, names | view_parameters(view))
        return super().filter_queryset(request, queryset, view)


class StrictOrderingFilter(OrderingFilter):
    """?ordering=-started_at,title over `ordering_fields` only; without them there is no ordering."""

    def get_ordering(self, request: Request, queryset: QuerySet, view: Any) -> Any:
        given = request.query_params.get(self.ordering_param)
        if given is None:
            return self.get_default_ordering(view)
        terms = [term.strip() for term in given.split(",")]
        allowed = {name for name, _ in self.get_valid_fields(queryset, view, {"request": request})}
        unknown = [term for term in terms if term.removeprefix("-") not in allowed]
        if unknown or len(terms) > MAX_ORDERINGS:
            choices = ", ".join(sorted(allowed)) or "nothing"
            detail = _("This list can be ordered by: %(choices)s.") % {"choices": choices}
            raise Problem(400, "unknown_ordering", detail)
        return [*terms, "pk"]

    def get_valid_fields(self, queryset: QuerySet, view: Any, context: Any = None) -> list[tuple[str, str]]:
        return [
            item if isinstance(item, tuple) else (item, item) for item in getattr(view, "ordering_fields", None) or ()
        ]

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return super().get_schema_operation_parameters(view) if getattr(view, "ordering_fields", None) else []


class StrictSearchFilter(SearchFilter):
    """?search= over `search_fields`: at most 32 terms and 200 characters."""

    def get_search_terms(self, request: Request) -> list[str]:
        value = request.query_params.get(self.search_param, "")
        if len(value) > MAX_SEARCH_CHARS:
            raise Problem(400, "search_too_long", _("Search for at most %(n)s characters.") % {"n": MAX_SEARCH_CHARS})
        terms = super().get_search_terms(request)
        if len(terms) > MAX_SEARCH_TERMS:
            raise Problem(400, "search_too_long", _("Search for at most %(n)s words.") % {"n": MAX_SEARCH_TERMS})
        return terms

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return super().get_schema_operation_parameters(view) if getattr(view, "search_fields", None) else []


def view_parameters(view: Any) -> set[str]:
    """Query parameters that the view itself understands: paging, ordering, search and its own."""
    names = set(getattr(view, "query_parameters", ()))
    paginator = getattr(view, "paginator", None)
    for attribute in ("page_query_param", "page_size_query_param", "cursor_query_param"):
        name = getattr(paginator, attribute, None)
        if name:
            names.add(name)
    if getattr(view, "ordering_fields", None):
        names.add("ordering")
    if getattr(view, "search_fields", None):
        names.add("search")
    return names


def refuse_unknown(request: Request, allowed: set[str]) -> None:
    """Raise 400 `unknown_filter` for a query parameter outside `allowed`, or one that is given twice or dirty."""
    from web.api.parsers import is_clean_text

    for name, values in request.query_params.lists():
        if name not in allowed:
            choices = ", ".join(sorted(allowed)) or "none"
            detail = _("Unknown parameter “%(name)s”. Allowed: %(choices)s.")
            raise Problem(400, "unknown_filter", detail % {"name": name[:60], "choices": choices})
        if not all(is_clean_text(value) for value in values):
            detail = _("The parameter %(name)s contains invalid characters.")
            raise Problem(400, "bad_text", detail % {"name": name})
