"""Biomechanics: bodies, their motion, and how well a repetition was done."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlops.ml.biomechanics.graph_lstm import GNNLSTM
    from mlops.ml.biomechanics.preparing import prepared

__all__ = ["GNNLSTM", "prepared"]


def __getattr__(name: str) -> Any:
    """Torch is read when the network is asked for."""
    if name == "GNNLSTM":
        from mlops.ml.biomechanics.graph_lstm import GNNLSTM

        return GNNLSTM
    if name == "prepared":
        from mlops.ml.biomechanics.preparing import prepared

        return prepared
    raise AttributeError(name)
