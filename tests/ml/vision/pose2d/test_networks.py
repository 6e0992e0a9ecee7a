"""YOLO-pose, RTMPose and MediaPipe behind one shape, by the real runtimes on small networks and the library's own."""

from types import SimpleNamespace

import numpy as np
import pytest
from onnx import TensorProto, helper

from mlops.ml.contract import BadArtifact, BadShape, BadValue
from mlops.ml.parts.serving import component_class
from mlops.ml.parts.store import PartMissing, PartStore
from mlops.ml.vision.pose2d import ORDER, PosePipeline
from mlops.ml.vision.pose2d.mediapipe import MediaPipePose
from mlops.ml.vision.pose2d.network import CPU, GPU, providers_for
from mlops.ml.vision.pose2d.rtmpose import RTMPose, framed
from mlops.ml.vision.pose2d.yolo_pose import YoloPose
from tests.drawn_person import drawn_person
from tests.ml.vision.pose2d.tiny import rtmpose, saved, yolo_pose

PICTURE = np.full((320, 480, 3), 90, np.uint8)  # 480 wide: scaled by 4/3, grey bars above and below


@pytest.fixture
def nothing_here(tmp_path, monkeypatch):
    from mlops.ml.parts import store

    made = PartStore(tmp_path / "parts")
    monkeypatch.setattr(store, "_store", made)
    return made


def test_yolo_finds_people_in_pixels_of_the_picture(tmp_path):
    near, far, double = [320, 320, 160, 320], [80, 300, 40, 80], [322, 321, 160, 320]
    pose = YoloPose(yolo_pose(tmp_path / "yolo.onnx", [(far, 0.9), (near, 0.8), (double, 0.7)])).poses([PICTURE])[0]
    bars = (640 - 320 * 4 / 3) / 2
    np.testing.assert_allclose(pose.keypoints[:, 0], (320 + np.arange(17)) * 3 / 4, atol=0.5)
    np.testing.assert_allclose(pose.keypoints[:, 1], (320 + 2 * np.arange(17) - bars) * 3 / 4, atol=0.5)
    np.testing.assert_allclose(pose.box, [180, (160 - bars) * 3 / 4, 300, (480 - bars) * 3 / 4], atol=0.5)
    assert (pose.score, pose.by, pose.keypoint_set, pose.device) == (pytest.approx(0.8), "yolo.onnx", "coco17", "cpu")
    assert len(pose.others) == 1, "a second box of one person is dropped, another person stays"
    assert pose.others[0].score == pytest.approx(0.9)


def test_yolo_finds_nobody(tmp_path):
    pose = YoloPose(yolo_pose(tmp_path / "yolo.onnx", [([320, 320, 100, 100], 0.1)])).poses([PICTURE])[0]
    assert not pose.is_found
    assert pose.keypoints.shape == (17, 2)
    assert np.isnan(pose.keypoints).all()
    assert pose.to_json()["box"] == [None] * 4


def test_a_file_of_another_form_is_no_yolo(tmp_path):
    (tmp_path / "text.onnx").write_text("not a network")
    for path in (rtmpose(tmp_path / "other.onnx"), tmp_path / "text.onnx"):
        with pytest.raises(BadArtifact):
            YoloPose(path).load()
    with pytest.raises(BadArtifact, match="one ONNX file"):
        YoloPose(tmp_path).load()


@pytest.mark.parametrize("given", ["input", "image"])
@pytest.mark.parametrize("shape", [(64, 48), (48, 64), (64, 64)])
def test_rtmpose_reads_size_and_names_from_the_file(tmp_path, given, shape):
    height, width = shape
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[196:204, 117:123] = 255
    path = rtmpose(tmp_path / "pose.onnx", height=height, width=width, given=given, names=("pred_x", "pred_y"))
    box = np.array([[60.0, 130, 180, 270]])
    (pose,) = RTMPose(path).poses_in(picture, box)
    assert pose.keypoints.shape == (133, 2)
    assert pose.keypoint_set == "wholebody133"
    pixel = 1 / framed(box[0], width, height)[2]
    np.testing.assert_allclose(pose.keypoints, np.broadcast_to([119.5, 199.5], (133, 2)), atol=4 + 1.5 * pixel)


def test_rtmpose_scales_as_the_name_of_its_input_says(tmp_path):
    """White is 1 for an input called image, and a z-value above 2 for any other; both clip to 1 as scores."""
    white = np.full((64, 48, 3), 255, np.uint8)
    box = np.array([[0.0, 0, 48, 64]])
    for given, most in (("image", 0.25), ("input", 0.6)):
        network = RTMPose(rtmpose(tmp_path / f"{given}.onnx", given=given, weight=0.25))
        (pose,) = network.poses_in(white, box)
        points = network._network.run(network._pixels(white, 0.0, 0.0, 1.0))[0]
        assert points.max() == pytest.approx(most, abs=0.02)
        assert not pose.is_found or pose.scores.max() <= 1
    with pytest.raises(BadShape):
        network.poses_in(white, np.zeros(4))


