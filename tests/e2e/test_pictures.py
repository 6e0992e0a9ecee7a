"""Pictures stay on the device: poses and features in the browser are those of the server, from our own files only."""

import base64
import io
import shutil

import numpy as np
import pytest
from PIL import Image

from mlops.ml.parts.catalogue import part_of
from mlops.ml.parts.store import facts_of
from mlops.ml.vision.image_features import ImageFeatures
from mlops.ml.vision.pose import PoseLandmarker
from tests.drawn_person import HEIGHT, WIDTH, drawn_person

pytestmark = pytest.mark.browser

POSES = """async ([runtime, model, pictures]) => {
  const { Landmarks } = await import("/static/web/landmarks.js");
  const poses = await Landmarks.load("pose", { runtime, model });
  const found = [];
  for (const [n, src] of pictures.entries()) {
    const image = Object.assign(new Image(), { src });
    await image.decode();
    found.push(poses.find(image, 40 * n)?.image.map(({ x, y }) => [x, y]) ?? null);
  }
  poses.close();
  return found;
}"""
FEATURES = """async ([file, pictures]) => {
  const { ImageFeatures } = await import("/static/mlops/image_features.js");
  const model = await ImageFeatures.load(file);
  const images = pictures.map((src) => Object.assign(new Image(), { src }));
  await Promise.all(images.map((image) => image.decode()));
  const rows = await model.features(images);
  await model.release();
  return rows.map((row) => Array.from(row));
}"""


@pytest.fixture
def served(site, real_part):
    """served(part) → the address of its folder on the running site."""

    def put(name):
        here, target = real_part(name), site.var / "parts" / name
        if not target.is_dir():
            shutil.copytree(here, target)
        return f"/parts/{name}/{part_of(name).digest}/"

    return put


def address(pixels, kind="PNG"):
    """A picture as a data: address."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, quality=90)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(out.getvalue()).decode()}"


def test_a_pose_in_the_browser_is_that_of_the_server(new_page, served, watch):
    runtime, model = served("mediapipe-web"), served("pose-lite") + "landmarker.task"
    page = new_page("athlete")
    page.goto("/")
    nobody = np.full((HEIGHT, WIDTH, 3), 208, np.uint8)
    frames = [drawn_person(bend) for bend in (0.0, 0.2, 0.4, 0.6)] + [nobody, nobody]
    found = page.evaluate(POSES, [runtime, model, [address(frame) for frame in frames]])
    assert found[4:] == [None, None]
    with PoseLandmarker("pose-lite").stream() as stream:
        for n, frame in enumerate(frames[:4]):
            wanted = stream.find(frame, 0.04 * n).image[:, :2]
            apart = np.linalg.norm((np.array(found[n]) - wanted) * (WIDTH, HEIGHT), axis=1)
            assert apart.mean() < 2  # pixels
    assert not watch.faults


def test_a_file_that_is_not_to_be_had_is_said_in_words(new_page, served, watch):
    watch.expected = {404}
    page = new_page("athlete")
    page.goto("/")
    with pytest.raises(Exception, match="cannot run in this browser"):
        page.evaluate(POSES, ["/parts/mediapipe-web/none/", "/parts/pose-lite/none/landmarker.task", []])


def test_features_in_the_browser_are_those_of_the_server(new_page, served, real_data, real_part):
    folder = real_part("efficientnet-lite0")
    file = {
        "url": served("efficientnet-lite0") + "model.onnx",
        "sha256": facts_of(folder)["files"]["model.onnx"]["sha256"],
    }
    photos = [np.asarray(Image.open(path)) for path in sorted((real_data / "food_photos").rglob("*.jpg"))[::70]]
    page = new_page("athlete")
    page.goto("/")
    found = np.array(page.evaluate(FEATURES, [file, [address(photo) for photo in photos]]))
    wanted = ImageFeatures().features(photos)
    cosine = (found * wanted).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(wanted, axis=1)
    assert (cosine >= 0.99).all(), cosine
    with pytest.raises(Exception, match="damaged"):
        page.evaluate(FEATURES, [{**file, "sha256": "0" * 64}, []])
