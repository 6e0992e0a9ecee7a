"""`python -m tests.artifacts.make`: tiny models of every estimator and what they answer, for later versions."""

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


def main() -> int:
    """1 when this version has its models already."""
    target = FOLDER / f"artifacts_{__version__.replace('.', '_')}.tar.gz"
    if target.exists():
        print(f"{target.name} is there already and is never written again.")
        return 1
    with tempfile.TemporaryDirectory() as made:
        artifacts_write(Path(made))
        with tarfile.open(target, "w:gz") as archive:
            for path in sorted(Path(made).iterdir()):
                archive.add(path, path.name)
    print(f"{target.name}: {target.stat().st_size / 1024:.0f} KiB")
    return 0


def artifacts_write(root: Path) -> None:
    """One artifact for each estimator of the library, and answers.json beside them."""
    from mlops.ml.artifact import write_artifact
    from mlops.ml.checks import Case
    from mlops.ml.registry import estimator_class, estimator_names
    from tests.ml.test_every_estimator import DATA, SMALL

    said: dict[str, Any] = {}
    for domain, make_data in DATA.items():
        for name in estimator_names(domain):
            case = Case(estimator_class(name), make_data, SMALL[name], root)
            estimator = case.fitted
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
                "examples": _plain(few.x),
                "answers": {key: _plain(value) for key, value in estimator.answer(few).items()},
                "onnx_inputs": {key: _plain(value) for key, value in inputs.items()},
                "onnx_answers": {key: _plain(value) for key, value in served.items()},
            }
    (root / "answers.json").write_text(json.dumps(said))


def _plain(values: Any) -> Any:
    """Numbers as JSON, None for unknown."""
    array = np.asarray(values)
    if np.issubdtype(array.dtype, np.floating):
        array = np.where(np.isnan(array), None, array)
    return array.tolist()


if __name__ == "__main__":
    sys.exit(main())
