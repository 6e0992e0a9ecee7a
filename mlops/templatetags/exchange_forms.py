"""What the publish card of a version and the page of models from elsewhere need."""

from typing import Any

from django import template

from mlops.exchange.forms import PushForm
from mlops.kinds.metric import Metric
from mlops.registry import selectors
from mlops.registry.models import ModelVersion

register = template.Library()
register.filter("is_imported", selectors.is_imported)


@register.simple_tag
def push_form() -> PushForm:
    """An empty form."""
    return PushForm(auto_id="push-%s")


@register.filter
def claimed(version: ModelVersion) -> str:
    """What its maker claims of the figure that versions of its task are ranked by."""
    return figure(version.metrics.get("claimed"), version.metric)


@register.filter
def figure(figures: Any, metric: Metric) -> str:
    """The metric among figures, in words; a dash where it is not stated."""
    return metric.text(figures.get(metric.name) if isinstance(figures, dict) else None)
