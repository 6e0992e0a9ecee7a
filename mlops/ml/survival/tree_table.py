"""Trees as plain arrays: they answer, and say why, without the library that grew them.

A forest of scikit-learn takes seconds and a hundred megabytes to open; a web process that only asks it about one
person reads this instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mlops.ml.contract import BadArtifact, BadShape

FILE = "trees.safetensors"
ROWS_AT_ONCE = 512
LINKS = ("identity", "logit")
Array = npt.NDArray[Any]
_KINDS = {"root": "i4", "right": "i4", "feature": "i2", "threshold": "f4", "cover": "f4", "value": "f4"}


@dataclass(frozen=True)
class _Leaves:
    """Every leaf as a box. `feature`, `low`, `high`, `share` are (leaves, depth): a row is inside when
    low < x[feature] <= high for all of them; `share` is the part of the training rows that went the leaf's way at
    the splits on this feature. What is not needed is padded with a question that everybody passes."""

    feature: Array
    low: Array
    high: Array
    share: Array
    value: Array


@dataclass(frozen=True)
class TreeTable:
    """Binary trees in depth-first order: the left child of node i is i + 1.

    root       (trees,) position of each tree's first node
    right      (nodes,) position of the right child; 0 for leaves
    feature    (nodes,) column that is asked for; −1 for leaves
    threshold  (nodes,) float32: rows with x <= threshold go left
    cover      (nodes,) training rows that came by
    value      (nodes,) what a leaf adds to the answer
    base       added to the sum of the leaves; `link` "identity" or "logit" makes an answer of the sum
    n_features columns of a row
    """

    root: Array
    right: Array
    feature: Array
    threshold: Array
    cover: Array
    value: Array
    base: float
    link: str
    n_features: int

    @classmethod
    def of_sklearn(cls, trees: list[Any], *, scale: float, base: float, link: str, column: int | None) -> TreeTable:
        """From fitted `sklearn.tree` trees. `scale` multiplies every leaf; `column` is the class whose share of a
        leaf counts, None for regression trees."""
        parts: dict[str, list[Array]] = {name: [] for name in ("right", "feature", "threshold", "cover", "value")}
        roots, begin = [], 0
        for tree in (one.tree_ for one in trees):
            is_leaf = tree.children_left < 0
            numbers = np.arange(tree.node_count)
            if not np.array_equal(tree.children_left[~is_leaf], numbers[~is_leaf] + 1):
                raise BadShape("the trees are not in depth-first order")
            values = tree.value[:, 0, :]
            leaf = values[:, 0] if column is None else values[:, column] / values.sum(axis=1)
            parts["right"].append(np.where(is_leaf, 0, tree.children_right + begin))
            parts["feature"].append(np.where(is_leaf, -1, tree.feature))
            parts["threshold"].append(_rounded_down(np.where(is_leaf, 0.0, tree.threshold)))
            parts["cover"].append(tree.weighted_n_node_samples)
            parts["value"].append(np.where(is_leaf, scale * leaf, 0.0))
            roots.append(begin)
            begin += tree.node_count
        joined = {name: np.concatenate(arrays).astype(_KINDS[name]) for name, arrays in parts.items()}
        return cls(np.array(roots, "i4"), **joined, base=base, link=link, n_features=int(trees[0].n_features_in_))

    def score(self, z: Array) -> npt.NDArray[np.float64]:
        """(n,) sums of the leaves, before the link; z is (n, features) without NaN."""
        x = self._checked(z)
        found = np.full(len(x), self.base)
        for begin in range(0, len(x), ROWS_AT_ONCE):
            part = x[begin : begin + ROWS_AT_ONCE]
            rows, node = np.arange(len(part))[:, None], np.tile(self.root, (len(part), 1))
            while (asks := self.feature[node] >= 0).any():
                right = part[rows, np.maximum(self.feature[node], 0)] > self.threshold[node]
                node = np.where(asks, np.where(right, self.right[node], node + 1), node)
            found[begin : begin + ROWS_AT_ONCE] += self.value[node].sum(axis=1, dtype=np.float64)
        return found

    def predict(self, z: Array) -> npt.NDArray[np.float64]:
        """(n,) answers between 0 and 1."""
        score = self.score(z)
        return score if self.link == "identity" else np.asarray(1 / (1 + np.exp(-score)))

    def drivers(self, z: Array) -> npt.NDArray[np.float64]:
        """(n, features) SHAP values of the score: path-dependent Tree SHAP (Lundberg et al., Nat Mach Intell
        2 (2020) 56).

        Every leaf is a game whose players are the features on its way. With o = 1 where the row passes a feature's
        splits and the share r of the training rows that do, its Shapley value of feature j is
        value · (o_j − r_j) · ∫₀¹ Π_{k≠j} (q·o_k + (1 − q)·r_k) dq, a polynomial that Gauss's rule integrates exactly.
        """
        x, leaves = self._checked(z), self._leaves
        depth = leaves.feature.shape[1]
        points, weights = np.polynomial.legendre.leggauss(max(1, (depth + 1) // 2))
        found = np.zeros((len(x), self.n_features))
        for row, one in zip(found, x, strict=True):
            at = one[leaves.feature]
            passed = ((at > leaves.low) & (at <= leaves.high)).astype(np.float64)
            integral = np.zeros_like(leaves.share)
            for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
                factor = point * passed + (1 - point) * leaves.share
                integral += weight * factor.prod(axis=1, keepdims=True) / factor
            effect = leaves.value[:, None] * (passed - leaves.share) * integral
            row += np.bincount(leaves.feature.ravel(), effect.ravel(), minlength=self.n_features)
        return found

    def save(self, directory: Path) -> None:
        """Write `trees.safetensors`."""
        from safetensors.numpy import save_file

        facts = {"base": repr(float(self.base)), "link": self.link, "n_features": str(self.n_features)}
        save_file({name: getattr(self, name) for name in _KINDS}, directory / FILE, metadata=facts)

    @classmethod
    def load(cls, directory: Path) -> TreeTable:
        """Read it; a table that would send a row in circles or out of itself is refused. Raises BadArtifact."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(directory / FILE, "np") as file:
                facts = file.metadata()
                arrays = {name: file.get_tensor(name) for name in _KINDS}
            table = cls(**arrays, base=float(facts["base"]), link=facts["link"], n_features=int(facts["n_features"]))
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise BadArtifact(f"{FILE} cannot be read: {error}") from error
        if not table._is_sound():
            raise BadArtifact(f"{FILE} holds trees that do not belong together")
        return table

    def _is_sound(self) -> bool:
        n = len(self.right)
        arrays = (self.right, self.feature, self.threshold, self.cover, self.value)
        if self.link not in LINKS or not n or not len(self.root) or any(one.shape != (n,) for one in arrays):
            return False
        numbers, asks = np.arange(n), self.feature >= 0
        forward = (self.right[asks] > numbers[asks] + 1) & (self.right[asks] < n)
        return bool(
            forward.all()
            and not asks[-1]
            and (self.feature < self.n_features).all()
            and (self.cover > 0).all()
            and all(np.isfinite(one).all() for one in (self.threshold, self.cover, self.value))
            and np.isfinite(self.base)
            and self.root.ndim == 1
            and ((self.root >= 0) & (self.root < n)).all()
        )

    @cached_property
    def _leaves(self) -> _Leaves:
        node = self.root.astype(np.intp)
        wide = (len(node), self.n_features)
        sides = {"low": np.full(wide, -np.inf), "high": np.full(wide, np.inf), "share": np.ones(wide)}
        asked, done, values = np.zeros(wide, bool), [], []
        while len(node):
            ends = self.feature[node] < 0
            values.append(self.value[node[ends]].astype(np.float64))
            done.append({"asked": asked[ends], **{name: side[ends] for name, side in sides.items()}})
            node, asked = node[~ends], asked[~ends]
            left, right = ({name: side[~ends].copy() for name, side in sides.items()} for _ in range(2))
            at = np.arange(len(node)), self.feature[node].astype(np.intp)
            limit, children = self.threshold[node].astype(np.float64), (node + 1, self.right[node].astype(np.intp))
            left["high"][at] = np.minimum(left["high"][at], limit)
            right["low"][at] = np.maximum(right["low"][at], limit)
            for side, child in zip((left, right), children, strict=True):
                side["share"][at] *= self.cover[child] / self.cover[node]
            asked[at] = True
            sides = {name: np.concatenate([left[name], right[name]]) for name in sides}
            node, asked = np.concatenate(children), np.concatenate([asked, asked])
        was_asked = np.concatenate([part["asked"] for part in done])
        depth = max(1, int(was_asked.sum(axis=1).max()))
        first = np.argsort(~was_asked, axis=1, kind="stable")[:, :depth]
        boxes = {name: np.take_along_axis(np.concatenate([part[name] for part in done]), first, 1) for name in sides}
        return _Leaves(first, **boxes, value=np.concatenate(values))

    def _checked(self, z: Array) -> Array:
        if z.ndim != 2 or z.shape[1] != self.n_features:
            raise BadShape(f"the trees know {self.n_features} features, not a table of {z.shape}")
        return z.astype(np.float32)  # as scikit-learn compares them


def _rounded_down(values: Array) -> Array:
    """float32 that are not above the given float64: for a float32 x, x <= t and x <= the result say the same."""
    small = values.astype(np.float32)
    return np.where(small > values, np.nextafter(small, np.float32(-np.inf)), small)
