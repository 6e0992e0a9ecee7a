"""The form model: what it is fed, how it is split, judged, withheld, kept."""

import numpy as np
import pytest

from mlops.ml.bases.sequences import Sequences
from mlops.ml.biomechanics.generator import EXERCISES, generate_repetition
from mlops.ml.biomechanics.generator.dataset import generate, write_dataset
from mlops.ml.biomechanics.geometry import ANGLES, INDEX
from mlops.ml.biomechanics.judging import GATES, form_report, passed, withholding
from mlops.ml.biomechanics.learning import read_generated, repetitions_made, split_by_subject, with_mirrored
from mlops.ml.biomechanics.likeness import is_like, likeness_fit, statistics_of
from mlops.ml.biomechanics.preparing import RATE_HZ, prepared
from mlops.ml.contract import BadArtifact, BadShape, BadValue

SMALL = {"epochs": 2, "batch_size": 8}


@pytest.fixture(scope="module")
def made() -> Sequences:
    return repetitions_made(generate(40))


@pytest.fixture(scope="module")
def fitted(made):
    from mlops.ml.biomechanics.estimator import GraphLSTM, GraphLSTMConfig

    train, held_out = split_by_subject(made)
    estimator = GraphLSTM(GraphLSTMConfig(**SMALL))
    report = estimator.fit(train, validation=held_out, seed=0)
    return estimator, report, train, held_out


def _perfect(data):
    """Outputs that say the truth."""
    return [
        {
            "form_score_value": [data.y["form_score"][i]], "risk_value": [data.y["risk"][i]],
            "joint_angles_value": data.y["joint_angles"][i], "exercise_probabilities": np.eye(5)[data.y["exercise"][i]],
        }
        for i in range(len(data))
    ]  # fmt: skip


# -- what it is fed ------------------------------------------------------------------------------------


def test_preparing_keeps_places_and_makes_axes_alike():
    made = generate_repetition("squat", {}, "right", 1, jitter=0)
    aspect = made.camera.width / made.camera.height
    x = prepared(made.landmarks, made.times, aspect)
    assert x.shape == (int(made.times[-1] * RATE_HZ + 1e-6) + 1, 33, 3)
    middle = made.landmarks[np.abs(made.times - 5 / RATE_HZ) <= 0.5 / RATE_HZ].mean(axis=0) * [aspect, 1, aspect]
    assert np.abs(x[5] - middle).max() < 1e-5


def test_preparing_fills_between_rare_frames():
    points = np.zeros((4, 33, 3))
    points[:, :, 1] = np.arange(4)[:, None]
    x = prepared(points, np.arange(4) * 0.5, 1.0)
    assert np.abs(np.diff(x[:, 0, 1])).max() < 1.0
    assert x[0, 0, 1] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("landmarks", "times", "aspect", "error"),
    [
        (np.zeros((10, 17, 3)), np.arange(10) / 10, 1.0, BadShape),
        (np.zeros((10, 33, 3)), np.arange(9) / 10, 1.0, BadShape),
        (np.full((10, 33, 3), np.nan), np.arange(10) / 10, 1.0, BadValue),
        (np.zeros((10, 33, 3)), np.zeros(10), 1.0, BadValue),
        (np.zeros((10, 33, 3)), np.arange(10) / 100, 1.0, BadValue),
        (np.zeros((10, 33, 3)), np.arange(10) / 10, 0.0, BadValue),
        (np.zeros((10, 33, 3)), np.arange(10) * 100.0, 1.0, BadValue),
    ],
)
def test_what_is_no_repetition_is_refused(landmarks, times, aspect, error):
    with pytest.raises(error):
        prepared(landmarks, times, aspect)


def test_a_mirror_exchanges_left_and_right(made):
    both = with_mirrored(made)
    n = len(made)
    left, right = list(ANGLES).index("left_knee_angle"), list(ANGLES).index("right_knee_angle")
    assert np.array_equal(both.y["joint_angles"][n:, left], made.y["joint_angles"][:, right])
    assert np.array_equal(both.load(n)[:, INDEX["left_wrist"], 0], -made.load(0)[:, INDEX["right_wrist"], 0])
    assert list(both.groups[n:]) == list(made.groups)


