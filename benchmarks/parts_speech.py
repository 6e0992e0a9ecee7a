"""Speech to text: how many words it gets right, and what it takes over the bare library.

    python -m benchmarks.parts_speech [--part words speed server] [--models whisper-tiny.en whisper-base]
        [--repeats 12] [--json FILE]

words   spoken commands of ../shared/data/voice_commands: slot words that are in the transcript, without and with a
        hint; how many noises are taken for speech
speed   cold and warm load, memory, seconds a clip; `transcribe` over faster-whisper itself with its own voice filter,
        the same options, the same samples, alternating; decoding a file in the limited child over decoding it here
server  one call to serve_models over the same call in this process, alternating; then several callers at once

Parts are those that are installed here (manage.py fetch_parts). One thread a model.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.parts_server import N_CALLERS, cold, median_s, ratio, served, serving, timed
from mlops.ml.speech.audio import RATE_HZ, decode
from mlops.ml.speech.recognition import BEAMS, SpeechRecognizer

MODELS = ("whisper-tiny.en", "whisper-base")
REQUIRED_RATIO = 1.05
SHARED = Path(os.environ.get("FITBALANCE_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
COMMANDS = SHARED / "voice_commands"
HINT = "A coffee order: iced mocha, iced coffee, latte, drip coffee, house coffee, light roast, sixteen ounce."
NUMBERS = {"8": "eight", "12": "twelve", "16": "sixteen"}


def slot_words_right(text: str, slots: dict[str, str]) -> tuple[int, int]:
    """(words of all slots that the text has, words of all slots); each word of the text counts once, digits are
    their words, case and punctuation do not count."""
    heard = [NUMBERS.get(word, word) for word in re.findall(r"[a-z]+|\d+", text.lower())]
    wanted = [word for slot in slots.values() for word in slot.lower().split()]
    right = 0
    for word in wanted:
        if word in heard:
            heard.remove(word)
            right += 1
    return right, len(wanted)


def count(recognizer: SpeechRecognizer, folder: Path, hint: str = "") -> tuple[int, int]:
    """Over the 12 recordings of a folder with label.json."""
    labels = json.loads((folder / "label.json").read_text())
    pairs = [
        slot_words_right(recognizer.transcribe(folder / name, "en", hint=hint).text, label["slots"])
        for name, label in labels.items()
    ]
    return sum(right for right, _ in pairs), sum(n for _, n in pairs)


def noises(seconds: int = 5) -> dict[str, np.ndarray]:
    """Sounds of a gym and of a bad microphone that nobody speaks in, and silence; (n,) float32 by name."""
    rng = np.random.default_rng(0)
    n = seconds * RATE_HZ
    t, white = np.arange(n) / RATE_HZ, rng.normal(size=n)
    brown = np.fft.irfft(np.fft.rfft(white) / np.arange(1, n // 2 + 2))
    barbell = sum(np.exp(-((t - at) % 5) * 6) * np.sin(2 * np.pi * hz * t) for at in (1, 3) for hz in (310, 870, 1430))
    found = {
        "silence": np.zeros(n),
        "white": white / 4,
        "brown": brown / np.abs(brown).max(),
        "hum": np.sin(2 * np.pi * 50 * t),
        "beeps": np.sin(2 * np.pi * 880 * t) * (t % 1 < 0.2),
        "breath": white / 4 * np.clip(np.sin(2 * np.pi * 0.4 * t), 0, 1) ** 2,
        "a barbell": barbell / np.abs(barbell).max(),
        "one sample": np.zeros(1),
    }
    return {name: value.astype(np.float32) for name, value in found.items()}


def words(models: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for model in models:
        recognizer = SpeechRecognizer(model, "cpu")
        right, n = count(recognizer, COMMANDS)
        hinted, _ = count(recognizer, COMMANDS, HINT)
        false = [
            f"{name} × {gain}"
            for name, sound in noises().items()
            for gain in (0.02, 0.2, 1.0)
            if recognizer.transcribe(np.float32(gain) * sound).is_heard
        ]
        found[model] = {"right": right, "right_with_hint": hinted, "n": n, "noises_heard": false}
        print(f"{model:16} {right} of {n} slot words, {hinted} with a hint; noises heard as speech: {len(false)} of 24")
    return found


def speed(models: list[str], repeats: int) -> dict[str, Any]:
    from faster_whisper import decode_audio

    found: dict[str, Any] = {}
    path = min(COMMANDS.glob("*.wav"))
    samples = decode(path)
    for model in models:
        recognizer = SpeechRecognizer(model, "cpu")
        load_s = timed(recognizer.load)

        def library(bare: Any = recognizer._model) -> list[Any]:
            options = {"language": "en", "beam_size": BEAMS, "temperature": 0.0, "vad_filter": True}
            options |= {"condition_on_previous_text": False, "without_timestamps": True}
            return list(bare.transcribe(samples, **options)[0])

        ours = partial(recognizer.transcribe, samples, "en")
        found[model] = one = {
            "load_s": load_s,
            **cold(model, f"@{path}"),
            **ratio(library, ours, repeats),
        }
        one["with_words"] = ratio(ours, partial(recognizer.transcribe, samples, "en", words=True), 3)["ratio"]
        print(
            f"{model:16} cold load {one['cold_load_s']:.2f} s, warm {one['load_s']:.2f} s, {one['memory_mb']:.0f} MB; "
            f"{one['ours_s']:.2f} s for {len(samples) / RATE_HZ:.1f} s of sound, × {one['ratio']:.3f} of the library "
            f"(quickest × {one['quickest']:.3f}); "
            f"with words × {one['with_words']:.2f}"
        )
    found["decode"] = one = {"child_s": median_s(lambda: decode(path), 5), "here_s": median_s(
        lambda: decode_audio(str(path)), 5)}  # fmt: skip
    print(f"decoding a file  {1000 * one['child_s']:.0f} ms in a limited child, {1000 * one['here_s']:.0f} ms without")
    return found


def server(models: list[str], repeats: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    given = {"audio": decode(min(COMMANDS.glob("*.wav"))), "language": "en"}
    with serving() as client:
        for model in models:
            recognizer = SpeechRecognizer(model, "cpu")
            found[model] = one = served(client, recognizer, given, repeats)
            print(
                f"{model:16} one call × {one['one']:.3f} (quickest × {one['quickest']:.3f}, "
                f"processor × {one['processor']:.3f}; at most {REQUIRED_RATIO}), "
                f"{N_CALLERS} callers × {one['callers']:.3f} of the same calls in turn here"
            )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", default=["words", "speed", "server"])
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--repeats", type=int, default=12)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not COMMANDS.is_dir():
        raise SystemExit(f"The recordings are read from {COMMANDS}, and it is not there.")
    print(f"{platform.machine()}, {os.cpu_count()} cores, 1 thread a model")
    found: dict[str, Any] = {}
    if "words" in options.part:
        found["words"] = words(options.models)
    if "speed" in options.part:
        found["speed"] = speed(options.models, options.repeats)
    if "server" in options.part:
        found["server"] = server(options.models, options.repeats)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
