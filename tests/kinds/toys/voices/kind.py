"""Audio → text and label: a note of two letters, spoken quietly or loudly. It runs where torch does."""

import io
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError

from mlops.kinds.answers import Answer, Correction, Headline
from mlops.kinds.base import CardText
from mlops.kinds.examples import ExampleSpec
from mlops.kinds.metric import Metric
from mlops.kinds.monitoring import DriftRules
from mlops.kinds.questions import Inputs, Locator, Payload, Question, asked_by
from mlops.kinds.shards import Source
from mlops.ml.bases.audio import Clips
from tests.kinds.toys.shelf import ShelfKind, rng_of
from tests.kinds.toys.voices.estimator import TONES_HZ, loudness

RATE_HZ, N_EACH, SILENT_BELOW, UNSURE_BELOW = 1000, 12, 0.005, 0.6
LETTERS = tuple(TONES_HZ)


def wav_bytes(clip: np.ndarray) -> bytes:
    """16 bit mono at RATE_HZ."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((clip.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return out.getvalue()


def read_wav(data: bytes) -> np.ndarray:
    """(samples,) float32 of a WAV of 0.1 to 10 s. Raises ValidationError."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            frames = file.readframes(10 * RATE_HZ)
    except (wave.Error, EOFError) as error:
        raise ValidationError("This is no WAV file.", code="bad_value") from error
    if shape != (1, 2, RATE_HZ) or len(frames) < RATE_HZ // 5:
        raise ValidationError(f"Give at least 0.1 s of 16 bit mono sound at {RATE_HZ} Hz.", code="bad_shape")
    return np.frombuffer(frames, "<i2").astype(np.float32) / 32768


