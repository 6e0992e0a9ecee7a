"""How the models of a kind travel: into folders and hubs, in from elsewhere, and behind a web address.

The default is for any kind. A folder is the artifact itself with a card, as `mlops.ml.folders` writes it; one that
comes back is verified file by file and loaded by its estimator in a limited child process before it is registered. A
kind that other libraries know subclasses `ExchangeHooks` and speaks their format; `mlops.kinds.windows_exchange` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.ml.abstention import NO_CLASS
from mlops.ml.contract import BadArtifact, MLError
from mlops.ml.folders import (
    ARTIFACT,
    FolderRules,
    copy_model_files,
    figures_of,
    read_artifact_folder,
    write_artifact_folder,
)
from mlops.ml.foreign import model_in_child, probe_folder
from mlops.ml.registry import estimators
from web.refusals import Problem

if TYPE_CHECKING:
    from mlops.kinds.base import TaskKind

_NOT_THE_KINDS = frozenset(
    "kind task title estimator config seed dataset_hash data code_version libraries metrics training demo claimed "
    "origin stated remote command measured_on format files content_hash seal".split()
)
"""Entries of a manifest that the engine writes; all others are the kind's."""
STATED = ("dataset_hash", "code_version", "libraries", "seed", "estimator")


class Unfit(MLError):
    """A model that cannot be used for a task: `code` says why, for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Imported:
    """A model from elsewhere as far as it was checked, not an artifact yet.

    estimator, config  for the list of versions; the name need not be registered where `kind.scorer` does without
    manifest           entries of the kind for the artifact's manifest
    fill               writes the model's files into an empty folder after the checks that take long; raises MLError
    claimed            figures its maker states; they open no gate
    stated             dataset hash, code version, libraries as its maker states them
    """

    estimator: str
    config: dict[str, Any]
    manifest: dict[str, Any]
    fill: Callable[[Path], None]
    claimed: dict[str, float] = field(default_factory=dict)
    stated: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HubCard:
    """What a published folder's card says for programs and how one begins with it.

    tags, library  as hubs list them
    usage          lines of Python
    figures        the hub's name of a metric → ours
    question       type of the task in the table of results
    pipeline_tag   one of the hub's own, where one fits
    """

    tags: Sequence[str]
    library: str
    usage: Sequence[str]
    figures: Mapping[str, str]
    question: str = "other"
    pipeline_tag: str = ""


@dataclass(frozen=True)
class NothingDeclared:
    """The default of `ExchangeHooks.Declared`: a folder says everything by itself."""


class ExchangeHooks:
    """What the engine asks a kind about travelling; every method has an answer that fits any kind.

    Declared      frozen config, its fields made with `option`, `names_option` or `object_option`: what the maker of a
                  single file says about it. Page, API and checks follow from it
    rules         which files of a folder or repository are read
    single_files  forms of `mlops.ml.foreign.sniff` that come in without a folder
    """

    Declared: type[Any] = NothingDeclared
    rules: FolderRules = ARTIFACT
    single_files: tuple[str, ...] = ()

    # -- in ------------------------------------------------------------------------------------------

    def check_task(self, kind: TaskKind, task: Any) -> None:
        """Raises Problem 409 for a task into which no model can come."""

    def read_folder(self, kind: TaskKind, task: Any, folder: Path) -> Imported:
        """What lies in a folder that came in, checked as far as a request may take.

        Raises CodeNotAllowed, UnsafeFormat, BadArtifact, Unfit.
        """
        manifest = model_in_child(read_artifact_folder)(folder)
        name = str(manifest.get("estimator"))
        if manifest.get("kind") != kind.name:
            raise Unfit("kind_differs", kind_differs(kind, manifest.get("kind")))
        if name not in kind.estimators or name not in estimators():
            raise BadArtifact(f"its estimator {name[:64]!r} is not available for {kind.title} here")
        if kind.needs_labels:
            check_labels(task, manifest.get("labels"))
        config = manifest.get("config")
        kept = {entry: value for entry, value in manifest.items() if entry not in _NOT_THE_KINDS}

        def fill(directory: Path) -> None:
            copy_model_files(folder, manifest, directory)
            probe_folder(directory, estimators()[name], self.example(kind, kept))

        return Imported(
            name,
            config if isinstance(config, dict) else {},
            kept,
            fill,
            claimed=figures_of(manifest.get("metrics")),
            stated=stated_of(manifest),
        )

    def declared_facts(self, kind: TaskKind, task: Any, declared: Any, own: Mapping[str, Any]) -> dict[str, Any]:
        """Entries of the manifest for a single file, completed from the task. Raises Unfit, BadValue.

        own  what `kind.manifest` says of the dataset that it will be evaluated on; empty without one
        """
        return {}

    def read_file(
        self, kind: TaskKind, task: Any, path: Path, form: str, declared: Any, facts: Mapping[str, Any]
    ) -> Imported:
        """A single file of one of the forms in `single_files`, with its `declared_facts`."""
        raise NotImplementedError(f"models of {kind.title} come in as folders only")

    def example(self, kind: TaskKind, manifest: Mapping[str, Any]) -> Any:
        """An example as an array that a model from elsewhere is tried on; None where there is none.

        Raises BadArtifact when the manifest says too little to make one.
        """
        try:
            found = kind.example_input(manifest)
        except NotImplementedError:
            return None
        except Exception as error:  # a stranger's manifest may hold anything
            raise BadArtifact(f"its manifest cannot be used ({type(error).__name__})") from error
        return found if isinstance(found, np.ndarray) and found.dtype != object else None

    # -- evaluation on our data ----------------------------------------------------------------------

    def values(self, kind: TaskKind, data: Any, own: Mapping[str, Any], model: Mapping[str, Any]) -> Any:
        """Examples of our dataset, as measured, as the scorer of a model from elsewhere takes them. Raises Unfit.

        own, model  the manifests of the dataset and of the model
        """
        return kind.values(data)

    def arrange(self, outputs: Any, data: Any, model: Mapping[str, Any]) -> Any:
        """Its outputs in the order of our dataset. Raises Unfit.

        By default the last axis is sorted by the labels of both, where both have some.
        """
        known, wanted = list(model.get("labels") or ()), list(getattr(data, "labels", ()))
        if not known or not wanted or not isinstance(outputs, np.ndarray) or outputs.shape[-1] != len(known):
            return outputs
        if sorted(known) != sorted(wanted):
            raise Unfit("labels_differ", "the model and the dataset have different labels")
        return outputs[..., [known.index(label) for label in wanted]]

    # -- out -----------------------------------------------------------------------------------------

    def write_folder(self, kind: TaskKind, artifact: Path, out: Path) -> HubCard:
        """Fill the existing, empty folder `out` with all of an artifact but its card. Raises BadArtifact, UnsafeFormat,
        Problem 409 for a version that cannot be published."""
        write_artifact_folder(artifact, out, {"kind": kind.name})
        return HubCard(
            tags=("fitbalance", kind.name.replace("_", "-")),
            library="fitbalance",
            figures={metric.name: metric.name for metric in kind.metrics if metric.headline},
            usage=[
                "from pathlib import Path",
                "",
                "from mlops.ml.artifact import read_manifest",
                "from mlops.ml.registry import estimator_class",
                "",
                'folder = Path("this folder")',
                'name = read_manifest(folder, verify=False)["estimator"]',
                "model = estimator_class(name).load(folder)",
            ],
        )

    # -- at a web address ----------------------------------------------------------------------------

    def check_remote(self, kind: TaskKind, task: Any) -> None:
        """Raises Problem 409 where no model of the task can answer at a web address: the default."""
        raise Problem(409, "not_remote", f"Models of the kind “{kind.title}” can't be connected remotely.")

    def connect(self, kind: TaskKind, url: str, title: str, champion: Path, known: Mapping[str, Any]) -> Imported:
        """A model that answers at `url`; the files of the champion (`title`, its manifest `known`) answer while it is
        away. Its scorer has `remote`, see `mlops.ml.remote.RemoteSession`."""
        raise NotImplementedError(f"models of {kind.title} do not answer at a web address")


class RowExchange(ExchangeHooks):
    """The default for rows of named columns: the model gets its own columns in its own order.

    columns  entry of the manifests that names the columns of `x`
    """

    def __init__(self, columns: str = "features") -> None:
        self.columns = columns

    def values(self, kind: TaskKind, data: Any, own: Mapping[str, Any], model: Mapping[str, Any]) -> Any:
        have, need = list(own[self.columns]), list(model.get(self.columns) or ())
        if not need or not set(need) <= set(have):
            missing = ", ".join(map(str, [name for name in need if name not in have][:8]))
            raise Unfit("columns_differ", f"it needs columns that the dataset does not have ({missing})")
        return data.x[:, [have.index(name) for name in need]]


def check_labels(task: Any, labels: Any) -> None:
    """A model must answer with the task's labels, in any order; one more may mean "none of these". Raises Unfit
    `labels_differ`."""
    if not isinstance(labels, list | tuple) or not all(isinstance(label, str) for label in labels):
        raise Unfit("labels_differ", "it does not declare its labels")
    wanted = task.label_set.names if task.label_set else labels
    more = [label for label in labels if label in NO_CLASS and label not in wanted][:1]
    if sorted([*wanted, *more]) != sorted(labels):
        missing, strange = sorted(set(wanted) - set(labels)), sorted(set(labels) - set(wanted))
        words = "; ".join(
            f"{word}: {', '.join(names[:8])}" for word, names in (("missing", missing), ("extra", strange)) if names
        )
        raise Unfit("labels_differ", f"its labels differ from the task's ({words or 'one appears twice'})")


def kind_differs(kind: TaskKind, name: Any) -> str:
    """The words for a folder whose manifest names another kind."""
    from mlops.kinds.base import task_kinds  # it imports this module

    title = next((one.title for one in task_kinds() if one.name == name), str(name)[:64])
    return f"this folder is a model of {title}, not of {kind.title}"


def stated_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a maker states about how a model was made."""
    return {name: facts[name] for name in STATED if facts.get(name)}
