"""The one shape of everything that computes with pretrained weights.

    class SentenceEmbedder(Component):
        part = "minilm"
        def _load(self, folder): self.session = …      # heavy imports here
        def answer(self, inputs): …

    SentenceEmbedder()                        # the catalogue's part
    SentenceEmbedder("/models/my-minilm")     # a folder
    SentenceEmbedder("owner/name@main")       # a hub repository that was fetched

Making one costs nothing: it loads when it is first used, or by `load()`.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, ClassVar

from mlops.ml.contract import BadValue
from mlops.ml.hub import check_repository
from mlops.ml.parts.catalogue import catalogue
from mlops.ml.parts.store import hub_name, store


class Component:
    """Weights behind a face of ours. Subclasses set `part` and write `_load` and `answer`.

    part       the catalogue's name of what it uses by default
    takes      what one input is: "image" or "audio" (bytes of a file), or "text"; nothing: not tried by itself
    gives      "values" (JSON and arrays) or "audio" (a dictionary with `wav`, the bytes of a file)
    max_batch  how many inputs it answers at once through serve_models
    any_thread any thread may call `answer`, one at a time; False where a library wants always the same one
    """

    part: ClassVar[str] = ""
    takes: ClassVar[str] = ""
    gives: ClassVar[str] = "values"
    max_batch: int = 1
    any_thread: ClassVar[bool] = False

    def __init__(self, model_id: str | Path | None = None, device: str = "auto", *, threads: int = 1) -> None:
        self.model_id = str(model_id or self.part)
        self.device, self.threads = device, threads
        self._loading = threading.Lock()
        self._is_loaded = False

    @property
    def folder(self) -> Path:
        """Where its files lie. Raises PartMissing, BadArtifact, BadValue for what names nothing."""
        return resolve(self.model_id)

    @property
    def is_loaded(self) -> bool:
        return self._is_loaded

    def load(self) -> None:
        """Open the weights, once; threads wait for each other. Raises what `folder` raises."""
        if self._is_loaded:
            return
        with self._loading:
            if not self._is_loaded:
                self._load(self.folder)
                self._is_loaded = True

    def close(self) -> None:
        """Let go of the weights; the next use loads them again."""
        with self._loading:
            if self._is_loaded:
                self._close()
                self._is_loaded = False

    def answer(self, inputs: list[Any]) -> list[Any]:
        """One output for each input; what serve_models calls. Bytes, texts, arrays, or dictionaries of them."""
        raise NotImplementedError

    def joins(self, inputs: list[Any]) -> bool:
        """Whether these inputs may be answered together with those of other callers."""
        return True

    def _load(self, folder: Path) -> None:
        raise NotImplementedError

    def _close(self) -> None:
        """Drop what `_load` made."""


def resolve(model_id: str) -> Path:
    """The folder of a part, of a path, or of a hub repository that was fetched.

    Raises PartMissing, BadArtifact, BadValue.
    """
    if model_id in catalogue():
        return store().require(model_id)
    folder = Path(model_id).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or model_id.startswith((".", "~")):
        raise BadValue(f"there is no folder {model_id}")
    repository = check_repository(model_id.split("@", 1)[0])
    return store().require(hub_name(repository))
