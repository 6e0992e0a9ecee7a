"""Labels by frame, and objects through an ONNX file made like YOLO's export."""

import json

import numpy as np
import numpy.typing as npt
import onnx
import pyarrow.parquet as pq
import pytest
from onnx import TensorProto, helper, numpy_helper

from mlops.ml.contract import BadArtifact, UnreadableInput
from mlops.ml.limited import Limits, in_child
from mlops.ml.vision.video.coco import COCO_LABELS
from mlops.ml.vision.video.extract import extract_features
from mlops.ml.vision.video.labels import read_labels
from mlops.ml.vision.video.objects import object_detector
from mlops.ml.vision.video.options import ExtractOptions
from mlops.ml.vision.video.yolo import letterbox, non_maximum
from tests.ml.vision.video.filmed import film, squatting


def yolo_file(path, boxes, n_channels=84, names=None):
    """A network that always answers these boxes: (class, confidence, middle x, middle y, width, height) in 640 pixels.

    It adds nothing of the picture but reads it, as ONNX Runtime wants its inputs used.
    """
    answer = np.zeros((1, n_channels, 8400), np.float32)
    for place, (number, confidence, *box) in enumerate(boxes):
        answer[0, :4, place] = box
        answer[0, 4 + number, place] = confidence
    nodes = [
        helper.make_node("ReduceSum", ["images"], ["total"], keepdims=0),
        helper.make_node("Mul", ["total", "zero"], ["nothing"]),
        helper.make_node("Add", ["answer", "nothing"], ["output0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "yolo",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 640, 640])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, list(answer.shape))],
        [numpy_helper.from_array(answer, "answer"), numpy_helper.from_array(np.float32(0), "zero")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if names is not None:
        helper.set_model_props(model, {"names": str(names)})
    onnx.save(model, path)
    return path


PERSON, BOTTLE = COCO_LABELS.index("person"), COCO_LABELS.index("bottle")
FOUND = [(BOTTLE, 0.8, 320, 320, 64, 64), (BOTTLE, 0.6, 324, 320, 64, 64), (PERSON, 0.9, 320, 320, 200, 300),
         (BOTTLE, 0.1, 100, 300, 20, 20)]  # fmt: skip


def test_boxes_are_shares_of_the_picture_without_doubles_and_weak_ones(tmp_path):
    detector = object_detector(str(yolo_file(tmp_path / "y.onnx", FOUND)))
    boxes = detector.find(np.zeros((480, 640, 3), np.uint8))
    assert [detector.labels[int(one)] for one in boxes[:, 0]] == ["person", "bottle"]
    np.testing.assert_allclose(boxes[1], [BOTTLE, 0.8, 0.45, (288 - 80) / 480, 0.55, (352 - 80) / 480], atol=1e-5)
    portrait = detector.find(np.zeros((640, 320, 3), np.uint8))
    np.testing.assert_allclose(portrait[1, 2:], [(288 - 160) / 320, 0.45, (352 - 160) / 320, 0.55], atol=1e-5)


def test_a_pose_network_finds_people_and_names_come_from_the_file(tmp_path):
    detector = object_detector(str(yolo_file(tmp_path / "p.onnx", [(0, 0.7, 320, 320, 100, 100)], 56)))
    assert detector.labels == ("person",)
    assert len(detector.find(np.zeros((64, 64, 3), np.uint8))) == 1
    named = object_detector(str(yolo_file(tmp_path / "n.onnx", [(1, 0.7, 9, 9, 9, 9)], 6, {0: "bar", 1: "plate"})))
    assert named.labels == ("bar", "plate")
    other = object_detector(str(yolo_file(tmp_path / "o.onnx", [], 6, "__import__('os')")))
    assert other.labels == ("class_0", "class_1")


def test_what_is_no_detector_is_refused(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"nothing")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "config.json").write_text("{}")
    for where in ("a.onnx", "folder", "none"):
        with pytest.raises(BadArtifact):
            in_child(labels_of)(str(tmp_path / where))
    with pytest.raises(BadArtifact, match="must take"):
        object_detector(str(yolo_file(tmp_path / "b.onnx", [], 4)))


def test_a_folder_for_transformers_is_opened_in_the_child(tmp_path):
    from transformers import YolosConfig, YolosForObjectDetection

    tiny = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    tiny |= {"image_size": [64, 64], "num_detection_tokens": 5, "id2label": {0: "bar", 1: "plate"}}
    YolosForObjectDetection(YolosConfig(**tiny)).save_pretrained(tmp_path)
    size = {"size": {"height": 64, "width": 64}, "do_pad": False, "image_processor_type": "YolosImageProcessor"}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(size))
    labels, boxes = in_child(found_by, Limits(memory_mib=3072, cpu_s=120, wall_s=300))(str(tmp_path))
    assert labels == ("bar", "plate")
    assert boxes.shape == (5, 6)
    assert ((boxes[:, 2:] >= 0) & (boxes[:, 2:] <= 1)).all()
    assert (np.diff(boxes[:, 1]) <= 0).all()


def found_by(where: str) -> tuple[tuple[str, ...], npt.NDArray[np.float32]]:
    from mlops.ml.vision.video import transformers_objects

    transformers_objects.MIN_CONFIDENCE = 0.0  # untrained: it is sure of nothing
    detector = object_detector(where)
    return detector.labels, detector.find(np.zeros((48, 64, 3), np.uint8))


def labels_of(where: str) -> tuple[str, ...]:
    return object_detector(where).labels


def test_letterbox_and_suppression():
    boxed, scale, left, top = letterbox(np.full((100, 200, 3), 255, np.uint8))
    assert (boxed.shape, scale, left, top) == ((1, 3, 640, 640), 3.2, 0, 160)
    assert boxed[0, 0, 0, 0] == pytest.approx(114 / 255)
    assert boxed[0, 0, 320, 320] == 1
    corners = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [8, 0, 18, 10], [1, 0, 11, 10]], np.float32)
    assert non_maximum(corners, np.array([0, 0, 0, 1])) == [0, 2, 3]


