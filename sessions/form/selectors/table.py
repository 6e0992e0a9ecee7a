"""The table of exercises in the reader's language, for pages."""

from typing import Any

from sessions.form.words import translated


def table_shown() -> dict[str, Any]:
    """{"exercises": […]}: as the library's table, with titles, cues and sentences translated; sorted by title."""
    from mlops.ml.biomechanics.form.table import document

    rows = [
        {**translated(row, "title"), "faults": [translated(fault, "cue", "sentence") for fault in row["faults"]]}
        for row in document()["exercises"]
    ]
    return {"exercises": sorted(rows, key=lambda row: row["title"].casefold())}
