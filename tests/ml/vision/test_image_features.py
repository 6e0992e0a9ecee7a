"""Features of photos: the network as it was trained, the same numbers in ONNX Runtime, and what they are good for."""

import numpy as np
import pytest
import torch

from mlops.ml.contract import BadArtifact, BadValue, UnreadableInput
from mlops.ml.parts import store
from mlops.ml.parts.store import PartMissing, PartStore
from mlops.ml.vision.efficientnet import EfficientNetLite0, SameConv, export
from mlops.ml.vision.image_features import HISTOGRAM, N_FEATURES, ImageFeatures, described
from tests.ml.vision.test_photos import encoded, picture


@pytest.fixture(scope="module")
def random_part(tmp_path_factory):
    """(folder with model.onnx, the network) of weights that the test made, in the published format."""
    torch.manual_seed(0)
    network = EfficientNetLite0().eval()
    folder = tmp_path_factory.mktemp("part")
    torch.save(network.state_dict(), folder / "weights.pth")
    export(folder, folder / "model.onnx")
    return folder, network


@pytest.fixture
def no_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_store", PartStore(tmp_path / "none"))


def test_padding_is_that_of_tensorflow():
    for size, kernel, stride, begins in ((224, 3, 2, 0), (112, 5, 2, 1), (7, 5, 1, 2), (15, 3, 2, 1)):
        conv = SameConv(1, 1, kernel, stride)
        torch.nn.init.zeros_(conv.weight)
        conv.weight.data[0, 0, begins, begins] = 1.0  # looks at the first pixel when it stands at the beginning
        x = torch.zeros(1, 1, size, size)
        x[0, 0, 0, 0] = 1.0
        y = conv(x)
        assert y.shape[-1] == -(-size // stride)
        assert y[0, 0, 0, 0] == 1.0


def test_the_exported_file_gives_the_numbers_of_the_network(random_part):
    folder, network = random_part
    component = ImageFeatures(folder)
    photos = [np.random.default_rng(n).integers(0, 256, (240, 300, 3), dtype=np.uint8) for n in range(19)]
    found = component.features(photos)
    assert (found.shape, found.dtype) == ((19, N_FEATURES), np.float32)
    from mlops.ml.vision.photos import crops_of

    with torch.no_grad():
        wanted = network(torch.from_numpy(crops_of(photos[:3]))).numpy()
    np.testing.assert_allclose(found[:3], wanted, atol=2e-5)
    np.testing.assert_allclose(component.features(photos[:1]), found[:1], atol=2e-5)
    assert component.features([]).shape == (0, N_FEATURES)


def test_answers_of_the_models_server(random_part):
    component = ImageFeatures(random_part[0])
    photo = encoded(picture())
    answers = component.answer([photo, np.asarray(picture())])
    assert [one.shape for one in answers] == [(N_FEATURES,)] * 2
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-5)
    with pytest.raises(UnreadableInput):
        component.answer([b"no photo"])
    with pytest.raises(BadValue):
        component.answer(["/etc/passwd"])


def test_other_weights_and_damaged_files(tmp_path):
    torch.save({"a": torch.zeros(2)}, tmp_path / "weights.pth")
    with pytest.raises(BadArtifact, match="another network"):
        export(tmp_path, tmp_path / "model.onnx")
    (tmp_path / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(BadArtifact):
        ImageFeatures(tmp_path).features([np.zeros((9, 9, 3), np.uint8)])


def test_without_weights_a_histogram_answers_and_says_so(no_parts):
    red, also_red, blue = (np.full((60, 80, 3), colour, np.uint8) for colour in ((200, 0, 0), (210, 9, 9), (0, 0, 200)))
    found = described([red, also_red, blue])
    assert found.by == HISTOGRAM
    np.testing.assert_allclose(np.linalg.norm(found.features, axis=1), 1, rtol=1e-5)
    same, other = found.features[0] @ found.features[1], found.features[0] @ found.features[2]
    assert same > 0.9 > 0.1 > other
    with pytest.raises(PartMissing, match="fetch_parts efficientnet-lite0"):
        ImageFeatures().features([red])
    with pytest.raises(PartMissing):
        described([red], by="efficientnet-lite0")  # a classifier of these features cannot use the others
    with pytest.raises(BadValue):
        described([red], by="something")


def test_a_linear_layer_learns_foods_from_a_few_photos(real_part, real_data):
    """Real weights, real photos: 340 of 17 classes, five folds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    real_part("efficientnet-lite0")
    root = real_data / "food_photos" / "train"
    files = sorted(root.rglob("*.jpg"))
    names = ["/".join(file.relative_to(root).parts[:2]) for file in files]
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = {}
    for by in ("efficientnet-lite0", HISTOGRAM):
        found = described(files, by=by)
        assert found.by == by
        scores[by] = cross_val_score(LogisticRegression(max_iter=2000), found.features, names, cv=folds).mean()
    assert scores["efficientnet-lite0"] >= 0.93
    assert scores["efficientnet-lite0"] > scores[HISTOGRAM] + 0.05 > 0.6
