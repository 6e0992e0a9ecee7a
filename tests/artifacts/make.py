"""`python -m tests.artifacts.make [estimator …]`: tiny models of every estimator and their answers, for later versions.

With names only these, in an archive that carries them: for estimators that came after their version's archive.
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from fitbalance import __version__

FOLDER = Path(__file__).resolve().parent
N_EXAMPLES = 4
FIXED_SIZE = ("gnn_lstm",)
"""Networks that no setting makes small: most of their weights are set to zero, which packs to little."""
KEPT_SHARE = 0.03


def main(names: list[str]) -> int:
    """1 when this version has these models already."""
    target = FOLDER / f"artifacts_{'_'.join([__version__.replace('.', '_'), *names])}.tar.gz"
    if target.exists():
        print(f"{target.name} is there already and is never written again.")
        return 1
    with tempfile.TemporaryDirectory() as made:
        artifacts_write(Path(made), names)
        with tarfile.open(target, "w:gz") as archive:
            for path in sorted(Path(made).iterdir()):
                archive.add(path, path.name)
    print(f"{target.name}: {target.stat().st_size / 1024:.0f} KiB")
    return 0


def artifacts_write(root: Path, names: list[str]) -> None:
    """One artifact for each estimator of the library, or each of some, and answers.json beside them."""
    from mlops.ml.artifact import write_artifact
    from mlops.ml.checks import Case
    from mlops.ml.registry import estimator_class, estimator_names
    from tests.ml.test_every_estimator import DATA, SMALL

    said: dict[str, Any] = {}
    for domain, make_data in DATA.items():
        for name in estimator_names(domain):
            if names and name not in names:
                continue
            case = Case(estimator_class(name), make_data, SMALL[name], root)
            estimator = case.fitted
            if name in FIXED_SIZE:
                thin(estimator.network)
            few = case.test.take(np.arange(N_EXAMPLES))

            def fill(folder: Path, estimator: Any = estimator) -> None:
                estimator.save(folder)
                if hasattr(estimator, "export_onnx"):
                    estimator.export_onnx(folder / "model.onnx")

            write_artifact(root, name, fill, {"estimator": name, "code_version": __version__})
            inputs = estimator.onnx_inputs(few) if hasattr(estimator, "export_onnx") else {}
            served = estimator.onnx_answer(few) if inputs else {}
            said[name] = {
                "domain": domain,
                "examples": _examples(few),
                "answers": {key: _plain(value) for key, value in estimator.answer(few).items()},
                "onnx_inputs": {key: _plain(value) for key, value in inputs.items()},
                "onnx_answers": {key: _plain(value) for key, value in served.items()},
            }
    (root / "answers.json").write_text(json.dumps(said))


def thin(network: Any) -> None:
    """Keep the largest few weights of every large layer, each in steps of 1/64, and zero the others."""
    import torch

    with torch.no_grad():
        for value in network.parameters():
            if value.numel() > 1000:
                least = value.abs().flatten().kthvalue(int(value.numel() * (1 - KEPT_SHARE))).values
                value.copy_(torch.where(value.abs() > least, (value * 64).round() / 64, 0.0))


def _examples(few: Any) -> Any:
    """A table or windows as they are; sequences, which vary in length, one by one."""
    return _plain(few.x) if hasattr(few, "x") else [_plain(few.load(i)) for i in range(len(few))]


def _plain(values: Any) -> Any:
    """Numbers as JSON, None for unknown."""
    array = np.asarray(values)
    if np.issubdtype(array.dtype, np.floating):
        array = np.where(np.isnan(array), None, array)
    return array.tolist()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
