"""The voices: how well they are understood, how fast they speak, and what they take.

    python -m benchmarks.parts_voices [--part intelligible speed server] [--engines hibari kokoro-82m espeak-ng]
        [--repeats 10] [--json FILE]

intelligible  20 sentences of a coach and 5 with names of Ghana are spoken, then written down by Whisper tiny.en (part
              whisper-tiny.en, greedy): word error rate, both sides read as words by the same rules
speed         cold (a new process until the first sentence is spoken) and warm load, memory, seconds for a second of
              speech, and the time of `speak` over that of the bare network with the same input in the same run
server        one call to serve_models against the same call in this process, alternating; then four callers at once

Parts are those that are installed here (manage.py fetch_parts). One thread a model.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from mlops.ml.parts.store import store
from mlops.ml.speech import espeak
from mlops.ml.speech.spoken_text import spoken
from mlops.ml.speech.synthesis import SpeechSynthesizer, Spoken, pieces

ENGINES = ("hibari", "kokoro-82m", "espeak-ng")
SENTENCES = (
    "Keep your back straight and push through your heels.",
    "Three more reps, then rest for 90 seconds.",
    "Your next set is 3 x 12 @ 80 kg at RPE 8.",
    "Well done, that squat was deeper than the last one.",
    "Breathe out as you lift the weight, and breathe in on the way down.",
    "Warm up at 10:30 with 5 min of easy cycling.",
    "Your heart rate is 142 bpm, slow down a little.",
    "Stop the exercise if you feel pain in your knee.",
    "You trained at 85 % of your best today.",
    "Drink 500 ml of water before the next session.",
    "Bend your elbows to 90 degrees and hold for two seconds.",
    "Your sleep was short last night, so today is a light day.",
    "Rotate your shoulders slowly in both directions.",
    "Tomorrow we start with lunges and finish with a plank.",
    "Record a video from the side so that your coach can check your form.",
    "Lower the bar under control until it touches your chest.",
    "Your training load rose by 12 percent this week.",
    "Take a deep breath and relax your neck.",
    "The last interval was faster than planned, well run.",
    "Rest until 3 Nov 2026, then run 2.5 km.",
)
NAMES = (
    "Kwame lifted 62.5 kg for eight reps.",
    "Akosua and Yaw train in Kumasi today.",
    "Coach Boateng will check your form.",
    "Eat banku after the session, not before.",
    "Nkrumah and Mensah start at 10:30.",
)
N_CALLERS = 4


_SAME = ((r"\b(\d{1,2})\.([0-5]\d)\b", r"\1:\2"), (r"(?<=[A-Z])(?=\d)", " "), (r"(?<=[a-z])liter", "litre"))
"""Ways of writing that Whisper has and a plan has not: 10.30 for 10:30, RPE8 for RPE 8, American litres."""


def words_of(text: str) -> list[str]:
    """Words as they are spoken, without signs and case."""
    for written, ours in _SAME:
        text = re.sub(written, ours, text)
    return "".join(one if one.isalpha() or one == "'" else " " for one in spoken(text).lower()).split()


def errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Words put in, left out and mistaken: the distance of Levenshtein between two lists."""
    row = list(range(len(heard) + 1))
    for number, one in enumerate(said, 1):
        before, row[0] = row[0], number
        for at, other in enumerate(heard, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (one != other))
    return row[-1]


