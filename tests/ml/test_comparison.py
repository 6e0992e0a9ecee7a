"""The table of all estimators: the same data for everybody, and words that follow from the figures."""

from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest

from mlops.ml.sensors.comparison.cells import cell_read, cell_write, config_of
from mlops.ml.sensors.comparison.data import physical_therapy, simulated_flextail
from mlops.ml.sensors.comparison.table import page

SET = SimpleNamespace(name="made_up", title="Made up", about="some windows", block_word="person")


def cell(accuracy: float, *, n: int = 2000, seconds: float = 1.0, epochs: int | None = None) -> dict:
    right = np.arange(n) < round(accuracy * n)
    mixed = np.random.default_rng(0).permutation(right)
    return {
        "accuracy": accuracy, "f1_macro": accuracy, "ece": 0.01, "train_accuracy": 1.0, "cpu_seconds": seconds,
        "epochs": epochs, "native_bytes": 10, "onnx_bytes": 10, "onnx_gap": 1e-7, "correct": mixed.astype(int).tolist(),
        "blocks": (np.arange(n) % 40).astype(str).tolist(), "about": SET.about,
    }  # fmt: skip


def words(**cells: dict) -> str:
    return page([SET], {SET.name: cells}, command="the command", machine="a machine")


@pytest.mark.parametrize(
    ("forest", "kernels", "says"),
    [
        (0.80, 0.95, "Wanted was clearly better: met by `random_kernels`."),
        (0.80, 0.80, "Wanted was clearly better: MISSED, by every one of them."),
        (0.995, 0.995, "Wanted was at least equal, as the forest is at 0.99 or more: met."),
        (0.995, 0.90, "Wanted was at least equal, as the forest is at 0.99 or more: MISSED."),
    ],
)
def test_what_was_wanted_of_the_forest_is_answered(forest, kernels, says):
    assert says in words(random_forest=cell(forest), random_kernels=cell(kernels))


def test_more_than_everything_right_cannot_be_wanted():
    text = words(random_forest=cell(0.975, n=40), random_kernels=cell(1.0, n=40))
    assert "MISSED, by every one of them; `random_kernels` are right on every case" in text


@pytest.mark.parametrize(("seconds", "accuracy", "says"), [(50, 0.9, "met"), (10, 0.9, "MISSED"), (50, 0.99, "MISSED")])
def test_kernels_must_be_quicker_and_no_worse_than_the_bilstm(seconds, accuracy, says):
    text = words(random_kernels=cell(0.9), bilstm=cell(accuracy, seconds=seconds, epochs=20))
    assert f"Wanted was 20 times at no lower accuracy: {says}." in text
    assert "the BiLSTM had 20 epochs, 50 are its default" in text


def test_a_cell_of_other_data_or_epochs_is_made_again(tmp_path):
    cell_write(tmp_path, cell(0.9) | {"estimator": "bilstm", "config": asdict(config_of("physical_therapy", "bilstm"))})
    same = SimpleNamespace(name="physical_therapy", about=SET.about)
    assert cell_read(tmp_path, same)
    assert cell_read(tmp_path, SimpleNamespace(name="physical_therapy", about="other windows")) is None
    cell_write(tmp_path, cell(0.9) | {"estimator": "bilstm", "config": {"epochs": 2}})
    assert cell_read(tmp_path, same) is None


def test_people_who_judge_teach_nothing_and_lessons_do_not_overlap(tmp_path):
    rng = np.random.default_rng(0)
    for who in ("s1", "s2", "s3"):
        for number in range(1, 9):
            for unit in ("u2", "u5"):
                folder = tmp_path / who / f"e{number}" / unit
                folder.mkdir(parents=True)
                rows = np.column_stack([np.arange(400), rng.normal(size=(400, 6))])
                np.savetxt(folder / "test.txt", rows, delimiter=";", header="head", comments="")
    data = physical_therapy(tmp_path)
    assert len(data.folds) == 3
    for fold in data.folds:
        assert not set(fold.train.groups) & set(fold.test.groups)
        assert fold.train.x.shape[1:] == (62, 12)
        n_cut = (200 - data.spec.length) // data.spec.stride + 1
        assert len(fold.test) == 8 * n_cut
        assert len(fold.train) == 2 * 8 * -(-n_cut // 2)
    assert len(data.blocks) == sum(len(fold.test) for fold in data.folds)


def test_simulated_people_are_kept_apart():
    data = simulated_flextail(4)
    (fold,) = data.folds
    parts = [set(part.groups) for part in (fold.train, fold.validation, fold.test)]
    assert all(parts)
    assert sum(map(len, parts)) == len(set.union(*parts)) == 4
    assert fold.train.x.shape[1:] == (75, 5)
