"""One training in two processes: the same model in both, as good as one process makes; large arrays on disk."""

import fcntl
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from mlops.ml.checks.case import gap
from mlops.ml.contract import Cancelled, Windows
from mlops.ml.launch import (
    LOCK,
    PREFIX,
    LaunchFailed,
    _follow,
    fit_in_processes,
    leftovers_remove,
    main,
    write_job,
)
from mlops.ml.mapped import float_array
from mlops.ml.registry import estimator_class
from tests.ml.toys import ToyConfig, ToyImage, ToyRow, images, rows


def waves(n=240, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    x = rng.normal(0, 0.4, size=(n, 24, 2)).astype(np.float32)
    x[:, :, 0] += np.where(y, 1.0, -1.0)[:, None]
    return Windows(x, y, np.array(["p"] * n), ("low", "high"))


def small(**more):
    found = estimator_class("cnn")
    return found(found.Config(epochs=2, batch_size=32, **more))


@pytest.fixture(scope="module")
def two():
    """A model trained in two processes, its report and what was told meanwhile."""
    estimator, steps, epochs = small(), [], []
    report = fit_in_processes(
        estimator, waves(), validation=waves(60, 1), n_processes=2,
        on_step=lambda done, total: steps.append((done, total)), on_epoch=epochs.append,
    )  # fmt: skip
    return estimator, report, steps, epochs


def test_two_processes_make_one_good_model(two, tmp_path):
    estimator, report, steps, epochs = two
    test = waves(80, 2)
    assert (estimator.predict(test.x) == test.y).mean() > 0.95
    assert estimator.config == small().config
    assert [row["epoch"] for row in epochs] == [1.0, 2.0] == [row["epoch"] for row in report.curve]
    assert steps[-1] == (16, 16), "240 windows in batches of 32, half of each in either process"
    estimator.save(tmp_path)
    again = type(estimator).load(tmp_path)
    np.testing.assert_array_equal(again.predict_proba(test.x), estimator.predict_proba(test.x))


CONFIG = {"epochs": 3, "batch_size": 12, "learning_rate": 0.03, "warmup_steps": 0}


def fit_by_two(cls, make_data, trainer, folder, **more):
    """The estimator, its report and the steps it took, fitted in two processes."""
    estimator, steps = cls(ToyConfig(**CONFIG, trainer=trainer)), []
    report = fit_in_processes(
        estimator, make_data(0), validation=make_data(1), seed=3, n_processes=2, checkpoint_dir=folder,
        on_step=lambda done, total: steps.append(done), **more,
    )  # fmt: skip
    return estimator, report, steps


@pytest.mark.parametrize(("trainer", "cls", "make_data"), [("loop", ToyRow, rows), ("hf", ToyImage, images)])
def test_two_processes_do_what_one_does_and_go_on_after_a_kill(trainer, cls, make_data, tmp_path):
    """Rows know neither dropout nor batch statistics: two processes make the model of one. Images are normalised by
    batch, so that the running statistics of the first process have to be the ones that are kept."""

    def die(row):
        if row["epoch"] == 2:
            raise KeyboardInterrupt

    whole, by_two, _ = fit_by_two(cls, make_data, trainer, tmp_path / "whole")
    alone = cls(ToyConfig(**CONFIG, trainer=trainer))
    by_one = alone.fit(make_data(0), validation=make_data(1), seed=3)
    assert whole.config == alone.config
    if cls is ToyRow:
        for mine, theirs in zip(by_one.curve, by_two.curve, strict=True):
            assert mine == pytest.approx(theirs, rel=1e-4)
        assert gap(alone.answer(make_data(2)), whole.answer(make_data(2))) < 1e-2  # of numbers around 50
    with pytest.raises(KeyboardInterrupt):
        fit_by_two(cls, make_data, trainer, tmp_path / "killed", on_epoch=die)
    again, report, steps = fit_by_two(cls, make_data, trainer, tmp_path / "killed")
    assert report.curve == by_two.curve
    assert steps[0] > len(steps) / 3, "the first epoch was not repeated"
    assert gap(whole.answer(make_data(2)), again.answer(make_data(2))) == 0


def test_torchrun_starts_it_too(tmp_path):
    write_job(tmp_path, small(), waves(64), seed=3)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*command, "-m", "mlops.ml.launch", str(tmp_path)],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-8000:]
    facts = json.loads((tmp_path / "trained" / "config.json").read_text())
    assert facts["config"]["batch_size"] == 32
    assert (tmp_path / "trained" / "model.safetensors").is_file()


def test_a_callback_may_cancel():
    def stop(done, total):
        raise Cancelled("enough")

    told = [b"a library's words", b'{"epoch": {"epoch": 1.0}}', b'{"step": [1, 2]}']
    with pytest.raises(Cancelled):
        _follow(SimpleNamespace(stdout=told), stop, lambda row: None)


def test_a_killed_launch_leaves_nothing_for_long(tmp_path):
    abandoned, used = (tmp_path / f"{PREFIX}{name}" for name in ("abandoned", "used"))
    for folder in (abandoned, used):
        folder.mkdir()
        (folder / LOCK).touch()
    with (used / LOCK).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert leftovers_remove(tmp_path) == 1
    assert used.is_dir()
    assert not abandoned.exists()


def test_a_folder_is_trained_once(tmp_path, monkeypatch):
    (tmp_path / "trained").mkdir()
    monkeypatch.setattr(sys, "argv", ["launch", str(tmp_path)])
    with pytest.raises(LaunchFailed):
        main()


def test_large_arrays_lie_on_disk(tmp_path):
    array = float_array((100, 10, 2), tmp_path, map_above=1000)
    assert isinstance(array, np.memmap)
    array[:] = 1
    assert array.sum() == 2000
    assert not list(tmp_path.iterdir()), "its file has no name"
    assert not isinstance(float_array((2, 2, 2), tmp_path), np.memmap)
