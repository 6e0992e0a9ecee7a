"""Poses and hands through the real MediaPipe: found where a person is, never invented, never shared between threads."""

import os
import zipfile
from concurrent.futures import ThreadPoolExecutor

import av
import numpy as np
import pytest
from PIL import Image

from mlops.ml.contract import BadArtifact, BadShape, BadValue, UnreadableInput
from mlops.ml.parts import store
from mlops.ml.parts.store import PartMissing, PartStore
from mlops.ml.vision import task_file
from mlops.ml.vision.hands import LANDMARKS as HAND_LANDMARKS
from mlops.ml.vision.hands import HandLandmarker
from mlops.ml.vision.landmarker import NotAfterFork
from mlops.ml.vision.pose import LANDMARKS, PoseLandmarker
from tests.drawn_person import HEIGHT, WIDTH, drawn_person
from tests.ml.vision.test_photos import encoded

EMPTY = np.full((HEIGHT, WIDTH, 3), 208, np.uint8)
NOSE, LEFT_HIP, RIGHT_HIP, LEFT_ANKLE = (LANDMARKS.index(n) for n in ("nose", "left_hip", "right_hip", "left_ankle"))


def frames(n=12):
    return [drawn_person((1 - np.cos(2 * np.pi * i / n)) / 2) for i in range(n)]


@pytest.fixture
def pose(real_part):
    real_part("pose-full")
    return PoseLandmarker()


@pytest.mark.parametrize("size", ["lite", "full", "heavy"])
def test_a_drawn_person_is_found_in_every_frame(real_part, size):
    real_part(f"pose-{size}")
    landmarker = PoseLandmarker(f"pose-{size}")
    single = landmarker.find(frames())
    with landmarker.stream() as stream:
        moving = [stream.find(frame, n / 30) for n, frame in enumerate(frames())]
    for found in (single, moving):
        assert all(one is not None for one in found)
        assert (found[0].image.shape, found[0].world.shape) == ((33, 5), (33, 3))
        nose, left, right, ankle = found[0].image[[NOSE, LEFT_HIP, RIGHT_HIP, LEFT_ANKLE], :2] * (WIDTH, HEIGHT)
        np.testing.assert_allclose(nose, (320, 110), atol=15)
        assert right[0] < 320 < left[0]  # the person's own sides
        assert abs(ankle[1] - 424) < 30
        assert found[6].image[LEFT_HIP, 1] > found[0].image[LEFT_HIP, 1] + 0.08
        assert ((found[0].image[:, 3:] >= 0) & (found[0].image[:, 3:] <= 1)).all()
        height_m = found[0].world[LEFT_ANKLE, 1] - found[0].world[NOSE, 1]
        assert 1.0 < height_m < 2.0


def test_nobody_is_nobody(pose):
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    tiny = [np.zeros(shape, np.uint8) for shape in ((1, 1, 3), (2, 900, 3), (900, 2, 3))]
    assert pose.find([EMPTY, noise, *tiny]) == [None] * 5
    with pose.stream() as stream:
        found = [stream.find(frame, n / 30) for n, frame in enumerate([EMPTY, drawn_person(), EMPTY, EMPTY])]
    assert [one is not None for one in found] == [False, True, False, False]


def test_no_pose_is_seen_in_heaps_of_fruit(pose, real_data):
    fruit = real_data / "food_photos" / "train" / "Fruit"
    photos = [photo for kind in ("Mango", "Pineapple", "Avocado") for photo in sorted((fruit / kind).rglob("*.jpg"))]
    assert len(photos) > 40
    assert pose.find(photos) == [None] * len(photos)


def test_an_encoded_photo_and_answers_of_the_models_server(pose):
    pixels = drawn_person()
    answers = pose.answer([encoded(Image.fromarray(pixels)), pixels, EMPTY])
    assert answers[2] == {}
    np.testing.assert_allclose(answers[0]["image"], answers[1]["image"], atol=1e-6)
    assert answers[0]["world"].shape == (33, 3)
    with pytest.raises(UnreadableInput):
        pose.answer([b"no photo"])
    with pytest.raises(BadValue):
        pose.answer(["/etc/passwd"])
    with pytest.raises(BadShape):
        pose.find([np.zeros((4, 4), np.uint8)])


