"""Small periodic work around served models."""

from functools import partial

from django.utils.translation import gettext_noop as _

from mlops.monitoring.models import AlertKind
from mlops.monitoring.selectors.live_accuracy import LiveAccuracy, live_accuracy
from mlops.monitoring.services.alerts import alert_close, alert_open
from mlops.registry.models import ModelAlias, ModelVersion
from web.said import Said


def accuracy_watch() -> None:
    """A chore: an alert for each champion that agrees with people less often than on held-out data, or than before."""
    for alias in ModelAlias.objects.filter(name="champion").select_related("version__task"):
        found = live_accuracy(alias.version)
        if found.fell:
            say = partial(fall_sentence, alias.version, found)
            alert_open(task=alias.task, kind=AlertKind.ACCURACY, version=alias.version, say=say)
        elif found.has_any:
            alert_close(task=alias.task, kind=AlertKind.ACCURACY)


def fall_sentence(version: ModelVersion, found: LiveAccuracy) -> Said:
    """What fell."""
    facts = {"number": version.number, "agreed": Said(found.agreed), "fall": found.fall}
    if found.held_out.n:
        text = _("Predictions of version %(number)s are less often %(agreed)s than on held-out data: %(fall)s.")
        return Said(text, facts)
    return Said(_("Predictions of version %(number)s are less often %(agreed)s than before: %(fall)s."), facts)
