"""Fields of bodies: foreign keys by name among what the caller may see; lists and dictionaries that cost little."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from web.refusals import NOT_FOUND

MAX_ERRORS = 20
"""Wrong items of one field that are told."""


class OwnedNameField(serializers.SlugRelatedField):
    """A row by its `name`; missing and forbidden are the same error, code `not_found`."""

    default_error_messages = {
        "does_not_exist": NOT_FOUND,
        "invalid": NOT_FOUND,
    }

    def __init__(self, *, queryset: Callable[[Any], QuerySet], **kwargs: Any) -> None:
        self._visible = queryset
        super().__init__(slug_field="name", queryset=queryset(AnonymousUser()), **kwargs)

    def get_queryset(self) -> QuerySet:
        return self._visible(self.context["request"].user)


class ListField(serializers.ListField):
    """A list whose length is looked at before its items, and of which a few wrong items are told, not each."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)

    def run_child_validation(self, data: Any) -> list[Any]:
        return [value for _, value in _validated(self.child, enumerate(data))]


class DictField(serializers.DictField):
    """Named values, at most 1,000; a few wrong ones are told, not each."""

    default_error_messages = {"max_names": _("Ensure this field has no more than {max_names} names.")}
    max_names = 1000

    def run_child_validation(self, data: Mapping[Any, Any]) -> dict[str, Any]:
        if len(data) > self.max_names:
            self.fail("max_names", max_names=self.max_names)
        return dict(_validated(self.child, ((str(name), value) for name, value in data.items())))


def _validated(child: serializers.Field, items: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    found, errors = [], {}
    for key, value in items:
        try:
            found.append((key, child.run_validation(value)))
        except serializers.ValidationError as error:
            errors[key] = error.detail
        except DjangoValidationError as error:
            errors[key] = serializers.as_serializer_error(error)
        if len(errors) == MAX_ERRORS:
            break
    if errors:
        raise serializers.ValidationError(errors)
    return found
