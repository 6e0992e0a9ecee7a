"""Which stretches of a clip are examples: windows for exercise and phase, whole labelled stretches for technique."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.ml.contract import BadValue

QUESTIONS = ("exercise", "phase", "technique")
USUAL = {"exercise": (3.0, 1.0), "phase": (0.6, 0.2), "technique": (0.0, 0.0)}
"""Length and step of windows in seconds. Technique is judged of a whole stretch, such as one repetition: 0."""
LEAST_SHARE = 0.5
"""A labelled stretch shorter than a window is one example, if it is half as long at least."""
MAX_EXAMPLES = 1024


@dataclass(frozen=True)
class Cutting:
    """window_s is 0 where each stretch is an example by itself."""

    window_s: float
    step_s: float

    def __post_init__(self) -> None:
        if self.window_s and not (0.2 <= self.window_s <= 60 and 0.05 <= self.step_s <= 60):
            raise BadValue("windows last 0.2 to 60 seconds and start 0.05 to 60 seconds apart")

    @classmethod
    def usual(cls, question: str) -> Cutting:
        """What fits a question. Raises BadValue."""
        if question not in USUAL:
            raise BadValue(f"the question is one of {', '.join(QUESTIONS)}")
        return cls(*USUAL[question])

    def within(self, start_s: float, end_s: float) -> list[tuple[float, float]]:
        """The examples of one stretch: (start_s, end_s) each."""
        length = end_s - start_s
        if length <= 0 or length < LEAST_SHARE * self.window_s:
            return []
        if not self.window_s or length <= self.window_s:
            return [(start_s, end_s)]
        n = int((length - self.window_s) / self.step_s + 1e-6) + 1
        starts = [start_s + number * self.step_s for number in range(n)]
        return [(one, one + self.window_s) for one in starts]

    def labelled(
        self, spans: Sequence[tuple[float, float, str]], labels: Sequence[str]
    ) -> list[tuple[float, float, str]]:
        """The examples of all stretches that have one of these labels."""
        return [
            (first, end, label)
            for start_s, end_s, label in sorted(spans)
            if label in labels
            for first, end in self.within(start_s, end_s)
        ]
