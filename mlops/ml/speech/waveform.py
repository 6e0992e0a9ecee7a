"""From the spectrum that Hibari's network foretells to samples, as its maker defines it (README of hibari-tts 0.2.1):

    S = exp(lh) · e^(iπ·tanh θ) · STFT(pulses(f0)) + exp(ln) · Z + exp(lr) · e^(iφ)

Frames of 12.5 ms, transform of 1,200 samples with a Hann window, 24 kHz; Z is complex noise of one variance.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

RATE_HZ, HOP, SIZE = 24_000, 300, 1200
N_BINS = SIZE // 2 + 1
LOWEST_HZ, HIGHEST_HZ = 40.0, 11_000.0
_WINDOW = np.hanning(SIZE + 1)[:-1].astype(np.float32)
_OVERLAP = SIZE // HOP
_LOUDEST = 7.0


def waveform(
    harmonic: Floats,
    turn: Floats,
    noise: Floats,
    free: Floats,
    phase: Floats,
    pitch_hz: Floats,
    rng: np.random.Generator,
) -> Floats:
    """(N_BINS, F) each, pitch (F,) → F · HOP samples, as a rule in −1 … 1."""
    spectrum = _transform(pulses(pitch_hz), harmonic.shape[1])
    spectrum *= _polar(harmonic, np.pi * np.tanh(turn))
    parts = rng.standard_normal((N_BINS, 2 * harmonic.shape[1]), np.float32)
    spectrum += parts.view(np.complex64) * np.exp(np.minimum(noise, _LOUDEST))
    spectrum += _polar(free, phase)
    return _back(spectrum)


def pulses(pitch_hz: Floats) -> Floats:
    """A train of pulses at a pitch by frame, (F · HOP,): all harmonics below HIGHEST_HZ with amplitude 1; 0 where the
    pitch is at most LOWEST_HZ. Σ cos(h·t), h = 1 … H, is sin((H + ½)t) / (2 sin(t/2)) − ½.
    """
    frames = np.arange(len(pitch_hz))
    at = (np.arange(len(pitch_hz) * HOP) + 0.5) / HOP - 0.5
    pitch = np.interp(at, frames, pitch_hz)
    voiced = pitch > LOWEST_HZ
    pitch = np.maximum(pitch, LOWEST_HZ)
    turns = np.cumsum(pitch) / RATE_HZ
    angle = (2 * np.pi * (turns % 1.0)).astype(np.float32)
    above = (np.floor(HIGHEST_HZ / pitch) + 0.5).astype(np.float32)
    below = 2 * np.sin(angle / 2)
    close = np.abs(below) <= 2e-3
    train = np.where(close, above, np.sin(above * angle) / np.where(close, 1, below)) - 0.5
    return np.where(voiced, train, 0).astype(np.float32)


def _polar(logarithm: Floats, angle: Floats) -> npt.NDArray[np.complex64]:
    made = np.empty(logarithm.shape, np.complex64)
    size = np.exp(np.minimum(logarithm, _LOUDEST))
    np.multiply(size, np.cos(angle), out=made.real)
    np.multiply(size, np.sin(angle), out=made.imag)
    return made


def _transform(samples: Floats, n_frames: int) -> npt.NDArray[np.complex64]:
    from scipy.fft import rfft

    padded = np.pad(samples, SIZE // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, SIZE)[::HOP][:n_frames]
    return np.ascontiguousarray(rfft(frames * (_WINDOW / (SIZE / 4)), axis=1).T)


def _back(spectrum: npt.NDArray[np.complex64]) -> Floats:
    """The inverse transform: overlapping frames added, divided by the sum of their squared windows."""
    from scipy.fft import irfft

    n_frames = spectrum.shape[1]
    frames = (irfft(spectrum.T, SIZE, axis=1) * _WINDOW).reshape(n_frames, _OVERLAP, HOP)
    squared = (_WINDOW**2).reshape(_OVERLAP, HOP)
    added = np.zeros((n_frames + _OVERLAP - 1, HOP), np.float32)
    weight = np.zeros_like(added)
    for part in range(_OVERLAP):
        added[part : part + n_frames] += frames[:, part]
        weight[part : part + n_frames] += squared[part]
    whole = (added / np.maximum(weight, 1e-11)).reshape(-1)
    return np.asarray(whole[SIZE // 2 :][: n_frames * HOP], np.float32)
