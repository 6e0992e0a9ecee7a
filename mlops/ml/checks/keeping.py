"""Checks of what is kept: files, their safety, damaged ones, and the export."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.artifact import SAFE_SUFFIXES
from mlops.ml.checks.case import EQUAL_WITHIN, Case, gap, raises
from mlops.ml.contract import CONFIG_FILE, BadArtifact, MLError


def check_loading_gives_equal_answers(case: Case) -> None:
    """Saved, loaded, saved again and loaded again: the same answers, config and labels."""
    estimator = case.fitted
    for _ in range(2):
        with case.new_folder() as folder:
            estimator.save(folder)
            estimator = case.cls.load(folder)
        assert estimator.config == case.fitted.config, f"{case.name} forgets its config when it is saved"
        assert estimator.labels == case.fitted.labels, f"{case.name} forgets its labels when it is saved"
        found = gap(estimator.answer(case.test), case.answers)
        assert found == 0, f"{case.name} answers otherwise (by {found:.2g}) when it was saved and loaded"


def check_nothing_on_disk_can_run_code(case: Case) -> None:
    """No pickle and no kind of file that an artifact may not hold."""
    with case.new_folder() as folder:
        case.fitted.save(folder)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                assert path.suffix in SAFE_SUFFIXES, f"{case.name} saves {path.name}, a kind of file that is not kept"
                assert not _has_pickle(path), f"{case.name} saves a pickle as {path.name}"


def check_damaged_files_are_refused(case: Case) -> None:
    """A missing, cut or foreign file gives BadArtifact; only a file that loading does not need may be damaged."""
    cls = case.cls
    with case.new_folder() as folder:
        raises(BadArtifact, lambda: cls.load(folder), f"{case.name} must refuse an empty folder with BadArtifact")
        case.fitted.save(folder)
        n_refused = 0
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            whole = path.read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
            n_refused += _is_refused(case, folder, path.name)
            path.write_bytes(whole)
        n_least = 1 if len(list(folder.iterdir())) == 1 else 2
        assert n_refused >= n_least, f"{case.name} loads whatever happens to its files"
        facts = json.loads((folder / CONFIG_FILE).read_text("utf-8"))
        (folder / CONFIG_FILE).write_text(json.dumps({**facts, "estimator": "another"}), "utf-8")
        raises(BadArtifact, lambda: cls.load(folder), f"{case.name} must refuse another estimator's files")


def check_onnx_answers_alike(case: Case) -> None:
    """The exported file has the inputs and outputs it should have and answers alike, for any number of examples."""
    if not hasattr(case.fitted, "export_onnx"):
        return
    import onnxruntime

    with case.new_folder() as folder:
        case.fitted.export_onnx(folder / "model.onnx")
        session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
        for n in sorted({1, min(5, len(case.test)), len(case.test)}):
            part = case.test.take(np.arange(len(case.test) - n, len(case.test)))
            inputs: dict[str, Any] = case.fitted.onnx_inputs(part)
            names = [one.name for one in session.get_inputs()]
            assert set(names) <= set(inputs), f"the file of {case.name} wants {names}, not {list(inputs)}"
            expected = case.fitted.onnx_answer(part)
            outputs = [one.name for one in session.get_outputs()]
            assert set(outputs) == set(expected), f"the file of {case.name} answers {outputs}, not {list(expected)}"
            found = dict(zip(outputs, session.run(outputs, {name: inputs[name] for name in names}), strict=True))
            difference = gap(found, expected)
            assert difference < EQUAL_WITHIN, f"the file of {case.name} answers otherwise, by {difference:.2g}"


def _is_refused(case: Case, folder: Path, name: str) -> bool:
    """Whether a damaged file is refused; one that is taken all the same must not change an answer."""
    try:
        loaded = case.cls.load(folder)
    except BadArtifact:
        return True
    except Exception as error:
        kind = type(error).__name__
        wrong = "another typed error" if isinstance(error, MLError) else kind
        raise AssertionError(f"{case.name} meets a damaged {name} with {wrong}, not with BadArtifact") from error
    same = gap(loaded.answer(case.test), case.answers) == 0
    assert same, f"{case.name} takes a damaged {name} and answers otherwise"
    return False


def _has_pickle(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(2)
    if start[:1] == b"\x80" and start[1:] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return True
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith((".pkl", ".pickle")) for name in archive.namelist())


KEEPING = (
    check_loading_gives_equal_answers,
    check_nothing_on_disk_can_run_code,
    check_damaged_files_are_refused,
    check_onnx_answers_alike,
)
