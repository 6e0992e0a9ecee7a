"""Small periodic work around served models."""

from mlops.monitoring.models import AlertKind
from mlops.monitoring.selectors.live_accuracy import live_accuracy
from mlops.monitoring.services.alerts import alert_close, alert_open
from mlops.registry.models import ModelAlias


def accuracy_watch() -> None:
    """A chore: an alert for each champion that agrees with people less often than on held-out data, or than before."""
    for alias in ModelAlias.objects.filter(name="champion").select_related("version__task"):
        found = live_accuracy(alias.version)
        if found.fell:
            than = "on held-out data" if found.held_out.n else "before"
            text = (
                f"Predictions of version {alias.version.number} are less often {found.agreed} than {than}: "
                f"{found.fall_text}."
            )
            alert_open(task=alias.task, kind=AlertKind.ACCURACY, version=alias.version, text=text)
        elif found.has_any:
            alert_close(task=alias.task, kind=AlertKind.ACCURACY)
