"""Serializer bases: unknown fields are refused, posted keys pass the owner's filter."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from web.refusals import NOT_FOUND

Visible = Callable[[Any], QuerySet]


class _Strict:
    """Answer 400 `unknown_field` for names that cannot be written, also read-only ones (role, owner, …)."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            writable = {name for name, field in self.fields.items() if not field.read_only}  # type: ignore[attr-defined]
            unknown = [str(name) for name in data if name not in writable]
            if unknown:
                message = _("This field is unknown or read-only.")
                raise serializers.ValidationError(
                    {name: [serializers.ErrorDetail(message, code="unknown_field")] for name in unknown[:20]}
                )
        return super().to_internal_value(data)  # type: ignore[misc]


class StrictSerializer(_Strict, serializers.Serializer):
    """Base of every serializer of input that is not a model."""


class StrictModelSerializer(_Strict, serializers.ModelSerializer):
    """Base of every model serializer."""


class OwnedPrimaryKeyRelatedField(serializers.PrimaryKeyRelatedField):
    """A foreign key in a body, looked up among what the caller may see.

    >>> layout = OwnedPrimaryKeyRelatedField(queryset=lambda user: SensorLayout.objects.visible_to(user))

    Missing and forbidden are the same error: code `not_found`.
    """

    default_error_messages = {
        "does_not_exist": NOT_FOUND,
        "incorrect_type": NOT_FOUND,
    }

    def __init__(self, *, queryset: Visible, **kwargs: Any) -> None:
        self._visible = queryset
        super().__init__(queryset=queryset(AnonymousUser()), **kwargs)

    def get_queryset(self) -> QuerySet:
        return self._visible(self.context["request"].user)

    def to_internal_value(self, data: Any) -> Model:
        try:
            return super().to_internal_value(data)
        except (DjangoValidationError, OverflowError):
            self.fail("does_not_exist", pk_value=data)
