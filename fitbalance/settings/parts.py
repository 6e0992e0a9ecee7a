"""Pretrained parts: where they lie, what is fetched by itself, where from."""

from pathlib import Path

from fitbalance.settings.env import TESTING, VAR_DIR, env

PARTS_DIR = Path(env.str("FITBALANCE_PARTS_DIR", str(VAR_DIR / "parts"))).resolve()
"""Several sites of one machine may share a folder."""
PARTS = env.str("FITBALANCE_PARTS", "none" if TESTING else "recommended")
"""What the site fetches by itself after it started: "none", "recommended" or "all" that the registries carry."""
PARTS_FROM = env.str("FITBALANCE_PARTS_FROM", "")
"""A folder with parts or their archives, copied from another machine; it is asked first."""
VIDEO_OBJECT_DETECTOR = env.str("VIDEO_OBJECT_DETECTOR", "own")
"""Finds objects in videos: "own" (what ships here), an ONNX file of YOLO, or the folder of a detector for transformers;
"none" or empty: nothing does."""
