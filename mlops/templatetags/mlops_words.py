"""Names of the engine room as people read them."""

from django import template

from mlops.kinds.estimators import estimator_infos
from mlops.training.models.run import Run
from web.numbers import spelled_share

register = template.Library()


@register.filter
def estimator_title(name: str) -> str:
    """ "random_kernels" → its title; the name itself where the code no longer knows it."""
    info = estimator_infos().get(name)
    return info.title if info else name


@register.simple_tag
def run_score(run: Run) -> str:
    """A run's primary metric as its task's kind words it."""
    return run.task.metric.text(run.score)


@register.simple_tag
def share_text(share: float) -> str:
    """0.1 → "10 %"."""
    return spelled_share(share)


@register.filter
def named(name: str) -> str:
    """ "horizon_days" → "Horizon days"."""
    return name.replace("_", " ").capitalize()
