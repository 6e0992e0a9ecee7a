"""What watching and correcting served models declares: jobs, chores, consent, navigation, places on pages."""

from mlops import page_slots
from mlops import watch_jobs as watch_jobs  # registers the kinds
from mlops.chores import Chore
from mlops.chores import register as chore
from mlops.services.drift import drift_daily
from mlops.services.prediction_log import predictions_trim
from mlops.services.watching import accuracy_watch, learning_withdrawn
from mlops.watch_slots import task_facts, version_facts
from web.registries import consent, nav

STAFF = frozenset({"ml_staff", "administrator"})


def register() -> None:
    """Called once from declarations.register()."""
    consent.on_withdrawn(learning_withdrawn)
    chore(Chore("measure drift", 600, drift_daily))
    chore(Chore("watch live accuracy", 3600, accuracy_watch))
    chore(Chore("trim logged answers", 3600, predictions_trim))
    nav.register(nav.NavEntry("Watching", "mlops:drift", "drift", STAFF, order=40))
    nav.register(nav.NavEntry("Queue", "mlops:queue", "queue", frozenset({"ml_staff"}), order=35))
    page_slots.register("task", page_slots.Slot("service", "mlops/service_section.html", task_facts, 20))
    page_slots.register("version", page_slots.Slot("service", "mlops/version_service.html", version_facts, 20))
