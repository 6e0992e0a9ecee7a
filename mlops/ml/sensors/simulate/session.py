"""One simulated session: a plan and a person become a timeline of postures, and the postures become samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadValue, FloatArray
from mlops.ml.sensors.layouts import FLEXTAIL, IMU6, Layout
from mlops.ml.sensors.simulate.body import Burst, body_motion, flextail_samples, imu_samples
from mlops.ml.sensors.simulate.movements import MOVEMENTS, OTHER, REST, STANDING, Movement, Posture
from mlops.ml.sensors.simulate.phases import BETWEEN, counted_phases, joined
from mlops.ml.sensors.simulate.plans import Bout
from mlops.ml.sensors.simulate.subjects import SubjectTraits, style_of

LabelledTime = tuple[float, float, str]

_LYING = 1.56  # rad
_LAYOUTS: dict[str, Layout] = {"flextail": FLEXTAIL, "imu6": IMU6}


@dataclass(frozen=True)
class SimulatedRecording:
    """A recording with its truth.

    t_s        (n,) seconds from the start
    samples    (n, channels) float32 in the units of `layout`
    spans      (start_s, end_s, label): exercises, ``other`` and ``rest``; changes of position between are unlabelled
    rep_times  (start_s, end_s, exercise) of every counted repetition
    phases     (start_s, end_s, phase) of the movement: down, bottom, up, rest; holds and changes of position have none
    """

    layout: Layout
    t_s: npt.NDArray[np.float64]
    samples: FloatArray
    spans: tuple[LabelledTime, ...]
    rep_times: tuple[LabelledTime, ...]
    phases: tuple[LabelledTime, ...] = ()


def simulate_session(
    layout: Literal["flextail", "imu6"] | Layout,
    plan: Sequence[Bout],
    subject: SubjectTraits,
    seed: int = 0,
    *,
    timing: Literal["even", "uneven"] = "even",
) -> SimulatedRecording:
    """Simulate one session; the same arguments give the same samples.

    ``even`` samples at the layout's rate; ``uneven`` as a real FlexTail does, with steps of about 31 and 60 ms.
    Raises BadValue for a layout without a simulation or an empty plan.
    """
    name = layout if isinstance(layout, str) else layout.name
    if name not in _LAYOUTS:
        raise BadValue(f"only {' and '.join(_LAYOUTS)} can be simulated")
    if not plan:
        raise BadValue("a plan needs at least one bout")
    rng = np.random.default_rng([subject.seed, seed, 11])
    timeline = _Timeline(subject, rng)
    timeline.stand(float(rng.uniform(3, 6)))
    for i, bout in enumerate(plan):
        timeline.do(MOVEMENTS[bout.exercise], bout.reps, session_share=i / len(plan))
        timeline.stand(bout.rest_s)
    t_s = _sample_times(timeline.now, _LAYOUTS[name].rate_hz, timing, rng)
    motion = body_motion(t_s, timeline.times, timeline.postures, timeline.bursts, timeline.impacts, subject, rng)
    to_samples = flextail_samples if name == "flextail" else imu_samples
    samples = to_samples(motion, subject, rng)
    spans, reps, phases = tuple(timeline.spans), tuple(timeline.rep_times), joined(timeline.phases)
    return SimulatedRecording(_LAYOUTS[name], t_s, samples, spans, reps, phases)


def _sample_times(duration_s: float, rate_hz: float, timing: str, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    if timing == "even":
        return np.arange(int(duration_s * rate_hz)) / rate_hz
    steps = rng.choice([0.031, 0.032, 0.060], size=int(duration_s / 0.031) + 1, p=[0.35, 0.34, 0.31])
    times = np.concatenate([[0.0], np.cumsum(steps)])
    return np.round(times[times < duration_s], 3)


class _Timeline:
    """Collects the moments of a session: postures over time, stretches of trembling or steps, knocks, truth."""

    def __init__(self, subject: SubjectTraits, rng: np.random.Generator) -> None:
        self.subject, self.rng = subject, rng
        self.now = 0.0
        self.times: list[float] = [0.0]
        self.postures: list[npt.NDArray[np.float64]] = [np.array(STANDING)]
        self.bursts: list[Burst] = []
        self.impacts: list[tuple[float, float]] = []
        self.spans: list[LabelledTime] = []
        self.rep_times: list[LabelledTime] = []
        self.phases: list[LabelledTime] = []

    def stand(self, seconds: float) -> None:
        """Rest on one's feet, shifting weight now and then."""
        self._change_to(STANDING)
        start, end = self.now, self.now + seconds
        while end - self.now > 3.0:
            shift = self.rng.normal(0.0, [0.03, 0.03, 0.025, 0.04, 0.004, 0.01])
            hold = min(float(self.rng.uniform(3, 8)), end - self.now)
            self._go(shift, float(self.rng.uniform(0.6, 1.4)))
            self._hold(max(0.0, hold - 1.5))
        self._hold(max(0.0, end - self.now))
        if self.now > start:
            self.spans.append((start, self.now, REST))
            self.phases.append((start, self.now, REST))
            self.bursts.append(Burst(start, self.now, 0.002, 0.002, 0.0))

    def do(self, movement: Movement, reps: int, *, session_share: float) -> None:
        """Do a set; it slows, shrinks and trembles more towards its end."""
        rng, subject = self.rng, self.subject
        style = style_of(subject, movement.name)
        base = np.array(movement.base)
        self._change_to(movement.base)
        self._hold(float(rng.uniform(0.2, 0.7)))
        start = self.now
        tired = 0.0
        for rep in range(reps):
            tired = subject.fatigue * (0.7 * rep / max(1, reps) + 0.3 * session_share)
            typical = movement.rep_s * style.tempo / subject.speed
            seconds = max(0.7, typical * (1 + 0.4 * tired) * float(np.exp(rng.normal(0, 0.07))))
            amplitude = style.amplitude * (1 - 0.22 * tired) * (1 + 0.07 * rng.standard_normal(6))
            amplitude[1] *= 1 + 0.5 * tired  # the back rounds
            began, first = self.now, len(self.times) - 1
            for moment in movement.moments:
                turn = style.turn * np.sin(np.pi * moment.phase) + 0.012 * rng.standard_normal() * (moment.phase < 1)
                arrive = began + seconds * float(np.clip(moment.phase + turn, 0.02, 1.0))
                posture = base + (np.array(moment.posture) - base) * amplitude
                posture[0] = min(posture[0], _LYING)  # nobody tips beyond lying face down
                self._go(posture, max(0.06, arrive - self.now))
                if moment.impact:
                    self.impacts.append((self.now, moment.impact * float(np.exp(rng.normal(0, 0.35)))))
            if movement.counted:
                self.rep_times.append((began, self.now, movement.name))
                self.phases += counted_phases(movement.name, self.times[first:], self.postures[first:])
            if rep + 1 < reps:
                ended = self.now
                self._hold(movement.pause_s * float(rng.uniform(0.3, 1.7)) * (1 + tired))
                if movement.counted:
                    self.phases.append((ended, self.now, BETWEEN.get(movement.name, REST)))
        if movement.label == OTHER:
            self.phases.append((start, self.now, REST))
        self.spans.append((start, self.now, movement.label))
        self.bursts.append(Burst(start, self.now, movement.shake, movement.shake * (1 + 2 * tired), movement.gait))

    def _change_to(self, posture: Posture) -> None:
        """Get into position: the further, the longer it takes."""
        target = np.array(posture)
        far = float(np.abs(target - self.postures[-1]).sum())
        if far > 1e-6:
            self._go(target, float((0.6 + 0.8 * far) * self.rng.uniform(0.8, 1.3)))

    def _go(self, posture: npt.NDArray[np.float64], seconds: float) -> None:
        self.now += seconds
        self.times.append(self.now)
        self.postures.append(posture)

    def _hold(self, seconds: float) -> None:
        if seconds > 0:
            self._go(self.postures[-1], seconds)
