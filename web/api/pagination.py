"""Lists come in pages, streams of rows by cursor; nobody gets more than 200 rows at once."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import pagination
from rest_framework.request import Request

from web.refusals import Problem

MAX_PAGE_SIZE = 200


class PageNumberPagination(pagination.PageNumberPagination):
    """?page=2&page_size=50; a larger size is capped at 200."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE


class CursorPagination(pagination.CursorPagination):
    """For rows that arrive while one reads (events, predictions, chunks). Set `ordering` on a subclass."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE

    def paginate_queryset(self, queryset: QuerySet, request: Request, view: Any = None) -> list | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, TypeError, OverflowError, ValidationError):
            raise Problem(404, "not_found", _("This cursor is invalid. Start again without it.")) from None
