"""Text in pictures: where lines are, in which order, and what real weights read on a drawn label."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image, ImageDraw, ImageFont

from mlops.ml.contract import BadArtifact, BadValue, UnreadableInput
from mlops.ml.parts import store
from mlops.ml.parts.store import PartMissing, PartStore
from mlops.ml.vision.text_boxes import boxes_of, cut_out, in_reading_order
from mlops.ml.vision.text_reader import TextReader
from tests.ml.vision.test_photos import encoded

LABEL = ["Nutrition facts per 100 g", "Energy 1523 kJ / 364 kcal", "Fat 3.5 g", "Carbohydrate 72.4 g", "Protein 11.2 g"]
WHITE = np.full((300, 400, 3), 255, np.uint8)


def label(turn=0):
    image = Image.new("RGB", (640, 480), "white")
    draw = ImageDraw.Draw(image)
    for n, line in enumerate(LABEL):
        draw.text((40, 40 + 60 * n), line, fill="black", font=ImageFont.load_default(28))
    return np.asarray(image.rotate(turn, expand=True, fillcolor="white"))


def tiny_networks(folder):
    """Networks of the published form: what is dark is text; any line is upright and says "ab"."""

    def save(name, nodes, outputs, constants=(), meta=None):
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3, None, None])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, outputs)
        tensors = [helper.make_tensor(k, TensorProto.FLOAT, np.shape(v), np.ravel(v)) for k, v in constants]
        model = helper.make_model(
            helper.make_graph(nodes, name, [x], [y], tensors), opset_imports=[helper.make_opsetid("", 17)], ir_version=9
        )
        for key, value in (meta or {}).items():
            model.metadata_props.append(onnx.StringStringEntryProto(key=key, value=value))
        onnx.save(model, str(folder / name))

    mean = helper.make_node("ReduceMean", ["x"], ["m"], axes=[1], keepdims=1)
    save("det.onnx", [mean, helper.make_node("Neg", ["m"], ["y"])], [None, 1, None, None])
    zero = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Sub", ["m", "m"], ["z"]),
    ]
    upright = [*zero, helper.make_node("Unsqueeze", ["z", "one"], ["c"]), helper.make_node("Add", ["c", "up"], ["y"])]
    axis = helper.make_tensor("one", TensorProto.INT64, [1], [1])
    steps = np.eye(4, dtype=np.float32)[[0, 1, 1, 0, 2, 2, 0]] * 0.9  # blank a a blank b b blank
    says = [*zero, helper.make_node("Unsqueeze", ["z", "two"], ["c"]), helper.make_node("Add", ["c", "steps"], ["y"])]
    axes = helper.make_tensor("two", TensorProto.INT64, [2], [1, 2])
    save("cls.onnx", upright, [None, 2], [("up", [[0.99, 0.01]])])
    save("rec.onnx", says, [None, 7, 4], [("steps", steps[None])], {"character": "a\nb"})
    for name, tensor in (("cls.onnx", axis), ("rec.onnx", axes)):
        model = onnx.load(str(folder / name))
        model.graph.initializer.append(tensor)
        onnx.save(model, str(folder / name))


def test_from_a_picture_to_letters_with_tiny_networks(tmp_path):
    tiny_networks(tmp_path)
    reader = TextReader(tmp_path)
    picture = WHITE.copy()
    picture[50:70, 40:240], picture[150:170, 40:140] = 0, 0
    (lines,) = reader.read([picture])
    assert [line.text for line in lines] == ["ab", "ab"]
    assert lines[0].confidence == pytest.approx(0.9)
    left, top = lines[0].box.min(axis=0) * (400, 300)
    right, bottom = lines[0].box.max(axis=0) * (400, 300)
    assert 15 < left < 40 < 240 < right < 265  # the core and the margin around it
    assert 30 < top < 50 < 70 < bottom < 90
    assert reader.read([WHITE]) == [[]]
    answers = reader.answer([encoded(Image.fromarray(picture)), WHITE])
    assert ([set(line) for line in answers[0]], answers[1]) == ([{"text", "confidence", "box"}] * 2, [])


def test_rectangles_grow_and_turn():
    scores = np.zeros((200, 300), np.float32)
    scores[100:120, 50:150] = 0.9
    scores[10:60, 200:210] = 0.9  # stands
    scores[150:152, 10:12] = 0.9  # a speck
    scores[180:190, 20:120] = 0.35  # too faint
    boxes = boxes_of(scores)
    assert len(boxes) == 2
    margin = 1.6 * 21 * 101 / (2 * (21 + 101))
    np.testing.assert_allclose(boxes[1][0], (50 - margin, 100 - margin), atol=2)
    np.testing.assert_allclose(boxes[1][2], (150 + margin, 120 + margin), atol=2)
    standing, lying = cut_out(np.zeros((200, 300, 3), np.uint8), boxes)
    assert standing.shape[1] > standing.shape[0]
    assert lying.shape[1] > lying.shape[0]


def test_reading_order():
    def box(x, y):
        return np.array([[x, y], [x + 50, y], [x + 50, y + 20], [x, y + 20]], np.float32)

    given = np.stack([box(200, 104), box(10, 300), box(10, 100), box(10, 130)])
    assert [tuple(one[0]) for one in in_reading_order(given)] == [(10, 100), (200, 104), (10, 130), (10, 300)]
    assert boxes_of(np.zeros((64, 64), np.float32)).shape == (0, 4, 2)


@pytest.mark.parametrize("turn", [0, 5, 180])
def test_real_weights_read_a_drawn_label(real_part, turn):
    real_part("pp-ocrv6")
    (lines,) = TextReader().read([label(turn)])
    texts = [line.text for line in lines]
    assert texts == (LABEL if turn < 90 else LABEL[::-1])
    assert all(line.confidence > 0.9 for line in lines)


def test_real_weights_find_nothing_where_nothing_stands(real_part, real_data):
    real_part("pp-ocrv6")
    reader = TextReader()
    assert reader.read([WHITE, np.zeros((1, 1, 3), np.uint8), np.zeros((3, 900, 3), np.uint8)]) == [[], [], []]
    carton = real_data / "food_photos/train/Packages/Juice/Bravo-Apple-Juice/Bravo-Apple-Juice_005.jpg"
    assert {"BRAVO", "APPLE", "JUICE"} <= {line.text for line in reader.read([carton])[0]}


def test_what_it_refuses(tmp_path, monkeypatch):
    tiny_networks(tmp_path)
    with pytest.raises(UnreadableInput):
        TextReader(tmp_path).answer([b"no picture"])
    with pytest.raises(BadValue):
        TextReader(tmp_path).answer([str(tmp_path)])
    (tmp_path / "rec.onnx").write_bytes(b"nothing")
    with pytest.raises(BadArtifact):
        TextReader(tmp_path).read([WHITE])
    monkeypatch.setattr(store, "_store", PartStore(tmp_path / "none"))
    with pytest.raises(PartMissing, match="fetch_parts pp-ocrv6"):
        TextReader().read([WHITE])
