"""Have the inputs of a model changed? Statistics of served examples against the training data, person by person.

Two distributions are compared feature by feature with the population stability index, PSI = Σ (q − p) ln(q / p)
over ten bins, and the Kolmogorov-Smirnov distance, the largest gap between the cumulative shares. People differ
from one another far more than the examples of one person do, so examples are not independent draws: each person
counts as one histogram, and how large a distance must be to mean anything is found by shuffling **people** between
the two groups. One test over all features: a feature's p value is the share of shuffles in which any feature lies as
far out as this one (Westfall and Young 1993, single-step maxT), which holds the chance of one false alarm at `alpha`
however many features there are and however they hang together.

A value may be unknown (NaN). A feature is compared over the people of whom something is known in it, and how often it
is unknown is a feature of its own. A "person" may be any group whose examples belong together, such as a video.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadShape, NotEnoughData
from mlops.ml.spread import NOISE

MIN_ATHLETES, MIN_EXAMPLES = 20, 2000
"""Below these nothing is said about a population."""
MIN_REFERENCE = 10
"""Groups that the training data must hold."""
MIN_PER_PERSON = 10
"""A person with fewer examples is left out: too rough a histogram."""
MIN_PSI, MIN_KS = 0.1, 0.1
"""With thousands of people any difference is significant; one smaller than both changes little (usual rule)."""
UNKNOWN = " unknown"
"""Ends the name of the feature that says how often another one is unknown."""
ALPHA = 0.005
N_FINE, N_COARSE = 40, 10
_FLOOR = 1e-3
"""Share that an empty bin counts as, so that PSI stays finite."""


@dataclass(frozen=True)
class Shift:
    """One feature: its distances, its p value over all features, and the two distributions in coarse bins.

    edges      inner borders of the bins, ten bins have nine
    reference  share of the training people's examples in each bin; served likewise
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


def compare(
    reference: Sequence[npt.NDArray[Any]],
    served: Sequence[npt.NDArray[Any]],
    names: Sequence[str],
    *,
    categories: Mapping[str, int] | None = None,
    alpha: float = ALPHA,
    min_each: int = MIN_PER_PERSON,
    n_shuffles: int = 999,
    seed: int = 0,
) -> Comparison:
    """Compare two groups of people; each person is an (n examples, features) array, NaN where a value is unknown.

    categories  features that hold class numbers: name → number of classes
    alpha       chance of any false alarm in this one comparison
    min_each    a person with fewer examples is left out
    Raises NotEnoughData when a group has fewer than two people, BadShape for other columns.
    """
    rng = np.random.default_rng(seed)
    groups = [_usable(reference, min_each), _usable(served, min_each)]
    if min(len(group) for group in groups) < 2:
        raise NotEnoughData("a comparison needs at least two people on each side")
    if any(person.shape[1] != len(names) for group in groups for person in group):
        raise BadShape(f"every person needs {len(names)} columns")
    groups = _on_grid(groups)
    n_each = int(np.median([len(person) for person in groups[1]]))
    people = [_some(person, n_each, rng) for group in groups for person in group]
    people, names, classes = _with_unknown(people, list(names), dict(categories or {}))
    n_reference, n_served = len(groups[0]), len(groups[1])
    borders = [_borders(people[:n_reference], column, classes.get(name)) for column, name in enumerate(names)]
    shares = np.stack([_histograms(person, borders) for person in people])  # (people, features, N_FINE)
    coarse = np.stack([_coarse_of(inner) for inner in borders])  # (features, N_FINE, N_COARSE) one-hot
    is_served = np.zeros((n_shuffles + 1, len(people)), np.float32)
    is_served[0, n_reference:] = 1
    for row in is_served[1:]:
        row[rng.permutation(len(people))[:n_served]] = 1
    psi, ks = _distances(shares, coarse, is_served)
    far = np.maximum(_standardised(np.sqrt(psi)), _standardised(ks))  # (shuffles + 1, features)
    farthest = far.max(axis=1)
    p_values = (farthest[:, None] >= far[0][None, :] - 1e-9).mean(axis=0)
    mean_reference, mean_served = _mean_of(shares[:n_reference]), _mean_of(shares[n_reference:])
    shifts = [
        Shift(
            name=name,
            psi=round(float(psi[0, i]), 4),
            ks=round(float(ks[0, i]), 4),
            p_value=round(float(p_values[i]), 4),
            shifted=bool(p_values[i] <= alpha and (psi[0, i] >= MIN_PSI or ks[0, i] >= MIN_KS)),
            edges=_coarse_edges(borders[i]),
            reference=tuple(np.round(mean_reference[i] @ coarse[i], 4).tolist()),
            served=tuple(np.round(mean_served[i] @ coarse[i], 4).tolist()),
        )
        for i, name in enumerate(names)
    ]
    order = sorted(range(len(names)), key=lambda i: -far[0, i])
    return Comparison([shifts[i] for i in order], n_reference, n_served)


