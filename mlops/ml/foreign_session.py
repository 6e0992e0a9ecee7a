"""Models from elsewhere answer within a bound of memory, whatever their graph makes of an input.

ONNX Runtime takes the tensors of such sessions from one arena per process, which refuses to grow beyond ARENA_BYTES.
The import tries a model under the same bound on as many windows as are ever asked at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from mlops.ml.contract import BadArtifact

ARENA_BYTES = 512 * 1024 * 1024
_ELSEWHERE = ("hub:", "import:")


def is_foreign(manifest: Mapping[str, Any]) -> bool:
    """True for an artifact whose graph, or weights, somebody else made."""
    return str(manifest.get("origin") or "").startswith(_ELSEWHERE)


def bounded_session(model: str | bytes, options: Any) -> BoundedSession:
    """A session on the bounded arena of this process, of a file's path or of bytes."""
    import onnxruntime

    _arena()
    options.add_session_config_entry("session.use_env_allocators", "1")
    return BoundedSession(onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]))


class BoundedSession:
    """As `onnxruntime.InferenceSession`; what cannot be answered is BadArtifact, never an error of the runtime."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def get_inputs(self) -> Any:
        return self._session.get_inputs()

    def get_outputs(self) -> Any:
        return self._session.get_outputs()

    def run(self, names: list[str] | None, feeds: Mapping[str, Any]) -> list[Any]:
        """As the session's own `run`. Raises BadArtifact."""
        try:
            return list(self._session.run(names, feeds))
        except Exception as error:  # onnxruntime raises many unrelated types
            memory = "llocat" in str(error) or "memory" in str(error)
            why = f"it needs more than {ARENA_BYTES >> 20} MiB for an answer" if memory else "it cannot answer this"
            raise BadArtifact(f"{why}, and was made elsewhere") from error


@cache
def _arena() -> None:
    """Once a process."""
    import onnxruntime

    kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    memory = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, onnxruntime.OrtMemType.DEFAULT)
    exactly_what_is_asked = 1
    bounds = {
        "max_mem": ARENA_BYTES,
        "arena_extend_strategy": exactly_what_is_asked,
        "initial_chunk_size_bytes": -1,
        "max_dead_bytes_per_chunk": -1,
    }
    onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg(bounds))