def test_objects_and_hands_meet_in_the_file(tmp_path):
    video = film(tmp_path / "a.mp4", squatting(3))
    network = yolo_file(tmp_path / "y.onnx", FOUND)
    facts = extract_features(video, tmp_path / "f.parquet", ExtractOptions(objects=str(network)))
    rows = pq.read_table(tmp_path / "f.parquet").to_pandas()
    assert json.loads(rows.yolo_objects[0]) == ["person", "bottle"]
    assert np.array(json.loads(rows.yolo_boxes[0])).shape == (2, 4)
    assert json.loads(rows.yolo_confidences[0]) == [0.9, 0.8]
    # The bottle ends at 0.45 and 0.55 of the width, the hands hang beside it; the person's box does not count.
    gap = (rows.left_hand_x[0] - 0.55) * 640 / 480
    assert 0 < gap < rows.left_hand_obj_dist[0] + 1e-5 < gap + 0.1
    assert len(facts["networks"]["objects"]["sha256"]) == 64
    assert facts["objects"] == list(COCO_LABELS)
    assert facts["notes"] == []
    extract_features(video, tmp_path / "y.parquet", ExtractOptions(detector="yolo", objects=str(network)))
    rows = pq.read_table(tmp_path / "y.parquet").to_pandas()
    assert rows.yolo_objects.notna().all()
    assert rows.mp_pose_landmarks.isna().all()


def test_labels_of_frames(tmp_path):
    path = tmp_path / "l.csv"
    path.write_bytes("\ufeffframe_index;label\r\n3;Arbeit, lang\r\n4;\r\n\r\n7;idle\r\n7;idle\r\n".encode())
    assert in_child(read_labels)(path) == {3: "Arbeit, lang", 7: "idle"}


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("frame,label\n1,a\n", 1),
        ("frame_index,label\n1,a\nx,b\n", 3),
        ("frame_index,label\n-1,a\n", 2),
        ("frame_index,label\n1,a,b\n", 2),
        ("frame_index,label\n1,a\n1,b\n", 3),
        ("frame_index,label\n1," + "a" * 101 + "\n", 2),
        ("", 1),
    ],
)
def test_labels_that_are_wrong_name_their_line(tmp_path, text, row):
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(UnreadableInput) as caught:
        read_labels(tmp_path / "l.csv")
    assert caught.value.row == row


def test_labels_in_another_encoding_say_how_to_save_them(tmp_path):
    (tmp_path / "l.csv").write_bytes("frame_index,label\n1,\xe4\n".encode("latin-1"))
    with pytest.raises(UnreadableInput, match="UTF-8"):
        read_labels(tmp_path / "l.csv")