def note(source: Source, number: int) -> tuple[np.ndarray, str, bool]:
    """(clip, letters, whether it is loud); of another length each time."""
    rng = np.random.default_rng([number, int(rng_of(source).integers(1 << 30))])
    text = LETTERS[number % 2] + LETTERS[number // 2 % 2]
    is_loud = number // 4 % 2 == 1
    n = int(rng.integers(200, 400))
    t = np.arange(n) / RATE_HZ
    halves = [np.sin(2 * np.pi * TONES_HZ[letter] * t + rng.uniform(0, 6)) for letter in text]
    clip = (0.6 if is_loud else 0.12) * rng.uniform(0.8, 1.2) * np.concatenate(halves)
    return (clip + rng.normal(0, 0.01, 2 * n)).astype(np.float32), text, is_loud


class VoiceNote(ShelfKind):
    """What was said, and how?"""

    name = "toy_voice"
    title = "Voice notes"
    estimators = ("toy_tones",)
    metrics = (
        Metric("letter_errors", "Wrong letters", higher_is_better=False, help="Share of letters that were misheard."),
        Metric("accuracy", "Loudness named right"),
        Metric("baseline_accuracy", "Loudness guessed right"),
    )
    gates = {"letter_errors": 0.2, "accuracy": 0.8}
    example = ExampleSpec("note", "notes", "s", "voice", "voices", sources="notes")
    learning_scope = "voice"
    accepts = ("multipart",)
    runs_in = "models"
    drift = DriftRules(min_athletes=5, min_examples=40, min_each=5)

    def write_shard(self, task: Any, source: Source, folder: Path) -> dict[str, int]:
        names = task.label_set.names
        counts = dict.fromkeys(names, 0)
        for i in range(N_EACH):
            clip, text, is_loud = note(source, i)
            (folder / f"{i:02d}-{text}-{names[is_loud]}.wav").write_bytes(wav_bytes(clip))
            counts[names[is_loud]] += 1
        return counts

    def read_shards(self, folders: Sequence[Path], known: Mapping[str, Any]) -> Clips:
        paths = [path for folder in folders for path in sorted(folder.glob("*.wav"))]
        told = [path.stem.split("-", 2)[1:] for path in paths]
        labels = tuple(known["labels"])
        y = {
            "first": np.array([LETTERS.index(text[0]) for text, _ in told]),
            "second": np.array([LETTERS.index(text[1]) for text, _ in told]),
            "manner": np.array([labels.index(label) for _, label in told]),
        }
        names = {"first": LETTERS, "second": LETTERS, "manner": labels}
        clips = [read_wav(path.read_bytes()) for path in paths]
        return Clips(clips, y, np.array([path.parent.name for path in paths]), RATE_HZ, names)

    def evaluate(self, outputs: Any, data: Clips) -> dict[str, Any]:
        found = {name: _best(outputs, name) for name in ("first", "second", "manner")}
        wrong = [found[name] != data.y[name] for name in ("first", "second")]
        right = found["manner"] == data.y["manner"]
        return {"letter_errors": float(np.mean(wrong)), "accuracy": float(right.mean()), "n": len(data)}

    def baseline(self, train: Clips, data: Clips) -> dict[str, float]:
        usual = np.bincount(train.y["manner"]).argmax()
        return {"baseline_accuracy": float((data.y["manner"] == usual).mean())}

    def pair_values(self, outputs: Any, data: Clips) -> np.ndarray:
        wrong = [_best(outputs, name) != data.y[name] for name in ("first", "second")]
        return np.mean(wrong, axis=0).astype(np.float32)

    def examples(self, values: Any, manifest: Mapping[str, Any]) -> Clips:
        return Clips(list(values), None, np.full(len(values), "asked"), RATE_HZ)

    def example_input(self, manifest: Mapping[str, Any]) -> list[np.ndarray]:
        return [note(Source("example"), 0)[0]]

    def read_question(self, task: Any, payload: Payload, user: Any) -> Question:
        """A file `note`."""
        if "note" not in payload.files:
            raise ValidationError("Send a WAV file as `note`.", code="required")
        clip = read_wav(payload.files["note"].read())
        place = Locator(0.0, len(clip) / RATE_HZ)
        return Question(lambda manifest: Inputs([clip], [place]), *asked_by(user))

    def decide(self, outputs: Any, inputs: Inputs | None, manifest: Mapping[str, Any]) -> list[Answer]:
        found = []
        for number, row in enumerate(outputs):
            text = "".join(LETTERS[int(np.argmax(row[f"{name}_probabilities"]))] for name in ("first", "second"))
            score = float(np.max(row["manner_probabilities"]))
            label = str(manifest["labels"][int(np.argmax(row["manner_probabilities"]))])
            reason = "unsure" if score < UNSURE_BELOW else ""
            if inputs is not None and loudness(inputs.values[number]) < SILENT_BELOW:
                reason = "silence"
            head = Headline(label, confidence=score, reason=reason)
            found.append(Answer({"text": text, "label": label, "score": score}, head))
        return found

    def statistic_names(self, manifest: Mapping[str, Any]) -> list[str]:
        return ["seconds", "loudness"]

    def statistics(self, values: Any, manifest: Mapping[str, Any]) -> np.ndarray:
        return np.array([[len(clip) / RATE_HZ, loudness(clip)] for clip in values]).reshape(len(values), 2)

    def check_correction(self, task: Any, given: Any) -> Correction:
        """{"text", "label"}: what was said, and how."""
        if (
            not isinstance(given, dict)
            or set(given) - {"text", "label"}
            or given.get("label") not in (task.label_set.names)
        ):
            raise ValidationError({"correction": "Give the text and one of the labels."}, code="bad_value")
        return Correction(given["label"], {"text": str(given.get("text", ""))[:80]})

    def agreement(self, answered: Mapping[str, Any], correction: Correction) -> float:
        """How it was said; what was said is not in a headline."""
        return float(answered.get("label", "") == correction.label)

    def card(self, manifest: Mapping[str, Any]) -> CardText:
        return CardText("It writes down two letters.", [f"A WAV of {RATE_HZ} Hz."], ["It is a toy."])


def _best(outputs: Any, name: str) -> np.ndarray:
    return np.array([int(np.argmax(row[f"{name}_probabilities"])) for row in outputs])
