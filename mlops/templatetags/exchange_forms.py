"""What the publish card of a version needs."""

from django import template

from mlops.exchange_forms import PushForm
from mlops.models import ModelVersion
from mlops.selectors.exchange import is_outside as outside

register = template.Library()


@register.simple_tag
def push_form() -> PushForm:
    """An empty form."""
    return PushForm(auto_id="push-%s")


@register.filter
def is_outside(version: ModelVersion) -> bool:
    """True for a version that was not trained here."""
    return outside(version)