# -- split and judged ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_no_person_is_on_both_sides(made, seed):
    train, held_out = split_by_subject(made, seed=seed)
    assert not set(train.groups) & set(held_out.groups)
    assert len(train) + len(held_out) == len(made)
    assert len(set(held_out.groups)) == round(0.2 * len(set(made.groups)))


def test_gates_pass_for_the_truth_and_fail_for_guesses(made):
    perfect = _perfect(made)
    assert all(passed(form_report(perfect, made)).values())
    guess = {
        "form_score_value": [10.0], "risk_value": [90.0], "joint_angles_value": [0.0] * 6,
        "exercise_probabilities": [1.0, 0, 0, 0, 0],
    }  # fmt: skip
    found = passed(form_report([guess] * len(made), made))
    assert found == dict.fromkeys(GATES, False)


@pytest.mark.parametrize("gate", list(GATES))
def test_each_gate_can_fail_alone(made, gate):
    outputs = _perfect(made)
    for row in outputs:
        if gate in ("form_mae", "form_rmse"):
            row["form_score_value"] = [row["form_score_value"][0] * 0.5]
        elif gate == "angle_mae":
            row["joint_angles_value"] = np.asarray(row["joint_angles_value"]) + 20
        elif gate == "risk_mae":
            row["risk_value"] = [100 - row["risk_value"][0]]
        else:
            row["exercise_probabilities"] = np.roll(row["exercise_probabilities"], 1)
    failed = {name for name, is_met in passed(form_report(outputs, made)).items() if not is_met}
    assert gate in failed
    assert failed <= ({"form_mae", "form_rmse"} if gate.startswith("form") else {gate})


def test_what_nobody_knows_is_not_measured(made):
    unknown = {"form_score": made.y["form_score"], "exercise": np.full(len(made), -1),
               "joint_angles": np.full((len(made), 6), np.nan), "risk": np.full(len(made), np.nan)}  # fmt: skip
    report = form_report(_perfect(made), Sequences(made.items, unknown, made.groups, made.labels))
    assert report["form_mae"] == pytest.approx(0.0)
    assert report["angle_mae"] is report["risk_mae"] is report["exercise_accuracy"] is None


# -- withheld ------------------------------------------------------------------------------------------


def test_stillness_and_foreign_movement_are_unlike():
    known = repetitions_made(generate(200))
    numbers = np.array([statistics_of(known.load(i)) for i in range(len(known))])
    rules = likeness_fit(numbers, known.y["exercise"], numbers, known.y["exercise"], len(EXERCISES))
    passes = [is_like(rules, int(e), one) for e, one in zip(known.y["exercise"], numbers, strict=True)]
    assert np.mean(passes) > 0.97
    still = np.repeat(known.load(0)[:1], 20, axis=0)
    thrown = np.cumsum(np.random.default_rng(0).normal(0, 0.05, known.load(0).shape), axis=0).astype(np.float32)
    for exercise in range(len(EXERCISES)):
        assert not is_like(rules, exercise, statistics_of(still)), EXERCISES[exercise]
        assert not is_like(rules, exercise, statistics_of(thrown)), EXERCISES[exercise]


def test_withholding_is_json_with_bands_that_hold_most_truths(made):
    import json

    outputs = _perfect(made)
    rng = np.random.default_rng(0)
    for row in outputs:
        row["form_score_value"] = [row["form_score_value"][0] + rng.normal(0, 5)]
    found = withholding(made, outputs, made)
    json.dumps(found, allow_nan=False)
    assert 5 < found["bands"]["form_score"] < 13


# -- kept ----------------------------------------------------------------------------------------------


