"""The models server's figures as Prometheus text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops.ml.prometheus import Family, prometheus_text

PREFIX = "fitbalance_models_"
COUNTERS = {
    "n_loads": ("loads_total", "Times that a model was loaded."),
    "n_evicted": ("evicted_total", "Times that a model was closed to make room."),
    "n_answered": ("answered_total", "Requests that were answered."),
    "n_inputs": ("inputs_total", "Inputs that were answered."),
    "n_batches": ("batches_total", "Batches that the model computed."),
    "n_failed": ("failed_total", "Requests that ended with the model's own error."),
    "n_busy": ("busy_total", "Requests that were refused because too many waited."),
    "n_timeouts": ("timeouts_total", "Requests whose deadline passed."),
    "load_s": ("load_seconds_total", "Seconds spent loading."),
    "answer_s": ("answer_seconds_total", "Seconds spent answering."),
}
GAUGES = {
    "n_bytes": ("bytes", "Memory that a loaded model takes, as its loader estimates it."),
    "n_waiting": ("waiting", "Requests that wait for a model."),
}


def metrics_text(facts: Mapping[str, Any], stats: Mapping[str, Any]) -> str:
    """`facts` and `stats` are the host's."""
    memory = Family(f"{PREFIX}memory_bytes", "gauge", "The budget for loaded models.")
    memory.add(facts["memory_bytes"])
    loaded = Family(f"{PREFIX}loaded", "gauge", "Models that are loaded or being loaded.")
    loaded.add(len(facts["models"]))
    families = [memory, loaded]
    for name, (title, help_text) in GAUGES.items():
        families.append(Family(f"{PREFIX}{title}", "gauge", help_text))
        for one in facts["models"]:
            families[-1].add(one[name], model=one["key"])
    for name, (title, help_text) in COUNTERS.items():
        families.append(Family(f"{PREFIX}{title}", "counter", help_text))
        for key, counts in stats.items():
            families[-1].add(getattr(counts, name), model=key)
    return prometheus_text(families)
