"""The voices through the real runtime on tiny networks, with the real weights, and where something is missing."""

from __future__ import annotations

import io
import threading
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops.ml.contract import BadArtifact, BadValue, UnreadableInput
from mlops.ml.parts import store as parts_store
from mlops.ml.parts.store import PartMissing
from mlops.ml.speech import espeak, synthesis
from mlops.ml.speech.hibari import Hibari
from mlops.ml.speech.kokoro import Kokoro
from mlops.ml.speech.speech_cache import SpeechCache
from mlops.ml.speech.spoken import Spoken, read_stream, read_wav, rounded
from mlops.ml.speech.synthesis import MAX_CHARACTERS, SpeechSynthesizer, pieces
from mlops.ml.speech.waveform import HOP, RATE_HZ, pulses
from tests.ml.speech import tiny

needs_espeak = pytest.mark.skipif(espeak.command() is None, reason="espeak-ng is not installed")


@pytest.fixture(autouse=True)
def empty_store(tmp_path: Path) -> Iterator[Path]:
    """No part is installed; the lexicons of the tests are, under `sounds`."""
    before = parts_store._store
    parts_store.use(tmp_path / "parts")
    yield tmp_path
    parts_store._store = before


@pytest.fixture
def no_espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "command", lambda: None)


@pytest.fixture
def lexicons(empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny lexicons stand for the installed part."""
    folder = tiny.english_sounds(empty_store / "sounds")

    class Found:
        def find(self, name: str) -> Path | None:
            return folder if name == "english-sounds" else None

        require = find

    monkeypatch.setattr(synthesis, "store", Found)


def test_hibari_speaks_the_same_every_time(tmp_path: Path, lexicons: None) -> None:
    voice = SpeechSynthesizer(tiny.hibari(tmp_path / "hibari"))
    said, again = voice.speak("Keep your set."), voice.speak("Keep your set.")
    assert (said.engine, said.voice, said.rate_hz, said.note) == ("hibari", "heart", RATE_HZ, "")
    assert len(said.samples) == HOP * (len("kˈip jʊɹ sˈɛt.") + 2)
    assert np.abs(said.samples).max() > 0
    assert np.array_equal(said.samples, again.samples)
    assert not np.array_equal(said.samples, voice.speak("Keep your set.", speed=1.5).samples)
    assert voice.voices() == ("heart",)


def test_kokoro_has_speakers_with_accents(tmp_path: Path, lexicons: None) -> None:
    voice = SpeechSynthesizer(tiny.kokoro(tmp_path / "kokoro"))
    american, british = voice.speak("Keep."), voice.speak("Keep.", "bf_emma")
    assert (american.voice, british.voice) == ("af_heart", "bf_emma")
    assert voice.voices() == ("af_heart", "bf_emma")
    assert np.abs(british.samples).max() > np.abs(american.samples).max()
    with pytest.raises(BadValue, match="af_heart, bf_emma, not 'zf_xiaoxiao'"):
        voice.speak("Keep.", "zf_xiaoxiao")


def test_twi_is_said_with_an_english_voice_and_the_answer_says_so(tmp_path: Path, lexicons: None) -> None:
    said = SpeechSynthesizer(tiny.hibari(tmp_path)).speak("Akwaaba 12", language="tw")
    assert said.note == "spoken with an English voice"
    assert said.duration_s > 0


def test_long_texts_are_said_in_pieces_between_pauses(tmp_path: Path, lexicons: None) -> None:
    voice = SpeechSynthesizer(tiny.kokoro(tmp_path))
    text = "keep your set, " * 100
    assert voice.speak(text).duration_s > 10 * voice.speak("keep your set,").duration_s
    cut = list(pieces("ab " * 200, 50))
    assert all(len(one) <= 50 for one in cut)
    assert "".join(cut).replace(" ", "") == "ab" * 200
    assert max(map(len, pieces("x" * 900, 50))) == 50


@pytest.mark.parametrize(
    "asked",
    [
        {"text": ""}, {"text": " . "}, {"text": "x" * (MAX_CHARACTERS + 1)}, {"text": None}, {"text": b"Keep."},
        {"text": "Keep.", "speed": 0.1}, {"text": "Keep.", "speed": float("nan")}, {"text": "Keep.", "speed": "1"},
        {"text": "Keep.", "language": "de"}, {"text": "Keep.", "voice": "nobody"}, {"text": "你好"},
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused(tmp_path: Path, lexicons: None, asked: dict[str, Any]) -> None:
    with pytest.raises(BadValue):
        SpeechSynthesizer(tiny.hibari(tmp_path)).speak(**asked)


def test_it_answers_the_models_server(tmp_path: Path, lexicons: None) -> None:
    from mlops.ml.hosting.codec import decode, encode

    voice = SpeechSynthesizer(tiny.hibari(tmp_path))
    plain, more = decode(encode(voice.answer(["Keep.", {"text": "Keep.", "speed": 2.0}])))
    assert plain["engine"] == "hibari"
    assert np.array_equal(read_wav(plain["wav"])[0], voice.speak("Keep.").samples)
    assert plain["wav"] != more["wav"]
    for wrong in (["a", 3], [{"text": "Keep.", "shell": "yes"}], [{"voice": "heart"}]):
        with pytest.raises(BadValue):
            voice.answer(wrong)


def test_quick_voices_speak_side_by_side_within_their_threads(
    tmp_path: Path, lexicons: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["Keep.", "Keep keep.", "Keep keep keep."]
    alone = SpeechSynthesizer(tiny.hibari(tmp_path / "hibari")).answer(texts)
    two = SpeechSynthesizer(tmp_path / "hibari", threads=2)
    two.load()
    assert (two.max_batch, SpeechSynthesizer("hibari").max_batch) == (2, 1)
    together, speak = threading.Barrier(2, timeout=20), two.speak
    monkeypatch.setattr(two, "speak", lambda text: (together.wait(), speak(text))[1])
    assert two.answer(texts[:2]) == alone[:2], "in their order, both at once"
    slow = SpeechSynthesizer(tiny.kokoro(tmp_path / "kokoro"), threads=2)
    slow.load()
    seen: list[int] = []
    one = slow.speak
    monkeypatch.setattr(slow, "speak", lambda text: (seen.append(threading.get_ident()), one(text))[1])
    slow.answer(texts)
    assert seen == [threading.get_ident()] * 3, "one after another, each with all threads"


def test_without_weights_and_without_espeak_the_answer_says_what_to_do(no_espeak: None) -> None:
    with pytest.raises(PartMissing, match=r"fetch_parts hibari.*install espeak-ng"):
        SpeechSynthesizer().speak("Keep.")


def test_without_lexicons_and_without_espeak_the_lexicons_are_named(tmp_path: Path, no_espeak: None) -> None:
    with pytest.raises(PartMissing, match="fetch_parts english-sounds"):
        SpeechSynthesizer(tiny.hibari(tmp_path / "voice")).speak("Keep.")


@needs_espeak
def test_without_weights_espeak_speaks_and_says_so() -> None:
    said = SpeechSynthesizer().speak("Keep your back straight.", "heart")
    assert (said.engine, said.voice) == ("espeak-ng", "en-us")
    assert "hibari is not installed" in said.note
    assert said.duration_s > 0.8
    assert np.abs(said.samples).max() > 0.1
    with pytest.raises(PartMissing):
        SpeechSynthesizer(fallback=False).speak("Keep.")


@needs_espeak
def test_without_lexicons_espeak_says_how_words_sound(tmp_path: Path) -> None:
    voice = SpeechSynthesizer(tiny.hibari(tmp_path / "voice"))
    assert voice.sounds("Keep straight, go.") == "kˈip stɹˈAt, ɡˈO."
    assert voice.speak("Keep straight.").engine == "hibari"


@needs_espeak
def test_espeak_is_asked_for_by_name(tmp_path: Path) -> None:
    voice = SpeechSynthesizer("espeak-ng")
    slow, quick = voice.speak("Keep your back straight.", speed=0.5), voice.speak("Keep your back straight.", speed=2.0)
    assert slow.duration_s > 1.8 * quick.duration_s
    assert slow.note == ""
    assert voice.speak("Akwaaba, video 12.", "en-gb", "tw").note == "spoken with an English voice"
    with pytest.raises(BadValue, match="en-us, en-gb"):
        voice.speak("Keep.", "../../etc/passwd")
    named, plain = espeak.say("Kwame", "en-us", 1.0)[0], espeak.say("kwame", "en-us", 1.0)[0]
    assert len(named) != len(plain), "a day name is not read by English rules"


@needs_espeak
@pytest.mark.parametrize(
    "text", ["-w /tmp/x --help", "$(touch /tmp/x) `id` ; rm", "<audio src='/etc/passwd'/>", "[[h@'loU]]"]
)
def test_no_text_is_an_option_or_a_command(text: str, tmp_path: Path) -> None:
    assert SpeechSynthesizer("espeak-ng").speak(text).duration_s > 0


def test_a_process_that_hangs_or_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "espeak"
    script.write_text("#!/bin/sh\nsleep 30\n")
    script.chmod(0o755)
    monkeypatch.setattr(espeak, "command", lambda: str(script))
    monkeypatch.setattr(espeak, "TIMEOUT_S", 0.2)
    with pytest.raises(espeak.EspeakFailed, match="too long"):
        espeak.say("Keep", "en-us", 1.0)
    script.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(espeak.EspeakFailed, match="error"):
        espeak.say("Keep", "en-us", 1.0)
    script.write_text("#!/bin/sh\necho nothing\n")
    with pytest.raises(UnreadableInput):
        espeak.say("Keep", "en-us", 1.0)


def test_broken_weights_are_named(tmp_path: Path) -> None:
    (tmp_path / "hibari.onnx").write_bytes(b"broken")
    with pytest.raises(BadArtifact, match="hibari.onnx"):
        Hibari(tmp_path)
    tiny.kokoro(tmp_path)
    (tmp_path / "af_heart.bin").write_bytes(b"short")
    with pytest.raises(BadArtifact, match="af_heart"):
        Kokoro(tmp_path).say("kˈip", "af_heart", 1.0)
    (tmp_path / "model.onnx").replace(tmp_path / "hibari.onnx")
    with pytest.raises(BadArtifact, match="asks for tokens, style, speed"):
        Hibari(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadArtifact, match="neither"):
        SpeechSynthesizer(tmp_path / "empty").speak("Keep.")


def test_a_pulse_train_has_its_pitch_and_is_silent_where_there_is_none() -> None:
    train = pulses(np.array([200.0] * 80 + [0.0] * 80, np.float32))
    spectrum = np.abs(np.fft.rfft(train[: 60 * HOP] * np.hanning(60 * HOP)))
    strongest = np.argmax(spectrum[1 : round(300 * 60 * HOP / RATE_HZ)]) + 1
    assert abs(strongest * RATE_HZ / (60 * HOP) - 200) < 2
    assert not train[82 * HOP :].any()


def test_a_wav_file_gives_back_what_was_said() -> None:
    said = Spoken(rounded(np.sin(np.arange(2400) / 20)), 24_000, "hibari", "heart")
    with wave.open(io.BytesIO(said.wav_bytes())) as file:
        assert (file.getframerate(), file.getnframes(), file.getsampwidth()) == (24_000, 2400, 2)
    samples, rate_hz = read_wav(said.wav_bytes())
    assert rate_hz == 24_000
    assert np.array_equal(samples, said.samples)
    assert np.array_equal(read_stream(said.wav_bytes())[0], said.samples)
    for damaged in (b"", b"RIFF", said.wav_bytes()[:30], b"x" * 100):
        with pytest.raises(UnreadableInput):
            read_wav(damaged)
        with pytest.raises(UnreadableInput):
            read_stream(damaged)
    with pytest.raises(BadValue):
        rounded(np.array([np.nan]))


def test_what_was_said_is_kept_and_told_apart(tmp_path: Path, lexicons: None) -> None:
    cache = SpeechCache(tmp_path / "cache")
    voice = SpeechSynthesizer(tiny.kokoro(tmp_path / "kokoro"), cache=cache)
    said = voice.speak("Keep.")
    kept = cache.n_bytes()
    assert np.array_equal(voice.speak("Keep.").samples, said.samples)
    assert cache.n_bytes() == kept
    for other in ({"speed": 1.1}, {"voice": "bf_emma"}, {"text": "Rest."}, {"language": "tw"}):
        before = cache.n_bytes()
        voice.speak(**{"text": "Keep.", **other})
        assert cache.n_bytes() > before, other
    tiny.kokoro(tmp_path / "other", voices=("af_heart",))
    (tmp_path / "other" / "model.onnx").write_bytes(
        (tmp_path / "kokoro" / "model.onnx").read_bytes().replace(b"tiny", b"Tiny")
    )
    before = cache.n_bytes()
    SpeechSynthesizer(tmp_path / "other", cache=cache).speak("Keep.")
    assert cache.n_bytes() > before, "other weights speak for themselves"
    assert voice.prepare(["Keep.", "Rest."]) == pytest.approx(said.duration_s + voice.speak("Rest.").duration_s)


def test_the_cache_is_used_instead_of_the_network(
    tmp_path: Path, lexicons: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = SpeechSynthesizer(tiny.kokoro(tmp_path / "kokoro"), cache=SpeechCache(tmp_path / "cache"))
    said = voice.speak("Keep.")
    monkeypatch.setattr(Kokoro, "say", lambda *_: pytest.fail("the network was asked again"))
    assert np.array_equal(voice.speak("Keep.").samples, said.samples)


def test_many_threads_load_once_and_hear_the_same(tmp_path: Path, lexicons: None) -> None:
    voice = SpeechSynthesizer(tiny.hibari(tmp_path / "hibari"), cache=SpeechCache(tmp_path / "cache"))
    heard: list[Spoken] = []
    threads = [threading.Thread(target=lambda: heard.append(voice.speak("Keep your set."))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(heard) == 8
    assert all(np.array_equal(one.samples, heard[0].samples) for one in heard)


@pytest.mark.parametrize("part", ["hibari", "kokoro-82m"])
def test_real_weights_make_speech(real_part, part: str) -> None:  # type: ignore[no-untyped-def]
    """As long as a person needs for it, loud enough, its power where that of a voice is; with the real lexicons."""
    for name in ("english-sounds", "ghana-names", part):
        real_part(name)
    said = SpeechSynthesizer(part).speak("Kwame, 3 x 12 @ 80 kg, then rest.")
    assert said.engine == part
    assert 2.5 < said.duration_s < 6
    assert 0.1 < np.abs(said.samples).max() <= 1
    power = np.abs(np.fft.rfft(said.samples)) ** 2
    hertz = np.fft.rfftfreq(len(said.samples), 1 / said.rate_hz)
    assert power[(hertz > 80) & (hertz < 4000)].sum() > 0.9 * power.sum()