def test_the_kept_epoch_has_the_least_error_of_form(fitted):
    _, report, _, _ = fitted
    errors = [row["val_form_score_rmse"] for row in report.curve]
    assert report.metrics["val_form_score_rmse"] == min(errors)


def test_the_file_and_the_graph_answer_alike(fitted, tmp_path):
    import onnxruntime

    from mlops.ml.biomechanics import GNNLSTM
    from mlops.ml.biomechanics.estimator import GraphLSTM

    estimator, _, _, held_out = fitted
    estimator.save(tmp_path)
    estimator.export_onnx(tmp_path / "model.onnx")
    assert (tmp_path / "gnn_lstm_best.safetensors").is_file()
    wanted = estimator.answer(held_out)
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    found = dict(zip([one.name for one in session.get_outputs()],
                     session.run(None, held_out.batch(np.arange(len(held_out)))), strict=True))  # fmt: skip
    again = GraphLSTM.load(tmp_path).answer(held_out)
    for name, values in wanted.items():
        assert np.abs(values - found[name]).max() < 1e-3, name
        assert np.array_equal(values, again[name]), name
    alone = GNNLSTM.load(tmp_path).predict([held_out.load(0)])[0]
    assert alone["form_score"] == pytest.approx(float(np.clip(wanted["form_score_value"][0, 0], 0, 100)), abs=1e-3)
    knee = float(wanted["joint_angles_value"][0, 0])
    assert alone["joint_angles"]["left_knee_angle"] == pytest.approx(knee, abs=1e-3)
    with pytest.raises(BadArtifact):
        GNNLSTM.load(tmp_path / "model.onnx")


def test_longer_neighbours_change_nothing(fitted):
    estimator, _, _, held_out = fitted
    together = estimator.answer(held_out)["form_score_value"]
    alone = np.concatenate([estimator.answer(held_out.take(np.array([i])))["form_score_value"] for i in range(4)])
    assert np.abs(together[:4] - alone).max() < 1e-3


def test_distance_and_place_in_the_picture_do_not_matter(fitted):
    estimator, _, _, held_out = fitted
    x = held_out.load(0)
    elsewhere = 0.5 * x + np.array([0.3, -0.2, 0.1], np.float32)
    moved = Sequences([x, elsewhere], None, np.array(["a", "b"]), held_out.labels)
    one, other = estimator.answer(moved)["form_score_value"][:, 0]
    assert one == pytest.approx(other, abs=0.05)


def test_the_network_has_the_layers_that_it_says():
    from mlops.ml.biomechanics import GNNLSTM

    model = GNNLSTM()
    assert model.first.around.out_features == model.second.around.out_features == 64
    assert (model.lstm.num_layers, model.lstm.hidden_size) == (2, 128)
    sizes = {name: tuple(value.shape) for name, value in model.eval()(_zeros()).items()}
    assert sizes == {"form_score": (2, 1), "joint_angles": (2, 6), "exercise": (2, 5), "risk": (2, 1)}


def _zeros():
    import torch

    return torch.zeros(2, 12, 33, 3)


def test_written_and_made_are_the_same(tmp_path):
    write_dataset(tmp_path, 10)
    read, direct = read_generated(tmp_path), repetitions_made(generate(10))
    assert np.array_equal(read.load(3), direct.load(3))
    assert list(read.groups) == list(direct.groups)
    assert np.abs(read.y["form_score"] - direct.y["form_score"]).max() < 0.01
    with pytest.raises(BadArtifact):
        read_generated(tmp_path / "nothing")


def test_a_mirror_image_is_judged_alike(fitted):
    estimator, _, _, held_out = fitted
    both = estimator.answer(with_mirrored(held_out))
    n = len(held_out)
    assert np.abs(both["form_score_value"][:n] - both["form_score_value"][n:]).max() < 1e-3
    left, right = list(ANGLES).index("left_knee_angle"), list(ANGLES).index("right_knee_angle")
    assert np.abs(both["joint_angles_value"][:n, left] - both["joint_angles_value"][n:, right]).max() < 1e-3
