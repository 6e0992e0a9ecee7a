"""Parts as models of serve_models: "part:<name>" answers with the component that the catalogue names."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from mlops.ml.contract import BadValue
from mlops.ml.hosting.where import Where
from mlops.ml.parts.catalogue import part_of
from mlops.ml.parts.component import Component

PART = "part"
MB = 1_000_000


class PartModel:
    """A component behind the face of a loaded model."""

    def __init__(self, component: Component, n_bytes: int) -> None:
        self._component, self.n_bytes, self.max_batch = component, n_bytes, component.max_batch
        self.any_thread, self.joins = component.any_thread, component.joins

    def answer(self, inputs: Any) -> Any:
        return self._component.answer(inputs)

    def close(self) -> None:
        self._component.close()


def component_class(name: str) -> type[Component]:
    """What computes with a part. Raises BadValue where nothing does by itself."""
    part = part_of(name)
    if not part.component:
        raise BadValue(f"nothing computes with the part {name} by itself")
    module, _, named = part.component.partition(":")
    found = getattr(import_module(module), named)
    if not (isinstance(found, type) and issubclass(found, Component)):
        raise BadValue(f"{part.component} is no component")
    return found


def part_load(name: str, where: Where) -> PartModel:
    """Open a part for the models server. Raises PartMissing, BadArtifact, BadValue."""
    component = component_class(name)(name, where.device, threads=where.threads)
    component.load()
    return PartModel(component, part_estimate(name))


def part_estimate(name: str) -> int:
    """What the catalogue says that it takes."""
    part = part_of(name)
    return part.memory_mb * MB or part.n_bytes
