"""FitBalance's own object detector: small, trained on generated scenes (`mlops.ml.vision.scenes`).

    network.py    a pyramid of plain convolutions; every cell of 8 pixels says what has its middle there, and how large
    targets.py    what it should say of a scene, and how far off it is
    scene_set.py  scenes on the disk, rendered once, varied when they are read
    training.py   fit
    measuring.py  average precision on scenes that nothing learned from
    export.py     the ONNX file, in the shape of a YOLO export, and its manifest

`manage.py train_object_detector` makes it again.
"""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "weights"
"""What is shipped."""
SHIPPED = FOLDER / "generated_scenes.onnx"
NAME = "own"
"""The name by which options know it."""
