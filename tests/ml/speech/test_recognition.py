"""Speech to text through the real library: on random weights, and on the real ones where they can be had."""

import json

import numpy as np
import pytest

from benchmarks.parts_speech import HINT, count, noises
from mlops.ml.contract import BadArtifact, BadShape, BadValue, UnreadableInput
from mlops.ml.limited import in_child
from mlops.ml.parts.store import PartMissing, PartStore
from mlops.ml.speech import audio
from mlops.ml.speech.audio import RATE_HZ
from mlops.ml.speech.recognition import SpeechRecognizer
from tests.ml.speech.test_audio import wav
from tests.ml.speech.voice import voice


class Talkative(SpeechRecognizer):
    """Tells whatever random weights say."""

    least_confidence = 0.0

    def _is_speech(self, segment) -> bool:
        return True


@pytest.fixture
def random_one(tiny):
    return Talkative(tiny[1], device="cpu")


@pytest.mark.parametrize("name", noises())
@pytest.mark.parametrize("gain", [0.02, 1.0])
def test_silence_and_noise_are_nothing_heard(random_one, name, gain):
    """Whisper itself is not asked: random weights would say something."""
    found = random_one.transcribe(gain * noises()[name])
    assert (found.is_heard, found.text, found.confidence, found.language) == (False, "", 0.0, None)
    assert found.duration_s == pytest.approx(len(noises()[name]) / RATE_HZ)


def test_a_voice_is_heard_where_it_speaks(random_one):
    found = random_one.transcribe(voice(3, before_s=1, after_s=2), "en")
    assert found.is_heard
    assert found.duration_s == pytest.approx(6, abs=0.01)
    assert (found.segments[0].start_s, found.segments[-1].end_s) == pytest.approx((1, 4), abs=0.3)
    assert 0 < found.confidence < 1
    assert found.language == "en"
    assert json.loads(json.dumps(found.as_json()))["heard"] is True
    assert found == random_one.transcribe(voice(3, before_s=1, after_s=2), "en"), "chance plays no part"


def test_words_have_their_places(random_one):
    found = random_one.transcribe(voice(2, before_s=1), "en", words=True, hint="squat, lunge")
    places = [(one.start_s, one.end_s) for segment in found.segments for one in segment.words]
    assert places
    assert all(0 <= start <= end <= found.duration_s for start, end in places)


def test_sound_longer_than_a_window_is_cut_at_its_pauses(random_one):
    found = random_one.transcribe(voice(3, before_s=28, after_s=8), "en")
    assert found.duration_s == pytest.approx(39, abs=0.01)
    assert all(27 <= one.start_s <= one.end_s <= 39 for one in found.segments)


def test_what_is_unlikely_is_not_told(tiny):
    assert not SpeechRecognizer(tiny[1], device="cpu").transcribe(voice(2), "en").is_heard


def test_what_is_refused(random_one, tiny, tmp_path, monkeypatch):
    with pytest.raises(BadValue, match="does not know the language 'tw'"):
        random_one.transcribe(voice(1), "tw")
    with pytest.raises(BadValue, match="hint"):
        random_one.transcribe(voice(1), hint="x" * 401)
    with pytest.raises(BadShape):
        random_one.transcribe(np.zeros((2, 100), np.float32))
    with pytest.raises(UnreadableInput):
        random_one.transcribe(b"no sound")
    (tmp_path / "tokenizer.json").write_bytes((tiny[1] / "tokenizer.json").read_bytes())
    with pytest.raises(BadArtifact, match="no Whisper model"):
        SpeechRecognizer(tmp_path, device="cpu").load()
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadArtifact, match=r"tokenizer\.json"):
        SpeechRecognizer(tmp_path / "empty", device="cpu").load()
    monkeypatch.setattr("mlops.ml.parts.store._store", PartStore(tmp_path / "none"))
    with pytest.raises(PartMissing) as caught:
        SpeechRecognizer().transcribe(voice(1))
    assert "fetch_parts whisper-tiny.en" in caught.value.remedy


def test_what_serve_models_asks(random_one, tmp_path):
    one, silent = random_one.answer([{"audio": voice(2), "language": "en", "words": True}, noises()["silence"]])
    assert one["heard"]
    assert one["segments"][0]["words"]
    assert silent == {"text": "", "segments": (), "language": None, "language_probability": 0.0, "confidence": 0.0,
                      "duration_s": 5.0, "heard": False}  # fmt: skip
    for given in (str(tmp_path), {"audio": "/etc/hostname"}, {}, {"audio": voice(1), "path": "x"}, 3.0,
                  {"audio": voice(1), "hint": 3}):  # fmt: skip
        with pytest.raises((BadValue, BadShape)):
            random_one.answer([given])


def test_it_closes_and_loads_again(random_one):
    random_one.load()
    random_one.close()
    assert not random_one.is_loaded
    assert random_one.transcribe(voice(2), "en").is_heard


# -- the real weights ------------------------------------------------------------------------------------------------

def test_spoken_commands_with_the_real_weights(real_part, commands):
    """Measured: 67 of 74 slot words; 73 when the words of the menu are given as a hint."""
    real_part("whisper-tiny.en")
    recognizer = SpeechRecognizer(device="cpu")
    right, n = count(recognizer, commands)
    assert n == 74
    assert right >= 0.9 * n
    assert count(recognizer, commands, HINT)[0] >= 0.95 * n


def test_noise_with_the_real_weights(real_part):
    real_part("whisper-tiny.en")
    recognizer = SpeechRecognizer(device="cpu")
    assert [name for name, sound in noises().items() if recognizer.transcribe(sound).is_heard] == []
    assert recognizer.languages == ("en",)
    with pytest.raises(BadValue, match="'de'"):
        recognizer.transcribe(noises()["silence"], "de")


def test_a_language_is_found_out_with_the_real_weights(real_part, commands):
    """And what is no language of the model is refused: Twi has no token in any Whisper."""
    real_part("whisper-base")
    recognizer = SpeechRecognizer("whisper-base", device="cpu")
    found = recognizer.transcribe(commands / "04b09ada-5dcc-491a-ae95-fe4e4993869e.wav", words=True)
    assert found.language == "en"
    assert found.text == "Can I get a medium roast house coffee with brown sugar?"
    assert 0.5 < found.language_probability < 1
    assert " ".join(one.text for one in found.segments[0].words) == found.text
    assert len(recognizer.languages) == 99
    with pytest.raises(BadValue, match="'tw'"):
        recognizer.transcribe(noises()["silence"], "tw")


def test_files_of_several_callers_are_decoded_in_one_child(random_one, tmp_path, monkeypatch):
    files = [wav(tmp_path / f"{n}.wav", voice(1 + n, seed=n)).read_bytes() for n in range(3)]
    alone = [random_one.answer([{"audio": one, "language": "en"}])[0] for one in files]
    children = []
    counted = lambda function, limits: children.append(function) or in_child(function, limits)  # noqa: E731
    monkeypatch.setattr(audio, "in_child", counted)
    given = [*({"audio": one, "language": "en"} for one in files), noises()["silence"]]
    assert random_one.answer(given)[:3] == alone
    assert len(children) == 1
    with pytest.raises(UnreadableInput):
        random_one.answer([files[0], b"no sound"])
    assert random_one.joins([files[0]])
    assert not random_one.joins([bytes(700_000)]), "somebody's sentence does not wait for a long recording"
    assert not random_one.joins([{"audio": np.zeros(16_000, np.float32)}])
