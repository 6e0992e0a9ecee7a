"""Why something cannot be evaluated, and how to film it better: sentences by code."""

from __future__ import annotations

REASONS: dict[str, tuple[str, str]] = {
    "nobody": ("Nobody is in view long enough.", "Film so that your whole body stays in the picture."),
    "unknown": (
        "This is no exercise of the list, or it was not seen clearly.",
        "Choose the exercise by hand, or film it from the side with your whole body in view.",
    ),
    "none": (
        "No complete repetition was seen.",
        "Begin filming before the first repetition and stop after the last.",
    ),
    "short": (
        "The position was not held long enough.",
        "Hold it for at least five seconds with your whole body in the picture.",
    ),
    "view": (
        "From this side the exercise cannot be evaluated.",
        "Place the camera as the exercise asks: for most from the side, at hip height, 3 to 4 m away.",
    ),
    "hidden": (
        "A part of the body that counts was hidden or outside the picture.",
        "Step back until head, hands and feet stay in view during the whole repetition.",
    ),
    "rate": (
        "There were too few pictures a second.",
        "Film with at least 15 pictures a second; 30 are good.",
    ),
    "unsure": (
        "The points of the body were too unsteady.",
        "Film closer, in more light and with a still camera.",
    ),
}


def reason_of(code: str) -> dict[str, str] | None:
    """{"code", "sentence", "how"}, or None without a code."""
    if not code:
        return None
    sentence, how = REASONS[code]
    return {"code": code, "sentence": sentence, "how": how}


ALWAYS = (
    "One camera sees angles in its own plane only: turning and movement towards the camera are not measured.",
    "Points of the body are estimated from pictures. This is no medical finding.",
)
FROM_SIDE = "From the side, the far half of the body is partly hidden: left and right are not compared."
OBLIQUE = "Filmed at an angle: angles were corrected for the estimated turn of the body and are less exact."
NO_HEIGHT = "Without your height, lengths are in trunk lengths."
HEIGHT = "Lengths in metres follow from your height and average proportions of the body; expect errors of some percent."
COARSE = "Fewer than 15 pictures a second: fast phases are measured coarsely."
SINGLE = "One repetition alone is weak evidence for which exercise this is."