def listener(folder: Path) -> Callable[[Spoken], str]:
    """Whisper in English, greedy."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def hear(said: Spoken) -> str:
        from scipy.signal import resample_poly

        at_16_khz = resample_poly(said.samples, 16_000, said.rate_hz).astype(np.float32)
        parts, _ = model.transcribe(at_16_khz, language="en", beam_size=1, condition_on_previous_text=False)
        return " ".join(part.text.strip() for part in parts)

    return hear


def error_rate(
    voice: SpeechSynthesizer, sentences: Sequence[str], hear: Callable[[Spoken], str]
) -> tuple[float, list[str]]:
    """(word error rate, what was heard)."""
    wrong = n_words = 0
    heard_all = []
    for sentence in sentences:
        heard = hear(voice.speak(sentence))
        heard_all.append(heard)
        wrong += errors(words_of(sentence), words_of(heard))
        n_words += len(words_of(sentence))
    return wrong / n_words, heard_all


def intelligible(engines: Sequence[str]) -> dict[str, Any]:
    hear = listener(store().require("whisper-tiny.en"))
    found: dict[str, Any] = {}
    for engine in engines:
        voice = SpeechSynthesizer(engine)
        rate, heard = error_rate(voice, SENTENCES, hear)
        names_rate, heard_names = error_rate(voice, NAMES, hear)
        found[engine] = {"wer": rate, "names_wer": names_rate, "heard": [*heard, *heard_names]}
        print(f"{engine:12} word error rate {rate:.3f}, with names {names_rate:.3f}")
    return found


def speed(engines: Sequence[str], repeats: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for engine in engines:
        cold = json.loads(subprocess.run([sys.executable, "-c", _COLD, engine], capture_output=True, check=True).stdout)
        found[engine] = one = {**cold, **_rates(engine, repeats)}
        print(
            f"{engine:12} cold {one['cold_s']:.2f} s, warm load {one['load_s']:.2f} s, {one['memory_mb']:.0f} MB, "
            f"{one['s_per_s']:.3f} s a second of speech, × {one['ratio']:.3f} of the bare engine"
        )
    return found


_COLD = """
import json, sys, time
began = time.perf_counter()
from mlops.ml.speech.synthesis import SpeechSynthesizer
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6
imported = resident()
voice = SpeechSynthesizer(sys.argv[1])
voice.speak("Keep your back straight and push through your heels.")
cold_s = time.perf_counter() - began
voice.speak("Keep your back straight and push through your heels. " * 5)
print(json.dumps({"cold_s": cold_s, "memory_mb": resident() - imported}))
"""


def _rates(engine: str, repeats: int) -> dict[str, float]:
    """Seconds a second of speech, and `speak` over the bare engine with the same input; medians of pairs."""
    began = time.perf_counter()
    voice = SpeechSynthesizer(engine)
    voice.speak("Go.")
    load_s = time.perf_counter() - began
    pairs = []
    for sentence in SENTENCES[:repeats]:
        bare = bare_call(voice, sentence)
        bare()
        bare_s = _timed(bare)
        began = time.perf_counter()
        said = voice.speak(sentence)
        pairs.append((bare_s, time.perf_counter() - began, said.duration_s))
    return {
        "load_s": load_s,
        "s_per_s": statistics.median(spoke_s / length for _, spoke_s, length in pairs),
        "ratio": statistics.median(spoke_s / bare_s for bare_s, spoke_s, _ in pairs),
    }


def bare_call(voice: SpeechSynthesizer, sentence: str) -> Callable[[], Any]:
    """The engine alone, with the input that `speak` gives it; for espeak-ng its command."""
    if voice.model_id == "espeak-ng":
        command = ["espeak-ng", "--stdin", "-b", "1", "-v", espeak.DEFAULT_VOICE, "--stdout", "-s", "160"]
        return lambda: subprocess.run(command, input=spoken(sentence).encode(), capture_output=True, check=True)
    engine = voice._loaded()
    parts = list(pieces(voice.sounds(sentence)))
    return lambda: [engine.say(part, engine.default_voice, 1.0) for part in parts]


def server(engines: Sequence[str], repeats: int) -> dict[str, Any]:
    """One call and several at once through a server process of ours; the sentences have no cache."""
    from mlops.ml.hosting.client import ModelsClient
    from mlops.ml.hosting.errors import ModelUnavailable
    from tests.e2e.site import free_port

    found: dict[str, Any] = {}
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "FITBALANCE_VAR": folder, "FITBALANCE_PARTS_DIR": str(store().root)}
        environment |= {"DJANGO_SETTINGS_MODULE": "fitbalance.settings", "MODELS_THREADS": "1"}
        process = subprocess.Popen([sys.executable, "manage.py", "serve_models", "--port", str(port)], env=environment)
        client = ModelsClient([f"http://127.0.0.1:{port}"], n_failures=10**6)
        try:
            for engine in (one for one in engines if one != "espeak-ng"):
                while True:
                    try:
                        client.answer(f"part:{engine}", ["Go."], 60)
                        break
                    except ModelUnavailable:
                        time.sleep(0.2)
                found[engine] = one = _served(client, engine, repeats)
                print(
                    f"{engine:12} one call × {one['ratio']:.3f} (+{one['added_ms']:.1f} ms; the quickest × "
                    f"{one['quickest_ratio']:.3f}), {N_CALLERS} callers × {one['together_ratio']:.3f} of the same "
                    "calls in turn here"
                )
        finally:
            process.terminate()
            process.wait()
    return found


def _served(client: Any, engine: str, repeats: int) -> dict[str, float]:
    voice = SpeechSynthesizer(engine)
    voice.speak("Go.")
    key, sentence = f"part:{engine}", SENTENCES[0]
    pairs = [
        (_timed(lambda: voice.answer([sentence])), _timed(lambda: client.answer(key, [sentence], 60)))
        for _ in range(repeats)
    ]
    with ThreadPoolExecutor(N_CALLERS) as pool:

        def together() -> None:
            list(pool.map(lambda _: client.answer(key, [sentence], 120), range(N_CALLERS)))

        together()

        def in_turn() -> None:
            for _ in range(N_CALLERS):
                voice.answer([sentence])

        rounds = [(_timed(in_turn), _timed(together)) for _ in range(3)]
    bare_s, served_s = (statistics.median(pair[n] for pair in pairs) for n in (0, 1))
    turn_s, together_s = (statistics.median(one[n] for one in rounds) for n in (0, 1))
    quickest = [min(pair[n] for pair in pairs) for n in (0, 1)]
    return {
        "ratio": served_s / bare_s,
        "added_ms": 1000 * (served_s - bare_s),
        "quickest_ratio": quickest[1] / quickest[0],
        "together_ratio": together_s / turn_s,
    }


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", default=["intelligible", "speed", "server"])
    parser.add_argument("--engines", nargs="+", default=ENGINES)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, 1 thread a model")
    found: dict[str, Any] = {}
    if "intelligible" in options.part:
        found["intelligible"] = intelligible(options.engines)
    if "speed" in options.part:
        found["speed"] = speed(options.engines, options.repeats)
    if "server" in options.part:
        found["server"] = server(options.engines, options.repeats)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
