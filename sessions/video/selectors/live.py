"""What the page of a live video needs to know: parts for the browser, models to ask, clips to play."""

from typing import Any

from django.urls import reverse

from mlops.parts.selectors import PartState, part_states
from sessions.models import Video
from sessions.video.selectors.playing import playable_of
from sessions.video.selectors.videos import video_list

RUNTIME, CAPTIONER = "mediapipe-web", "blip-captions"
POSES = ("pose-lite", "pose-full")
"""In the order in which they are offered: the quick one first."""
MODEL_FILE = "landmarker.task"
MOST_CLIPS = 50


def pose_parts() -> dict[str, PartState]:
    """Name → state of everything that poses in the browser may need, and of what could write captions."""
    return {state.part.name: state for state in part_states([RUNTIME, *POSES, CAPTIONER])}


def pose_files(states: dict[str, PartState]) -> dict[str, Any] | None:
    """{"runtime": address of a folder, "models": [{"name", "url"}]}; None while the browser cannot find poses."""
    here = [states[name] for name in POSES if states[name].installed is not None]
    models = [{"name": state.part.name, "url": _address(state, MODEL_FILE)} for state in here]
    if states[RUNTIME].installed is None or not models:
        return None
    return {"runtime": _address(states[RUNTIME], "x").removesuffix("x"), "models": models}


def clips_to_play(*, user: Any) -> list[Video]:
    """Clips `user` may see that a browser plays, the newest first."""
    return [row for row in video_list(user=user)[:MOST_CLIPS] if row.is_ready and playable_of(row)]


def _address(state: PartState, path: str) -> str:
    return reverse("mlops:part_file", args=[state.part.name, state.part.digest, path])