def test_rtmpose_without_a_box_looks_twice(tmp_path):
    picture = np.full((300, 400, 3), 10, np.uint8)
    picture[130:170, 220:260] = 255
    looked = []

    class Counted(RTMPose):
        def _in(self, photo, box):
            looked.append(box.tolist())
            return super()._in(photo, box)

    (pose,) = Counted(rtmpose(tmp_path / "pose.onnx", n_points=17)).poses([picture])
    assert looked[0] == [0, 0, 400, 300]
    assert len(looked) == 2
    assert pose.keypoint_set == "coco17"
    assert ((pose.keypoints > (210, 120)) & (pose.keypoints < (270, 180))).all()


def test_another_number_of_points_is_refused(tmp_path):
    with pytest.raises(BadArtifact, match="21 points"):
        RTMPose(rtmpose(tmp_path / "hand.onnx", n_points=21)).load()
    node = helper.make_node("ReduceMean", ["input"], ["y"], axes=[1], keepdims=1)
    heat = saved(tmp_path / "heat.onnx", [node], ("input", [1, 3, 64, 48]), [("y", [1, 1, 64, 48])])
    with pytest.raises(BadArtifact, match="SimCC"):
        RTMPose(heat).load()


def test_mediapipe_as_the_library_carries_it(nothing_here):
    pose = MediaPipePose("mediapipe").poses([drawn_person(0.0)])[0]
    assert pose.is_found
    assert pose.keypoint_set == "mediapipe33"
    assert pose.keypoints.shape == (33, 2)
    hips = pose.as_set("h36m17").keypoints[0]
    assert abs(hips[0] - 320) < 25
    assert abs(hips[1] - 262) < 40
    left, top, right, bottom = pose.box
    assert 200 < left < 320 < right < 440
    assert 60 < top < 200
    assert 380 < bottom <= 480
    assert not MediaPipePose("mediapipe").poses([PICTURE])[0].is_found


def test_without_a_fallback_what_is_missing_is_said_with_its_remedy(nothing_here):
    with pytest.raises(PartMissing, match="own/yolov8s-pose"):
        PosePipeline(use_fallback=False).infer_2d(drawn_person(0.0))


def test_the_fallback_answers_and_says_what_was_passed_over(nothing_here):
    pose = PosePipeline(use_fallback=True).infer_2d(drawn_person(0.0))
    assert pose.by == "mediapipe"
    assert pose.is_found
    assert [name for name, _ in pose.skipped] == list(ORDER[:-1])
    assert all("not installed" in why for _, why in pose.skipped)
    assert pose.to_json()["skipped"][1]["name"] == "rtmpose-body"
    assert PosePipeline(primary="mediapipe").infer_2d(drawn_person(0.0)).skipped == ()
    with pytest.raises(BadValue):
        PosePipeline(primary="openpose")


def test_files_that_people_bring_are_parts_of_the_store(nothing_here):
    own = nothing_here.root / "own" / "yolov8s-pose"
    own.mkdir(parents=True)
    assert nothing_here.installed("yolov8s-pose") is None
    yolo_pose(own / "yolov8s-pose.onnx", [([320, 320, 160, 320], 0.8)])
    assert nothing_here.installed("yolov8s-pose").n_bytes > 10_000
    pipeline = PosePipeline(use_fallback=False)
    assert pipeline.infer_2d(PICTURE).by == "yolov8s-pose"
    assert pipeline.available()["yolov8s-pose"] == ""
    assert "own/rtmpose-body" in pipeline.available()["rtmpose-body"]
    (answer,) = component_class("yolov8s-pose")("yolov8s-pose").answer([PICTURE])
    assert answer["by"] == "yolov8s-pose"
    assert len(answer["keypoints"]) == 17
    with pytest.raises(BadValue):
        YoloPose().answer(["/etc/passwd"])


def test_what_can_be_fetched_is_not_taken_from_there(nothing_here):
    own = nothing_here.root / "own" / "pose-full"
    own.mkdir(parents=True)
    (own / "landmarker.task").write_bytes(b"altered")
    assert nothing_here.installed("pose-full") is None


def test_a_model_that_the_caller_opened():
    def model(bgr, verbose):
        assert bgr[0, 0].tolist() == [3, 2, 1]
        assert not verbose
        boxes = SimpleNamespace(xyxy=np.array([[1.0, 2, 30, 40]]), conf=np.array([0.7]))
        return [SimpleNamespace(boxes=boxes, keypoints=SimpleNamespace(xy=np.ones((1, 17, 2)), conf=None))]

    pose = PosePipeline(yolo=model).infer_2d(np.full((50, 60, 3), (1, 2, 3), np.uint8))
    assert (pose.by, pose.score) == ("ultralytics:yolov8s-pose", 0.7)
    assert pose.scores.tolist() == [1.0] * 17


def test_the_graphics_card_is_used_where_there_is_one():
    assert providers_for("auto", [GPU, CPU]) == [GPU, CPU]
    assert providers_for("auto", [CPU]) == providers_for("cpu", [GPU, CPU]) == [CPU]
    with pytest.raises(BadValue, match="onnxruntime-gpu"):
        providers_for("cuda", [CPU])
    with pytest.raises(BadValue):
        providers_for("tpu", [CPU])
    assert TensorProto.FLOAT == 1
