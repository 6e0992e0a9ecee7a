"""Foreign keys by name in bodies, looked up among what the caller may see."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from rest_framework import serializers


class OwnedNameField(serializers.SlugRelatedField):
    """A row by its `name`; missing and forbidden are the same error, code `not_found`."""

    default_error_messages = {
        "does_not_exist": "There is nothing here, or it is not yours to see.",
        "invalid": "There is nothing here, or it is not yours to see.",
    }

    def __init__(self, *, queryset: Callable[[Any], QuerySet], **kwargs: Any) -> None:
        self._visible = queryset
        super().__init__(slug_field="name", queryset=queryset(AnonymousUser()), **kwargs)

    def get_queryset(self) -> QuerySet:
        return self._visible(self.context["request"].user)
