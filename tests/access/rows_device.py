"""The champion for browsers: everyone signed in may have what serves."""

import uuid

from tests.access.rows import Row, expect

ROWS = [
    Row("workouts_api:device_model", expect(404), note="no layout named"),
    Row(
        "workouts_api:device_model_file",
        expect(404),
        kwargs=lambda world: {"version": uuid.uuid4(), "sha256": "0" * 64},
        note="nothing that serves",
    ),
]
