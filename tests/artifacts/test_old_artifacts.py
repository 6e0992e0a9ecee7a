"""Models that earlier versions wrote load and answer what they answered."""

import json
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops.ml.artifact import MANIFEST, read_manifest
from mlops.ml.bases.rows import Rows
from mlops.ml.bases.sequences import Sequences
from mlops.ml.contract import Windows
from mlops.ml.registry import estimator_class, estimators
from mlops.ml.survival.rows import SurvivalRows
from tests.artifacts.make import FOLDER

WITHIN = 1e-5
"""Other processors add up in another order."""
SETS = sorted(path.name for path in FOLDER.glob("artifacts_*.tar.gz"))
FAMILIES = {name for name, path in estimators().items() if path.startswith("mlops.ml.")}


@cache
def answers_of(archive: str) -> dict[str, Any]:
    with tarfile.open(FOLDER / archive) as packed:
        return json.load(packed.extractfile("answers.json"))


CASES = [(archive, name) for archive in SETS for name in answers_of(archive)]


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {}
    for archive in SETS:
        found[archive] = tmp_path_factory.mktemp("old")
        with tarfile.open(FOLDER / archive) as packed:
            packed.extractall(found[archive], filter="data")
    return found


def examples(domain: str, values: list[Any]) -> Any:
    if domain == "biomechanics":
        return Sequences([np.array(one, np.float32) for one in values], None, np.array(["somebody"] * len(values)))
    x = np.array(values, np.float64)
    groups = np.array(["somebody"] * len(x))
    if domain == "survival":
        names = tuple("abcd"[: x.shape[1]])
        return SurvivalRows(x, np.ones(len(x)), np.zeros(len(x), bool), groups, names)
    if domain == "embeddings":
        return Rows(x.astype(np.float32), None, groups, tuple("abcdef"[: x.shape[1]]))
    return Windows(x.astype(np.float32), None, groups, ())


def numbers_or_mask(values: list[Any]) -> np.ndarray:
    found = np.array(values)
    return found if found.dtype == bool else np.array(values, np.float32)


def assert_same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert set(found) == set(wanted)
    for name, values in wanted.items():
        np.testing.assert_allclose(
            np.asarray(found[name], np.float64), np.array(values, np.float64), rtol=WITHIN, atol=WITHIN, err_msg=name
        )


def test_there_are_models_of_every_family() -> None:
    assert set().union(*(answers_of(archive) for archive in SETS)) >= FAMILIES


@pytest.mark.parametrize(("archive", "name"), CASES)
def test_an_old_estimator_answers_as_it_did(archive: str, name: str, unpacked: dict[str, Path]) -> None:
    said = answers_of(archive)[name]
    folder = unpacked[archive] / name
    assert read_manifest(folder)["estimator"] == name
    loaded = estimator_class(name).load(folder)
    assert_same(loaded.answer(examples(said["domain"], said["examples"])), said["answers"])


@pytest.mark.parametrize(("archive", "name"), [case for case in CASES if answers_of(case[0])[case[1]]["onnx_inputs"]])
def test_an_old_file_is_served_as_it_was(archive: str, name: str, unpacked: dict[str, Path]) -> None:
    """With ONNX Runtime alone, as the site does."""
    from mlops.ml.scoring import OnnxAnswers

    said = answers_of(archive)[name]
    inputs = {key: numbers_or_mask(values) for key, values in said["onnx_inputs"].items()}
    assert_same(OnnxAnswers.open(unpacked[archive] / name).run(inputs), said["onnx_answers"])


SHIPPED = sorted(Path("mlops/champions").glob(f"*/*/{MANIFEST}"))


@pytest.mark.django_db
@pytest.mark.parametrize("manifest", SHIPPED, ids=lambda path: path.parent.parent.name)
def test_a_shipped_model_opens_and_answers(manifest: Path) -> None:
    """By its kind, as the site opens it; that updates keep its numbers is held by the site of an earlier version."""
    from mlops.kinds.base import task_kind

    facts = read_manifest(manifest.parent)
    kind = task_kind(facts["kind"])
    example = kind.example_input(facts)
    output = kind.scorer(manifest.parent).answer(example)
    assert len(output) == len(example)
