"""Image → label: what is on a plate."""

import base64
import io
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.template import engines

from mlops.kinds.base import CardText, Picture
from mlops.kinds.examples import ExampleSpec, InputField
from mlops.kinds.labels import LabelKind
from mlops.kinds.monitoring import DriftRules
from mlops.kinds.questions import Inputs, Payload, Question, asked_by
from mlops.kinds.review import Corrections, Media, Proposal, ReviewHooks, Unlabelled
from mlops.kinds.shards import Source
from mlops.ml.abstention import abstain_threshold
from mlops.ml.bases.images import Images
from mlops.ml.bases.items import FileItems
from tests.kinds.toys.photos.estimator import colours
from tests.kinds.toys.shelf import ShelfKind, rng_of

SIZE, N_EACH = 12, 12
STATISTICS = ("red", "green", "blue", "red spread", "green spread", "blue spread")


def png_bytes(image: np.ndarray) -> bytes:
    """A PNG of (height, width, 3) uint8."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return out.getvalue()


def read_photo(data: bytes) -> np.ndarray:
    """(height, width, 3) uint8 of an uploaded picture. Raises ValidationError."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            return np.asarray(image.convert("RGB").resize((SIZE, SIZE)))
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise ValidationError("This is no picture.", code="bad_value") from error


def photo(source: Source, number: int, n_labels: int) -> np.ndarray:
    """A plate: its label is a colour, its source a tint, and no two are alike."""
    rng = np.random.default_rng([number, int(rng_of(source).integers(1 << 30))])
    image = rng.normal(90, 20, (SIZE, SIZE, 3)) + rng_of(source).normal(0, 8, 3)
    image[..., number % n_labels % 3] += 70
    return image.clip(0, 255).astype(np.uint8)


class PhotoReview(ReviewHooks):
    """Photos that somebody took and nobody has named; decisions are kept in a list."""

    def __init__(self) -> None:
        self.athlete_ids: list[int] = []
        self.decided: list[tuple[str, str]] = []

    def unlabelled(self, task: Any, manifest: Mapping[str, Any]) -> Iterator[Unlabelled]:
        for athlete_id in self.athlete_ids:
            for number in range(6):
                one = photo(Source(f"new {athlete_id}"), number, 3)
                yield Unlabelled(uuid.uuid5(uuid.NAMESPACE_OID, f"{athlete_id} {number}"), athlete_id, Inputs([one]))

    def proposals(self, task: Any) -> Iterable[Proposal]:
        return ()

    def settled(self, spans: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        return set()

    def decide(self, item: Any, *, action: str, label: str, correction: Any, by: Any) -> None:
        self.decided.append((action, label))

    def media(self, item: Any) -> Media:
        template: Any = engines["django"].from_string("<p>A photo of a plate: {{ data.number }}</p>")
        return Media(template, {"number": str(item.source)}, "One plate")

    def corrections(self, task: Any) -> Corrections:
        return Corrections(len(self.decided), 0)

    def corrections_in(self, task: Any, directory: Path) -> tuple[int, int]:
        return len(self.decided), len(self.decided)


class PhotoLabel(ShelfKind, LabelKind):
    """What is on this plate?"""

    name = "toy_photo"
    title = "Photos of plates"
    estimators = ("toy_colours",)
    example = ExampleSpec("photo", "photos", "photos", "photo source", "photo sources", sources="photos")
    learning_scope = "photo"
    accepts = ("json", "multipart")
    queue = "default"
    drift = DriftRules(min_athletes=5, min_examples=40, min_each=5)

    def __init__(self, sources: Sequence[Source] | None = None) -> None:
        super().__init__(sources)
        self.review = PhotoReview()

    def input_fields(self) -> list[InputField]:
        return [InputField("plate", "Kind of plate", (("round", "Round"), ("square", "Square")), initial="round")]

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        plate = value.get("plate", "round")
        if set(value) - {"plate"} or plate not in ("round", "square"):
            raise ValidationError("A plate is round or square.", code="invalid")
        return {"plate": plate}

    def write_shard(self, task: Any, source: Source, folder: Path) -> dict[str, int]:
        names = task.label_set.names
        for i in range(N_EACH):
            image = photo(source, i, len(names))
            (folder / f"{i:02d}-{names[i % len(names)]}.png").write_bytes(png_bytes(image))
        return {name: len(range(place, N_EACH, len(names))) for place, name in enumerate(names)}

    def read_shards(self, folders: Sequence[Path], known: Mapping[str, Any]) -> Images:
        paths = [path for folder in folders for path in sorted(folder.glob("*.png"))]
        labels = tuple(known["labels"])
        y = np.array([labels.index(path.stem.split("-", 1)[1]) for path in paths])
        items = FileItems(paths, lambda path: read_photo(path.read_bytes()))
        return Images(items, y, np.array([path.parent.name for path in paths]), labels)

    def abstention(self, directory: Path, outputs: Any, data: Images) -> dict[str, Any]:
        return {"abstain_below": abstain_threshold(outputs, data.y, data.labels)}

    def draw(self, estimator: Any, directory: Path) -> list[Picture]:
        table = np.abs(next(iter(estimator.weights.values())))
        image = np.repeat((255 * table / table.max()).astype(np.uint8)[..., None], 3, axis=2)
        (directory / "weights.png").write_bytes(png_bytes(image))
        return [Picture("weights.png", "Weights", "How much each colour counts for each label.")]

    def examples(self, values: Any, manifest: Mapping[str, Any]) -> Images:
        return Images(list(values), None, np.full(len(values), "asked"), tuple(manifest["labels"]))

    def example_input(self, manifest: Mapping[str, Any]) -> list[np.ndarray]:
        return [np.full((SIZE, SIZE, 3), 90, np.uint8)]

    def read_question(self, task: Any, payload: Payload, user: Any) -> Question:
        """A file `photo`, or {"images": [base64 of a picture, …]}."""
        if "photo" in payload.files:
            found = [read_photo(payload.files["photo"].read())]
        else:
            texts = payload.data.get("images")
            if not isinstance(texts, list) or not 1 <= len(texts) <= 16:
                raise ValidationError("Give a photo, or 1 to 16 images as base64.", code="bad_shape")
            try:
                found = [read_photo(base64.b64decode(text, validate=True)) for text in texts]
            except (TypeError, ValueError) as error:
                raise ValidationError("This is no base64.", code="bad_value") from error
        return Question(lambda manifest: Inputs(found), *asked_by(user))

    def statistic_names(self, manifest: Mapping[str, Any]) -> list[str]:
        return list(STATISTICS)

    def statistics(self, values: Any, manifest: Mapping[str, Any]) -> np.ndarray:
        return np.array([colours(image) for image in values]).reshape(len(values), len(STATISTICS))

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        return CardText("It names what is on a plate.", [f"A photo of {SIZE} by {SIZE}."], ["It is a toy."])
