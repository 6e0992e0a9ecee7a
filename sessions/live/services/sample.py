"""A generated session that anybody can stream to see what live classification looks like."""

from functools import lru_cache
from typing import Any

import numpy as np


@lru_cache(maxsize=1)
def live_sample() -> dict[str, Any]:
    """About three minutes of a FlexTail on a simulated athlete, always the same: {layout, rate_hz, t, values}."""
    from mlops.ml.sensors.simulate import Bout, random_subject, simulate_session

    plan = (
        Bout("squat", 8, 7.0), Bout("row", 8, 6.0), Bout("drinking", 1, 4.0), Bout("pushup", 8, 6.0),
        Bout("deadlift", 6, 6.0), Bout("burpee", 5, 6.0), Bout("plank", 1, 3.0),
    )
    made = simulate_session("flextail", plan, random_subject(77), seed=77)
    return {
        "layout": made.layout.name,
        "rate_hz": made.layout.rate_hz,
        "t": np.round(made.t_s, 4).tolist(),
        "values": np.round(made.samples.astype(np.float64), 4).tolist(),
    }
