"""A voice that is drawn: pulses through the resonances of a mouth, in syllables. Silero takes it for speech."""

import numpy as np

RATE_HZ = 16_000
VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480))
"""Resonances of ah, ee, oo, eh in Hz (Peterson and Barney, 1952)."""


def voice(seconds: float, *, before_s: float = 0.0, after_s: float = 0.0, seed: int = 0) -> np.ndarray:
    """(n,) float32: silence, syllables of a man's pitch, silence."""
    rng = np.random.default_rng(seed)
    pieces = []
    while sum(map(len, pieces)) < seconds * RATE_HZ:
        pieces += [_syllable(VOWELS[rng.integers(4)], 100 + 40 * rng.random()), np.zeros(int(0.04 * RATE_HZ))]
    spoken = np.concatenate(pieces)[: int(seconds * RATE_HZ)]
    silent = [np.zeros(int(s * RATE_HZ)) for s in (before_s, after_s)]
    return np.concatenate([silent[0], 0.3 * spoken / np.abs(spoken).max(), silent[1]]).astype(np.float32)


def _syllable(formants, pitch_hz: float) -> np.ndarray:
    t = np.arange(int(0.18 * RATE_HZ)) / RATE_HZ
    phase = np.cumsum(pitch_hz * (1 + 0.1 * np.sin(2 * np.pi * 5 * t))) / RATE_HZ
    made = sum(_resonance(np.diff(np.floor(phase), prepend=0), hz) / (n + 1) for n, hz in enumerate(formants))
    return made * np.hanning(len(t))


def _resonance(x: np.ndarray, hz: float, width_hz: float = 80.0) -> np.ndarray:
    r, w = np.exp(-np.pi * width_hz / RATE_HZ), 2 * np.pi * hz / RATE_HZ
    y = np.zeros(len(x) + 2)
    for n, value in enumerate(x):
        y[n + 2] = value * (1 - r) + 2 * r * np.cos(w) * y[n + 1] - r * r * y[n]
    return y[2:]