def _usable(group: Sequence[npt.NDArray[Any]], min_each: int) -> list[npt.NDArray[np.float64]]:
    rows = [np.asarray(person, np.float64) for person in group]
    return [person for person in rows if len(person) >= min_each]


def _on_grid(groups: list[list[npt.NDArray[np.float64]]]) -> list[list[npt.NDArray[np.float64]]]:
    """The same without the digits that are rounding: a constant that another machine rounds otherwise has not moved."""
    sizes = np.stack([np.nanmax(np.abs(person), axis=0, initial=0.0) for person in groups[0]])
    step = NOISE * np.median(sizes, axis=0)
    whole = np.where(step > 0, step, 1.0)
    return [[np.where(step > 0, np.round(person / whole) * whole, person) for person in group] for group in groups]


def _some(person: npt.NDArray[np.float64], n: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """At most n examples of a person, so that both groups' histograms are equally rough."""
    return person if len(person) <= n else person[rng.permutation(len(person))[:n]]


def _with_unknown(
    people: list[npt.NDArray[np.float64]], names: list[str], categories: dict[str, int]
) -> tuple[list[npt.NDArray[np.float64]], list[str], dict[str, int]]:
    """The same with a column of 0 (known) and 1 for each feature that is unknown anywhere."""
    gaps = np.any([np.isnan(person).any(axis=0) for person in people], axis=0)
    more = [f"{names[i]}{UNKNOWN}" for i in np.flatnonzero(gaps)]
    wider = [np.concatenate([person, np.isnan(person[:, gaps])], axis=1) for person in people]
    return wider, names + more, categories | dict.fromkeys(more, 2)


def _borders(people: Sequence[npt.NDArray[np.float64]], column: int, n_classes: int | None) -> npt.NDArray[np.float64]:
    """Inner borders of the fine bins: quantiles of the reference, every person weighing the same."""
    if n_classes is not None:
        return np.arange(n_classes - 1) + 0.5
    steps = np.linspace(0, 1, 64)
    known = [values[~np.isnan(values)] for values in (person[:, column] for person in people)]
    known = [values for values in known if len(values)]
    if not known:
        return np.zeros(0)
    pooled = np.concatenate([np.quantile(values, steps) for values in known])
    return np.unique(np.quantile(pooled, np.arange(1, N_FINE) / N_FINE))


def _histograms(person: npt.NDArray[np.float64], borders: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float32]:
    """(features, N_FINE) shares of what is known; all 0 for a feature of which nothing is."""
    out = np.zeros((len(borders), N_FINE), np.float32)
    for i, inner in enumerate(borders):
        values = person[:, i]
        values = values[~np.isnan(values)]
        if len(values):
            places = np.minimum(np.searchsorted(inner, values, side="left"), N_FINE - 1)
            out[i] = np.bincount(places, minlength=N_FINE) / len(values)
    return out


def _mean_of(shares: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """(features, N_FINE) mean over the people of whom the feature is known."""
    n_known = (shares.sum(axis=2) > 0).sum(axis=0)
    return np.asarray(shares.sum(axis=0) / np.maximum(n_known, 1)[:, None], np.float64)


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
    shares: npt.NDArray[np.float32], coarse: npt.NDArray[np.float32], is_served: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """PSI and KS (shuffles, features) of every way to divide the people; 0 where a side knows nothing."""
    flat = shares.reshape(len(shares), -1)
    total = flat.sum(axis=0)
    known = (shares.sum(axis=2) > 0).astype(np.float32)  # (people, features)
    psi = np.empty((len(is_served), shares.shape[1]))
    ks = np.empty_like(psi)
    for at in range(0, len(is_served), 100):  # in pieces, to stay within some megabytes
        chosen = is_served[at : at + 100]
        n_served = chosen @ known
        n_reference = known.sum(axis=0) - n_served
        q = chosen @ flat
        p = (total - q).reshape(-1, *shares.shape[1:]) / np.maximum(n_reference, 1)[:, :, None]
        q = q.reshape(p.shape) / np.maximum(n_served, 1)[:, :, None]
        both = (n_served > 0) & (n_reference > 0)
        ks[at : at + 100] = np.where(both, np.abs(np.cumsum(q - p, axis=2)).max(axis=2), 0)
        p_coarse = np.maximum(np.einsum("sfb,fbc->sfc", p, coarse), _FLOOR)
        q_coarse = np.maximum(np.einsum("sfb,fbc->sfc", q, coarse), _FLOOR)
        psi[at : at + 100] = np.where(both, ((q_coarse - p_coarse) * np.log(q_coarse / p_coarse)).sum(axis=2), 0)
    return psi, ks


def _standardised(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Every feature on one scale: how many standard deviations above its own shuffles."""
    spread = values.std(axis=0)
    return np.where(spread > 1e-9, (values - values.mean(axis=0)) / np.maximum(spread, 1e-9), 0.0)
