"""Letters to sounds: English words, names of Ghana, Twi, and what espeak-ng says brought into the same letters."""

import gzip
from pathlib import Path

import pytest

from mlops.ml.contract import BadArtifact
from mlops.ml.speech.english_sounds import EnglishSounds
from mlops.ml.speech.ghana_names import GhanaNames
from mlops.ml.speech.phonemes import NUMBERS, from_espeak, numbers_of, stressed
from mlops.ml.speech.twi_sounds import number_words, twi_sounds, word_sounds
from tests.ml.speech import tiny


@pytest.fixture
def english(tmp_path: Path) -> EnglishSounds:
    return EnglishSounds(tiny.english_sounds(tmp_path / "sounds"), names=GhanaNames(tiny.names(tmp_path / "names")))


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("Keep your set, rest!", "kˈip jʊɹ sˈɛt, ɹˈɛst!"),
        ("the set", "ðə sˈɛt"),
        ("the eight", "ði ˈAt"),
        ("to rest", "tə ɹˈɛst"),
        ("to eight", "tʊ ˈAt"),
        ("go to.", "ɡˈO tu."),
        ("a set", "ɐ sˈɛt"),
        ("R P E A", "ˈɑɹ pˈi ˈi ˈA"),
        ("to record the record", "tə ɹəkˈɔɹd ðə ɹˈɛkəɹd"),
        ("lifted, lifting, lifts, boxes, raising, running", "lˈɪftᵻd, lˈɪftɪŋ, lˈɪfts, bˈɑksᵻz, ɹˈAzɪŋ, ɹˈʌnɪŋ"),
        ("trotted", "tɹˈɑTᵻd"),
        ("kettlebell", "kˈɛTᵊlbˌɛl"),
        ("Boateng", "buˈɑtɛŋ"),
        ("Yaw", "jˈW"),
        ("the yaw", "ðə jˈɔ"),
        ("qzv", "qzv"),
    ],
)
def test_words_are_looked_up_and_put_together(english: EnglishSounds, text: str, sounds: str) -> None:
    assert english(text) == sounds


def test_names_go_before_the_unchecked_lexicon_only_with_a_capital(english: EnglishSounds) -> None:
    assert english("nyantakyi") == "njɑntˈɑʧi"
    assert english.word("esi") == "ˈɛsi"
    assert english.word("Boateng") != english.word("boatengs")


def test_british_endings(tmp_path: Path) -> None:
    british = EnglishSounds(tiny.english_sounds(tmp_path), british=True)
    assert british("boxes trotted") == "bˈɑksɪz tɹˈɑtɪd"


@pytest.mark.parametrize("name", ["lexicon_us_gold.json.gz", "tagger.json.gz", "oov.json", "oov.onnx"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    folder = tiny.english_sounds(tmp_path)
    (folder / name).write_bytes(b"\x1f\x8bdamaged")
    with pytest.raises(BadArtifact, match=name.split(".")[0]):
        EnglishSounds(folder)


def test_entries_without_stress_get_one_and_doubled_phones_count_once(tmp_path: Path) -> None:
    names = GhanaNames(tiny.names(tmp_path))
    assert (len(names), names("kofi"), names("Boateng"), names("nobody")) == (4, "kˈOfi", "buˈɑtɛŋ", None)
    assert GhanaNames(tmp_path, british=True)("kofi") == "kˈQfiː"
    with gzip.open(tmp_path / "lexicon.tsv.gz", "wt") as out:
        out.write("no tab here\n")
    with pytest.raises(BadArtifact):
        GhanaNames(tmp_path)


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("Akwaaba", "ɑkwˈɑbɑ"),
        ("gyata", "ʤˈɑtɑ"),
        ("kyerɛ", "ʧˈAɹɛ"),
        ("hyɛ", "ʃˈɛ"),
        ("twa", "ʧwˈɑ"),
        ("dwuma", "ʤwˈumɑ"),
        ("hwɛ", "ʃwˈɛ"),
        ("hwan", "hwˈɑn"),
        ("nwoma", "nwˈOmɑ"),
        ("nyinaa", "njˈinɑ"),
        ("Nkrumah", "əŋkɹˈumɑ"),
        ("mmɔden", "əmˈɔdɛn"),
        ("ɔkɔtɔ", "ɔkˈɔtɔ"),
        ("kãn", "kˈɑn"),
        ("kã", "kˈɑn"),
        ("Kwame", "kwˈɑmA"),
        ("Mensah", "mˈɛnsɑ"),
    ],
)
def test_twi_letters_digraphs_and_nasals(word: str, sounds: str) -> None:
    assert word_sounds(word, british=False) == sounds


def test_twi_numbers_pauses_and_english_words() -> None:
    assert number_words(12) == ("dumienu",)
    assert number_words(35) == ("aduasa", "enum")
    assert number_words(100) == ("ɔha",)
    heard = twi_sounds("Yɛ 2, video 140!", british=False, english=lambda word: f"<{word}>")
    assert heard == "jˈɛ mmˈiAnu, <video> <140>!".replace("mmˈiAnu", word_sounds("mmienu", british=False))
    assert word_sounds("ɛɔ", british=True) == "ˈɛɔː"


def test_sounds_of_espeak_come_in_our_letters() -> None:
    assert from_espeak("stɹˈe^ɪt ɡˌo^ʊ mˈɛʒɚd d^ʒˈiː", british=False) == "stɹˈAt ɡˌO mˈɛʒəɹd ʤˈi"
    assert from_espeak("ɡˌə^ʊ stɹˈe^ɪt ɡˈɜːl", british=True) == "ɡˌQ stɹˈAt ɡˈɜːl"


def test_numbers_of_sounds_have_zeros_at_both_ends_and_leave_out_what_is_unknown() -> None:
    assert numbers_of("kˈi☃p.") == [0, NUMBERS["k"], NUMBERS["ˈ"], NUMBERS["i"], NUMBERS["p"], 4, 0]
    assert stressed("kwame") == "kwˈame"
    assert stressed("ˈa") == "ˈa"
    assert stressed("st") == "st"


def test_the_real_lexicons(real_part) -> None:  # type: ignore[no-untyped-def]
    """Every word of these sentences, as misaki reads them; names as Ghana says them; sounds that the voices know."""
    for british in (False, True):
        names = GhanaNames(real_part("ghana-names"), british=british)
        english = EnglishSounds(real_part("english-sounds"), british=british, names=names)
        assert len(names) > 104_000
        for text in ("He read the record, then lives were live.", "Twumasi and Okuapenhene deadlift kettlebells."):
            assert set(english(text)) <= set(NUMBERS)
        american, from_britain = "stˈɑp ði ˈɛksəɹsˌIz ɪf ju fˈil pˈAn.", "stˈɒp ði ˈɛksəsIz ɪf juː fˈiːl pˈAn."
        assert english("Stop the exercise if you feel pain.") == (from_britain if british else american)
        assert english("Banku").startswith("bˈɑ")
