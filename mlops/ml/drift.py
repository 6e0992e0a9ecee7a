"""Has what a model is asked changed? Served windows against the training data, person by person.

Two distributions are compared feature by feature with the population stability index, PSI = Σ (q − p) ln(q / p)
over ten bins, and the Kolmogorov-Smirnov distance, the largest gap between the cumulative shares. People differ
from one another far more than the windows of one person do, so windows are not independent draws: each person
counts as one histogram, and how large a distance must be to mean anything is found by shuffling **people** between
the two groups. One test over all features: a feature's p value is the share of shuffles in which any feature lies as
far out as this one (Westfall and Young 1993, single-step maxT), which holds the chance of one false alarm at `alpha`
however many features there are and however they hang together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, FloatArray, NotEnoughData

STATISTICS = ("mean", "std", "min", "max", "pace")
PACE_LAG_S = 0.2
LEAST_ATHLETES, LEAST_WINDOWS = 20, 2000
"""Below these nothing is said about a population."""
LEAST_REFERENCE = 10
"""People the training data must hold."""
LEAST_PER_PERSON = 10
"""A person with fewer windows is left out: too rough a histogram."""
LEAST_PSI, LEAST_KS = 0.1, 0.1
"""With thousands of people any difference is significant; one smaller than both changes little (usual rule)."""
ALPHA = 0.005
N_FINE, N_COARSE = 40, 10
_FLOOR = 1e-3
"""Share that an empty bin counts as, so that PSI stays finite."""


@dataclass(frozen=True)
class Shift:
    """One feature: its distances, its p value over all features, and the two distributions in coarse bins.

    edges      inner borders of the bins, ten bins have nine
    reference  share of the training people's windows in each bin; served likewise
    """

    name: str
    psi: float
    ks: float
    p_value: float
    shifted: bool
    edges: tuple[float, ...] = ()
    reference: tuple[float, ...] = ()
    served: tuple[float, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """All features, the farthest first."""

    shifts: list[Shift] = field(default_factory=list)
    n_reference: int = 0
    n_served: int = 0

    @property
    def has_shifted(self) -> bool:
        return any(shift.shifted for shift in self.shifts)


def window_statistics(windows: npt.NDArray[Any], rate_hz: float) -> FloatArray:
    """Return (n, channels × 5): mean, std, min, max and pace of each channel of raw (n, length, channels) windows.

    The pace is the mean absolute change over 0.2 s, in standard deviations of the window: it tells a wrong clock or
    quicker movements, which the other four hide, and noise of the sensor hardly moves it. 0 for a still channel.
    """
    if windows.ndim != 3 or windows.shape[1] < 2:
        raise BadShape(f"windows must be (n, length, channels), not {windows.shape}")
    x = np.asarray(windows, np.float32)
    parts = [x.mean(axis=1), x.std(axis=1), x.min(axis=1), x.max(axis=1)]
    lag = min(max(1, round(PACE_LAG_S * rate_hz)), x.shape[1] - 1)
    change = np.abs(x[:, lag:] - x[:, :-lag]).mean(axis=1)
    parts.append(np.divide(change, parts[1], out=np.zeros_like(change), where=parts[1] > 1e-6))
    return np.stack(parts, axis=2).reshape(len(x), -1).astype(np.float32)


def statistic_names(channels: Sequence[str]) -> list[str]:
    """Names of the columns of `window_statistics`: "acceleration pace"."""
    return [f"{channel} {statistic}" for channel in channels for statistic in STATISTICS]


def compare(
    reference: Sequence[npt.NDArray[Any]],
    served: Sequence[npt.NDArray[Any]],
    names: Sequence[str],
    *,
    categories: Mapping[str, int] | None = None,
    alpha: float = ALPHA,
    n_shuffles: int = 999,
    seed: int = 0,
) -> Comparison:
    """Compare two groups of people; each person is an (n windows, features) array.

    categories  features that hold class numbers: name → number of classes
    alpha       chance of any false alarm in this one comparison
    Raises NotEnoughData when a group has fewer than two people, BadShape for other columns.
    """
    rng = np.random.default_rng(seed)
    groups = [_usable(reference), _usable(served)]
    if min(len(group) for group in groups) < 2:
        raise NotEnoughData("a comparison needs at least two people on each side")
    if any(person.shape[1] != len(names) for group in groups for person in group):
        raise BadShape(f"every person needs {len(names)} columns")
    n_each = int(np.median([len(person) for person in groups[1]]))
    people = [_some(person, n_each, rng) for group in groups for person in group]
    n_reference, n_served = len(groups[0]), len(groups[1])
    borders = [
        _borders(people[:n_reference], column, (categories or {}).get(name)) for column, name in enumerate(names)
    ]
    shares = np.stack([_histograms(person, borders) for person in people])  # (people, features, N_FINE)
    coarse = np.stack([_coarse_of(inner) for inner in borders])  # (features, N_FINE, N_COARSE) one-hot
    is_served = np.zeros((n_shuffles + 1, len(people)), np.float32)
    is_served[0, n_reference:] = 1
    for row in is_served[1:]:
        row[rng.permutation(len(people))[:n_served]] = 1
    psi, ks = _distances(shares, coarse, is_served, n_reference, n_served)
    far = np.maximum(_standardised(np.sqrt(psi)), _standardised(ks))  # (shuffles + 1, features)
    farthest = far.max(axis=1)
    p_values = (farthest[:, None] >= far[0][None, :] - 1e-9).mean(axis=0)
    mean_reference, mean_served = shares[:n_reference].mean(axis=0), shares[n_reference:].mean(axis=0)
    shifts = [
        Shift(
            name=name,
            psi=round(float(psi[0, i]), 4),
            ks=round(float(ks[0, i]), 4),
            p_value=round(float(p_values[i]), 4),
            shifted=bool(p_values[i] <= alpha and (psi[0, i] >= LEAST_PSI or ks[0, i] >= LEAST_KS)),
            edges=_coarse_edges(borders[i]),
            reference=tuple(np.round(mean_reference[i] @ coarse[i], 4).tolist()),
            served=tuple(np.round(mean_served[i] @ coarse[i], 4).tolist()),
        )
        for i, name in enumerate(names)
    ]
    order = sorted(range(len(names)), key=lambda i: -far[0, i])
    return Comparison([shifts[i] for i in order], n_reference, n_served)


def answer_columns(proba: npt.NDArray[Any]) -> FloatArray:
    """Return (n, 2): confidence and number of the best label, of (n, classes) probabilities."""
    return np.column_stack([proba.max(axis=1), proba.argmax(axis=1)]).astype(np.float32)


def compare_answers(
    reference: Sequence[npt.NDArray[Any]], served: Sequence[npt.NDArray[Any]], n_labels: int, *, seed: int = 0
) -> Comparison:
    """The same for answers as `answer_columns` gives them: how sure the model is, and what it names.

    The reference must be answers about people the model did not learn from: of others it is surer.
    """
    return compare(reference, served, ["confidence", "label"], categories={"label": n_labels}, seed=seed)


def _usable(group: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[np.float64]]:
    rows = [np.asarray(person, np.float64) for person in group]
    return [person for person in rows if len(person) >= LEAST_PER_PERSON]


def _some(person: npt.NDArray[np.float64], n: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """At most n windows of a person, so that both groups' histograms are equally rough."""
    return person if len(person) <= n else person[rng.permutation(len(person))[:n]]


