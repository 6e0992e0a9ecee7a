"""Generated scenes, the detector that learns from them, and the file that is shipped."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from django.core.management import CommandError, call_command

from mlops.ml.artifact import sha256_of
from mlops.ml.vision.own_detector import FOLDER, SHIPPED
from mlops.ml.vision.own_detector.export import MANIFEST, MAX_BYTES
from mlops.ml.vision.own_detector.measuring import average_precision, precision_by_class
from mlops.ml.vision.own_detector.network import SIDE, STRIDE, DetectorNet, YoloShaped
from mlops.ml.vision.own_detector.scene_set import batches, rendered
from mlops.ml.vision.own_detector.targets import loss_of, targets_of
from mlops.ml.vision.scenes.scene import CLASSES, scene
from mlops.ml.vision.video.extract import extract_features
from mlops.ml.vision.video.options import ExtractOptions
from mlops.ml.vision.video.yolo import YoloDetector
from tests.ml.vision.video.filmed import film, squatting

CELLS = SIDE // STRIDE
BOX = np.array([[1, 40, 60, 120, 200]], np.float32)


def test_a_scene_is_the_same_again_and_its_boxes_lie_in_it():
    seen = set()
    for number in range(40):
        one = scene(np.random.default_rng(number), 128)
        assert one.rgb.shape == (128, 128, 3)
        assert ((one.boxes[:, 1:] >= 0) & (one.boxes[:, 1:] <= 128)).all()
        assert (one.boxes[:, 3:] > one.boxes[:, 1:3]).all()
        seen |= set(one.boxes[:, 0].astype(int).tolist())
    assert seen == set(range(len(CLASSES)))
    again = scene(np.random.default_rng(39), 128)
    assert np.array_equal(again.rgb, one.rgb)
    assert np.array_equal(again.boxes, one.boxes)


def test_what_varies_a_scene_moves_its_boxes_along(tmp_path):
    scenes = rendered(6, 128, 3, tmp_path, lambda done, n: None)
    scenes.rgb[:] = 0
    for number, boxes in enumerate(scenes.boxes):  # white where the first thing is
        if len(boxes):
            left, top, right, bottom = boxes[0, 1:].astype(int)
            scenes.rgb[number, top:bottom, left:right] = 255
            scenes.boxes[number] = boxes[:1]
    n = 0
    for _ in range(4):
        for rgb, boxes in batches(scenes, 3, np.random.default_rng(1)):
            for picture, own in zip(rgb, boxes, strict=True):
                if len(own):
                    rows, columns = np.nonzero(picture[:, :, 0] > 127)
                    found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
                    np.testing.assert_allclose(found, own[0, 1:], atol=2.5)
                    n += 1
    assert n > 5


def test_the_right_answer_costs_least_and_reads_as_the_box():
    hills, edges, weights = targets_of([BOX], len(CLASSES), SIDE)
    logits = torch.where(hills > 0.999, 12.0, -12.0)
    sizes = torch.log(torch.expm1(edges.clamp(min=0.01)))  # what softplus turns into the edges
    right = torch.cat([logits, sizes], 1)
    n = len(CLASSES)
    best = loss_of(right, hills, edges, weights, n)
    assert best < 0.01
    assert loss_of(torch.cat([logits, sizes + 1], 1), hills, edges, weights, n) > best + 0.1
    assert loss_of(torch.cat([-logits, sizes], 1), hills, edges, weights, n) > best + 1

    class Fixed(torch.nn.Module):
        n_classes = n

        def forward(self, images):
            return right

    answer = YoloShaped(Fixed(), SIDE)(torch.zeros(1, 3, SIDE, SIDE))[0].T
    x, y, wide, high = answer[answer[:, 4 + 1].argmax(), :4].tolist()
    np.testing.assert_allclose([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2], BOX[0, 1:], atol=0.1)


def test_average_precision_by_hand():
    hit = np.array([True, False, True])
    assert average_precision(np.array([0.9, 0.8, 0.7]), hit, 2) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(np.array([0.9]), np.array([True]), 4) == 0.25
    assert average_precision(np.zeros(0), np.zeros(0, bool), 3) == 0.0


def test_the_network_answers_for_every_cell():
    net = DetectorNet(len(CLASSES)).eval()
    assert net(torch.zeros(2, 3, SIDE, SIDE)).shape == (2, len(CLASSES) + 4, CELLS, CELLS)


def test_the_command_writes_a_detector_that_opens(tmp_path):
    output = tmp_path / "own.onnx"
    call_command("train_object_detector", "--output", str(output), "--scenes", "16", "--held-out", "4", "--epochs", "1")
    told = json.loads((tmp_path / MANIFEST).read_text())
    assert told["sha256"] == sha256_of(output)
    assert told["measured_on"] == "4 held-out generated scenes"
    assert "--scenes 16" in told["command"]
    detector = YoloDetector(output)
    assert detector.labels == CLASSES
    assert detector.find(np.zeros((90, 160, 3), np.uint8)).shape[1] == 6
    with pytest.raises(CommandError, match="onnx"):
        call_command("train_object_detector", "--output", str(tmp_path / "own.pt"))
    with pytest.raises(CommandError, match="at least"):
        call_command("train_object_detector", "--output", str(output), "--scenes", "3")


def test_the_shipped_file_is_the_one_of_its_manifest_and_small():
    told = json.loads((FOLDER / MANIFEST).read_text())
    assert told["sha256"] == sha256_of(SHIPPED)
    assert SHIPPED.stat().st_size <= MAX_BYTES
    assert told["command"].startswith("manage.py train_object_detector")
    assert "generated" in told["measured_on"]
    detector = YoloDetector(SHIPPED)
    assert detector.labels == CLASSES
    kept_from = dict(zip(CLASSES, detector.kept_from.tolist(), strict=True))
    assert kept_from == pytest.approx(told["least_confidence"], abs=1e-3)


def test_the_shipped_detector_finds_what_it_learned_in_scenes_it_never_saw(tmp_path):
    held_out = rendered(60, SIDE, 977, tmp_path, lambda done, n: None)
    found = precision_by_class(YoloDetector(SHIPPED, keep_all=True), held_out)
    told = json.loads((FOLDER / MANIFEST).read_text())["ap50"]
    assert np.mean([one["ap50"] for one in found.values()]) > told - 0.06


def test_objects_are_looked_for_without_being_asked_and_it_is_said_by_what(tmp_path):
    video = film(tmp_path / "a.mp4", squatting(4))
    facts = extract_features(video, tmp_path / "f.parquet", ExtractOptions(detector="yolo"))
    rows = pq.read_table(tmp_path / "f.parquet").to_pandas()
    assert rows.yolo_objects.notna().all()
    assert facts["objects"] == list(CLASSES)
    assert facts["networks"]["objects"] == {"name": "own", "sha256": sha256_of(SHIPPED)}
    assert any("generated scenes" in note for note in facts["notes"])
    none = extract_features(video, tmp_path / "n.parquet", ExtractOptions(detector="yolo", objects="none"))
    assert none["objects"] is None
    assert any("No object detector" in note for note in none["notes"])
