"""Text → tempo: slow, steady or fast, and beats per minute."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError

from mlops.kinds.answers import Answer, Headline
from mlops.kinds.base import CardText, register
from mlops.kinds.examples import ExampleSpec, InputField, SourceSummary
from mlops.kinds.metric import Metric
from mlops.kinds.monitoring import DriftRules
from mlops.kinds.questions import Inputs
from mlops.kinds.shards import ShardKind, Source
from mlops.ml.bases.targets import targets_of
from mlops.ml.bases.texts import Texts
from mlops.ml.contract import UNLABELLED
from tests.kinds.sixth.estimator import LABEL, NUMBER, words_of
from tests.kinds.sixth.texts import INVENTED, PUBLIC, TEXTS_EACH, wishes_of

SHARD_FILE = "wishes.json"
LEAST = ("0.4", "0.5", "0.6", "0.8")
MAX_LENGTH = 2000


def learners() -> list[str]:
    """Pseudonyms of the athletes whose words may teach."""
    from accounts.models import Athlete

    return [athlete.pseudonym for athlete in Athlete.objects.learnable(Tempo.learning_scope)]


class Tempo(ShardKind):
    """Which tempo does this text ask for?

    people  pseudonyms of those whose texts teach; invented ones where nobody is given
    """

    name = "text_tempo"
    title = "Tempo of a text"
    estimators = ("tempo_words",)
    metrics = (
        Metric("accuracy", "Right tempo", help="Share of texts whose tempo was named right."),
        Metric("mae", "Error of the beats", higher_is_better=False, style="number", digits=1, unit="bpm"),
        Metric("baseline_accuracy", "Naming the commonest tempo", headline=False),
        Metric("baseline_mae", "Guessing the mean", False, "number", 1, "bpm", headline=False),
    )
    gates = {"accuracy": 0.6, "mae": 20.0}
    example = ExampleSpec("text", "texts", "texts", group="writer", groups="writers", sources="collections")
    learning_scope = "days"
    unit = "bpm"
    serves_as = "texts get their tempo from it"
    agreement_metric = "accuracy"
    drift = DriftRules(min_athletes=5, min_examples=100, min_each=5)

    def __init__(self, people: Callable[[], Sequence[str]] | None = None) -> None:
        self.people = people

    # The task.
    def input_fields(self) -> list[InputField]:
        """How sure an answer must be."""
        choices = tuple((value, f"{float(value):.0%}") for value in LEAST)
        return [InputField("least", "Least confidence", choices, "Below it, nothing is said.", initial="0.5")]

    def check_input(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """{"least": 0.5}: one of the offered confidences."""
        given = value.get("least", "0.5")
        offered = {float(one) for one in LEAST}
        if set(value) - {"least"} or isinstance(given, bool) or not isinstance(given, (str, int, float)):
            raise ValidationError("Give the least confidence, and nothing else.", code="invalid")
        try:
            least = float(given)
        except ValueError:
            least = -1.0
        if least not in offered:
            raise ValidationError(f"The least confidence is one of {', '.join(LEAST)}.", code="invalid")
        return {"least": least}

    def input_of(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """As the version was made."""
        return self.check_input({"least": manifest["abstain_below"]} if "abstain_below" in manifest else {})

    # Its data.
    def summary(self, task: Any) -> SourceSummary:
        """One shard a writer, and the collections that belong to nobody."""
        sources = self.sources(task, {"include_generated": True})
        amounts: dict[str, float] = {}
        for source in sources:
            for wish in wishes_of(source.name):
                amounts[wish.label] = amounts.get(wish.label, 0.0) + 1.0
        n_generated = sum(source.is_generated for source in sources)
        return SourceSummary(len(sources), TEXTS_EACH * len(sources), amounts, n_generated=n_generated)

    def sources(self, task: Any, parameters: Mapping[str, Any]) -> list[Source]:
        """The writers, each owning what they wrote, then what belongs to nobody."""
        public = [Source(name, rights=rights) for name, rights in PUBLIC.items()]
        if not parameters["include_generated"]:
            return public
        writers = INVENTED if self.people is None else self.people()
        return [Source(name, owner=name, is_generated=True) for name in writers] + public

    def write_shard(self, task: Any, source: Source, folder: Path) -> dict[str, int]:
        """The texts of one writer with their truth."""
        wishes = wishes_of(source.name)
        rows = [{"text": wish.text, "label": wish.label, "bpm": wish.bpm} for wish in wishes]
        (folder / SHARD_FILE).write_text(json.dumps(rows))
        labels = [wish.label for wish in wishes]
        return {label: labels.count(label) for label in dict.fromkeys(labels)}

    def known(self, task: Any) -> dict[str, Any]:
        """The labels, and how sure an answer must be."""
        return {**super().known(task), "abstain_below": task.input["least"]}

    def read_shards(self, folders: Sequence[Path], known: Mapping[str, Any]) -> Texts:
        """Texts whose label is not in the label set are unlabelled."""
        labels = tuple(known["labels"])
        place = {label: i for i, label in enumerate(labels)}
        rows = [(folder.name, row) for folder in folders for row in json.loads((folder / SHARD_FILE).read_text())]
        truth = {
            LABEL: np.array([place.get(row["label"], UNLABELLED) for _, row in rows], np.int64),
            NUMBER: np.array([row["bpm"] for _, row in rows], np.float64),
        }
        groups = np.array([group for group, _ in rows], np.str_)
        return Texts(tuple(row["text"] for _, row in rows), truth, groups, {LABEL: labels})

    # Judging.
    def evaluate(self, outputs: Any, data: Texts) -> dict[str, Any]:
        """Both metrics, and who was taken for whom."""
        names, best = _names(data), _best(outputs)
        truth, bpm = targets_of(data)[LABEL], targets_of(data)[NUMBER]
        table = [
            [name, *(int(((truth == i) & (best == j)).sum()) for j in range(len(names)))]
            for i, name in enumerate(names)
        ]
        return {
            "accuracy": _mean(best[truth != UNLABELLED] == truth[truth != UNLABELLED]),
            "mae": _mean(np.abs(_bpm(outputs) - bpm)),
            "n": len(data),
            "tables": [{"title": "Named, by what was meant", "columns": ["meant", *names], "rows": table}],
        }

    def primary_value(self, outputs: Any, data: Texts) -> float:
        """The accuracy alone."""
        return _mean(self.pair_values(outputs, data))

    def pair_values(self, outputs: Any, data: Texts) -> npt.NDArray[np.float64]:
        """1 for a text whose tempo was named right."""
        return (_best(outputs) == targets_of(data)[LABEL]).astype(np.float64)

    def baseline(self, train: Texts, data: Texts) -> dict[str, float]:
        """The commonest tempo and the mean number, whatever the text says."""
        known = targets_of(train)[LABEL][targets_of(train)[LABEL] != UNLABELLED]
        commonest = np.bincount(known).argmax() if len(known) else 0
        gaps = np.abs(targets_of(data)[NUMBER] - _mean(targets_of(train)[NUMBER]))
        return {"baseline_accuracy": _mean(targets_of(data)[LABEL] == commonest), "baseline_mae": _mean(gaps)}

    def comparable(self, manifest: Mapping[str, Any], data: Texts) -> str:
        """Only versions with the same labels."""
        same = list(manifest.get("labels", ())) == list(_names(data))
        return "" if same else "It knows other tempos than these texts are labelled with."

    # Serving.
    def examples(self, values: Sequence[str], manifest: Mapping[str, Any]) -> Texts:
        """Texts without truth."""
        return Texts(tuple(values), None, np.full(len(values), "asked"), {LABEL: tuple(manifest["labels"])})

    def example_input(self, manifest: Mapping[str, Any]) -> list[str]:
        """One text."""
        return ["Something calm for stretching, please."]

    def read_inputs(self, payload: Any, manifest: Mapping[str, Any]) -> list[str]:
        """One {"text": …} or a list of them."""
        rows = payload if isinstance(payload, list) else [payload]
        if not rows or not all(isinstance(row, dict) and set(row) == {"text"} for row in rows):
            raise ValidationError('Give texts as {"text": "…"}.', code="bad_shape")
        texts = [row["text"] for row in rows]
        if not all(isinstance(text, str) and text.strip() and len(text) <= MAX_LENGTH for text in texts):
            raise ValidationError(f"A text has 1 to {MAX_LENGTH} characters.", code="bad_text")
        return texts

    def decide(self, outputs: Any, inputs: Inputs | None, manifest: Mapping[str, Any]) -> list[Answer]:
        """{"label", "bpm", "confidence"}; label and number are withheld below the least confidence."""
        return [_answer(output, manifest["labels"], manifest["abstain_below"]) for output in outputs]

    # Watching.
    def statistic_names(self, manifest: Mapping[str, Any]) -> list[str]:
        """Numbers of a text as it was written."""
        return ["characters", "words"]

    def statistics(self, values: Sequence[str], manifest: Mapping[str, Any]) -> npt.NDArray[np.float64]:
        """(n, 2) length in characters and number of words."""
        return np.array([[len(text), len(words_of(text))] for text in values], np.float64).reshape(-1, 2)

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        """For the model card."""
        inputs = [f"A text of at most {MAX_LENGTH} characters; the order of its words is no matter."]
        return CardText("Which tempo a text asks for.", inputs, ["It learned from invented texts.", "English only."])


def register_kind() -> None:
    """Offer the kind to everyone, with the athletes who may teach."""
    register(Tempo(learners))


def _answer(output: Mapping[str, Any], labels: Sequence[str], least: float) -> Answer:
    scores = np.asarray(output[LABEL], float)
    best, bpm = int(scores.argmax()), round(float(np.ravel(output[NUMBER])[0]), 1)
    confidence = min(float(scores[best]), 1.0)
    reason = "unsure" if confidence < least else ""
    said = {"label": None, "bpm": None} if reason else {"label": labels[best], "bpm": bpm}
    headline = Headline(label=labels[best], number=bpm, confidence=confidence, reason=reason)
    return Answer({**said, "confidence": round(confidence, 4)}, headline)


def _names(data: Texts) -> tuple[str, ...]:
    return tuple(data.labels[LABEL]) if isinstance(data.labels, Mapping) else tuple(data.labels)


def _best(outputs: Any) -> npt.NDArray[np.int64]:
    return np.array([np.argmax(output[LABEL]) for output in outputs], np.int64)


def _bpm(outputs: Any) -> npt.NDArray[np.float64]:
    return np.array([float(output[NUMBER]) for output in outputs], np.float64)


def _mean(values: npt.NDArray[Any]) -> float:
    return float(np.mean(values)) if len(values) else 0.0