def _borders(
    people: Sequence[npt.NDArray[np.float64]], column: int, n_classes: int | None
) -> npt.NDArray[np.float64]:
    """Inner borders of the fine bins: quantiles of the reference, every person weighing the same."""
    if n_classes is not None:
        return np.arange(n_classes - 1) + 0.5
    steps = np.linspace(0, 1, 64)
    pooled = np.concatenate([np.quantile(person[:, column], steps) for person in people])
    return np.unique(np.quantile(pooled, np.arange(1, N_FINE) / N_FINE))


def _histograms(
    person: npt.NDArray[np.float64], borders: Sequence[npt.NDArray[np.float64]]
) -> npt.NDArray[np.float32]:
    out = np.zeros((len(borders), N_FINE), np.float32)
    for i, inner in enumerate(borders):
        places = np.minimum(np.searchsorted(inner, person[:, i], side="left"), N_FINE - 1)
        out[i] = np.bincount(places, minlength=N_FINE) / len(person)
    return out


def _groups_of(n_bins: int) -> npt.NDArray[np.int64]:
    """Coarse bin of each of the first `n_bins` fine bins."""
    return np.arange(n_bins) if n_bins <= N_COARSE else np.arange(n_bins) * N_COARSE // n_bins


def _coarse_of(inner: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    n_bins = min(len(inner) + 1, N_FINE)
    out = np.zeros((N_FINE, N_COARSE), np.float32)
    out[np.arange(n_bins), _groups_of(n_bins)] = 1
    out[n_bins:, N_COARSE - 1] = 1  # empty ones
    return out


def _coarse_edges(inner: npt.NDArray[np.float64]) -> tuple[float, ...]:
    places = _groups_of(min(len(inner) + 1, N_FINE))
    last = np.flatnonzero(np.diff(places))
    return tuple(float(f"{edge:.4g}") for edge in inner[last])


def _distances(
    shares: npt.NDArray[np.float32],
    coarse: npt.NDArray[np.float32],
    is_served: npt.NDArray[np.float32],
    n_reference: int,
    n_served: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """PSI and KS (shuffles, features) of every way to divide the people."""
    flat = shares.reshape(len(shares), -1)
    total = flat.sum(axis=0)
    psi = np.empty((len(is_served), shares.shape[1]))
    ks = np.empty_like(psi)
    for at in range(0, len(is_served), 100):  # in pieces, to stay within some megabytes
        q = is_served[at : at + 100] @ flat
        p = ((total - q) / n_reference).reshape(-1, *shares.shape[1:])
        q = (q / n_served).reshape(p.shape)
        ks[at : at + 100] = np.abs(np.cumsum(q - p, axis=2)).max(axis=2)
        p_coarse = np.maximum(np.einsum("sfb,fbc->sfc", p, coarse), _FLOOR)
        q_coarse = np.maximum(np.einsum("sfb,fbc->sfc", q, coarse), _FLOOR)
        psi[at : at + 100] = ((q_coarse - p_coarse) * np.log(q_coarse / p_coarse)).sum(axis=2)
    return psi, ks


def _standardised(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Every feature on one scale: how many standard deviations above its own shuffles."""
    spread = values.std(axis=0)
    return np.where(spread > 1e-9, (values - values.mean(axis=0)) / np.maximum(spread, 1e-9), 0.0)
