"""Sentences about pictures: BLIP and BLIP-2 through transformers, the best that is here.

They describe what is in a picture and make mistakes; they are no measurement. Needs torch: the site asks through
serve_models ("part:blip-captions" and its like).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from mlops.ml.contract import BadArtifact
from mlops.ml.convert import convert_weights
from mlops.ml.parts.component import Component
from mlops.ml.parts.store import PartMissing, store
from mlops.ml.vision.photos import Image, photos_of, without_paths

ORDER = ("blip2-flan-t5-xl", "blip-captions", "blip-captions-base")
"""The first of these that is installed describes pictures."""
CLASSES = {"blip": "BlipForConditionalGeneration", "blip-2": "Blip2ForConditionalGeneration"}
MAX_TOKENS = 30
WEIGHTS, PUBLISHED = "model.safetensors", "pytorch_model.bin"


@dataclass(frozen=True)
class Caption:
    """A sentence, and the name of the part that wrote it."""

    text: str
    by: str


class Captioner(Component):
    """Pictures → captions.

    >>> Captioner().captions(["squat.jpg"])     # doctest: +SKIP
    [Caption(text='a man lifting a barbell in a gym', by='blip-captions')]
    """

    part: ClassVar[str] = "blip-captions"
    takes: ClassVar[str] = "image"
    max_batch = 2

    def captions(self, images: Sequence[Image]) -> list[Caption]:
        """One for each picture (bytes of a file, a path, or pixels (height, width, 3) uint8).

        Raises PartMissing, BadArtifact, UnreadableInput, BadShape, BadValue.
        """
        self.load()
        return [Caption(self._of(photo), self.model_id) for photo in photos_of(images)]

    def answer(self, inputs: list[Any]) -> list[Any]:
        """{"text", "by"} of each picture, which is bytes or pixels; what the models server calls."""
        return [vars(one) for one in self.captions(without_paths(inputs))]

    def _load(self, folder: Path) -> None:
        import torch
        import transformers

        told = {"local_files_only": True, "trust_remote_code": False}
        if (folder / PUBLISHED).is_file() and not any(folder.glob("*.safetensors*")):
            convert_weights(folder / PUBLISHED, folder / WEIGHTS)
        try:
            kind = transformers.AutoConfig.from_pretrained(folder, **told).model_type
            network = getattr(transformers, CLASSES[kind])
            self._processor = transformers.AutoProcessor.from_pretrained(folder, backend="pil", **told)
            self._network = network.from_pretrained(folder, use_safetensors=True, dtype=torch.float32, **told).eval()
        except KeyError as error:
            raise BadArtifact(f"{folder.name} is no BLIP: {error}") from error
        except Exception as error:  # the library raises many unrelated types for a foreign folder
            raise BadArtifact(f"{folder.name} is no folder of a BLIP: {str(error)[:200]}") from error
        self._on = "cuda" if self.device != "cpu" and torch.cuda.is_available() else "cpu"
        self._network.to(self._on)

    def _close(self) -> None:
        del self._network, self._processor

    def _of(self, photo: Any) -> str:
        import torch

        from mlops.ml.torch_onnx import torch_threads

        given = self._processor(images=photo, return_tensors="pt").to(self._on)
        with torch_threads(self.threads), torch.inference_mode():
            tokens = self._network.generate(**given, max_new_tokens=MAX_TOKENS, do_sample=False)
        return str(self._processor.batch_decode(tokens, skip_special_tokens=True)[0]).strip()


def best_captioner(device: str = "auto", *, threads: int = 1) -> Captioner:
    """Of the best part that is installed. Raises PartMissing, which says how to get the usual one."""
    for name in ORDER:
        if store().installed(name) is not None:
            return Captioner(name, device, threads=threads)
    remedy = f"Run manage.py fetch_parts {Captioner.part}; {ORDER[-1]} takes half the memory."
    raise PartMissing(Captioner.part, remedy=remedy)
