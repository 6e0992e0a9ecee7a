"""Names of the engine room as people read them."""

from django import template

from mlops.selectors.estimators import estimator_infos

register = template.Library()


@register.filter
def estimator_title(name: str) -> str:
    """ "random_kernels" → its title; the name itself where the code no longer knows it."""
    info = estimator_infos().get(name)
    return info.title if info else name
