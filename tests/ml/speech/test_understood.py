"""What the voices say is written down again by a recogniser that knows nothing of them."""

from __future__ import annotations

import pytest

from benchmarks.parts_voices import SENTENCES, error_rate, errors, listener, words_of
from mlops.ml.speech import espeak
from mlops.ml.speech.synthesis import SpeechSynthesizer

AT_MOST = {"hibari": 0.1, "kokoro-82m": 0.1, "espeak-ng": 0.35}


@pytest.mark.parametrize("engine", AT_MOST)
def test_coaching_sentences_are_understood(real_part, engine: str) -> None:  # type: ignore[no-untyped-def]
    if engine == "espeak-ng":
        if espeak.command() is None:
            pytest.skip("espeak-ng is not installed")
    else:
        for name in (engine, "english-sounds", "ghana-names"):
            real_part(name)
    rate, heard = error_rate(SpeechSynthesizer(engine), SENTENCES[:6], listener(real_part("whisper-tiny.en")))
    assert rate <= AT_MOST[engine], heard


def test_errors_are_words_put_in_left_out_and_mistaken() -> None:
    assert errors("a b c d".split(), "a x c".split()) == 2
    assert errors([], ["a"]) == 1
    assert errors(["a"], []) == 1
    assert words_of("3 x 12 @ 80 kg at 10:30, RPE 8") == words_of("3 sets of 12 at 80 kilograms at 10.30, RPE8.")