def test_times_of_a_video_increase(pose):
    with pose.stream() as stream:
        stream.find(EMPTY, 0.5)
        for wrong in (0.5, 0.5004, 0.1, -1.0, float("nan"), float("inf"), 1e300):
            with pytest.raises(BadValue):
                stream.find(EMPTY, wrong)
        with pytest.raises(BadValue):
            stream.find(b"bytes", 0.6)
        assert stream.find(drawn_person(), 0.533) is not None  # still alive


def test_threads_and_streams_do_not_disturb_each_other(pose):
    alone = pose.find(frames(6))

    def in_thread(_):
        with pose.stream() as stream:
            moving = [stream.find(frame, n / 30) for n, frame in enumerate(frames(6))]
        return pose.find(frames(6)), moving

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(in_thread, range(4)))
    for single, moving in results:
        for found, wanted in zip(single, alone, strict=True):
            np.testing.assert_allclose(found.image, wanted.image, atol=1e-4)
        assert all(one is not None for one in moving)
    pose.close()
    assert pose.find([drawn_person()])[0] is not None  # loads again


def test_a_forked_child_is_refused_before_it_is_aborted(pose):
    pose.find([EMPTY])
    child = os.fork()
    if child == 0:
        code = 1
        try:
            pose.find([EMPTY])
        except NotAfterFork:
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0


def test_a_missing_and_a_damaged_part(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_store", PartStore(tmp_path / "none"))
    with pytest.raises(PartMissing, match="fetch_parts pose-heavy"):
        PoseLandmarker("pose-heavy").find([EMPTY])
    with pytest.raises(BadArtifact):
        PoseLandmarker(tmp_path).find([EMPTY])
    (tmp_path / task_file.TASK_FILE).write_bytes(b"no bundle")
    with pytest.raises(BadArtifact):
        PoseLandmarker(tmp_path).find([EMPTY])


def test_task_files_are_made_alike_and_only_of_networks(real_part, tmp_path):
    folder = real_part("pose-lite")
    task_file.pose(folder, tmp_path / "again.task")
    assert (tmp_path / "again.task").read_bytes() == (folder / task_file.TASK_FILE).read_bytes()
    with zipfile.ZipFile(tmp_path / "again.task") as bundle:
        assert {one.compress_type for one in bundle.infolist()} == {zipfile.ZIP_STORED}
    for network in (b"", b"\0\0\0\0TFL3" + bytes(64)):
        for name in (task_file.DETECTOR, task_file.LANDMARKS):
            (tmp_path / name).write_bytes(network)
        with pytest.raises(BadArtifact):
            task_file.pose(tmp_path, tmp_path / "bad.task")


def test_hands_of_a_real_person_in_a_crop(real_part, real_data):
    real_part("hands")
    hands = HandLandmarker()
    assert hands.find([EMPTY, drawn_person()]) == [[], []]
    with av.open(str(real_data / "videos" / "walk_through.mp4")) as video:
        frame = next(f for n, f in enumerate(video.decode(video=0)) if n == 90).to_ndarray(format="rgb24")
    assert hands.find([frame]) == [[]]  # too small in the whole picture
    crop = np.asarray(Image.fromarray(frame[671:771, 1059:1159]).resize((320, 320)))  # around the right wrist
    (found,) = hands.find([crop])
    assert len(found) == 1
    assert (found[0].image.shape, found[0].world.shape, len(HAND_LANDMARKS)) == ((21, 3), (21, 3), 21)
    assert found[0].side == "Left"  # the right hand, in a picture that is not mirrored
    assert 0.5 <= found[0].confidence <= 1
    assert ((found[0].image[:, :2] > -0.2) & (found[0].image[:, :2] < 1.2)).all()
    assert 0.01 < np.ptp(found[0].world, axis=0).max() < 0.3  # metres
    assert set(hands.answer([crop])[0][0]) == {"image", "world", "side", "confidence"}


def test_a_real_person_is_found_and_a_few_pixels_are_nobody(pose, real_data):
    with av.open(str(real_data / "videos" / "squat.mp4")) as video:
        pixels = [f.to_ndarray(format="rgb24") for n, f in enumerate(video.decode(video=0)) if n % 60 == 0]
    found = pose.find(pixels)
    assert sum(one is not None for one in found) >= 0.95 * len(found)
    blind = [frame[::200, ::200] for frame in pixels]  # a few pixels show nobody
    assert pose.find(blind) == [None] * len(blind)
