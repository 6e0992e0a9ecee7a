"""Every sentence that a report can say is collected for translation."""

from mlops.ml.biomechanics.form import reasons
from mlops.ml.biomechanics.form.table import document
from sessions.form.table_words import SENTENCES


def said() -> set[str]:
    table = document()
    found = set(table["unseen"].values()) | set(reasons.ALWAYS)
    for exercise in table["exercises"]:
        found.add(exercise["title"])
        found |= {fault[name] for fault in exercise["faults"] for name in ("cue", "sentence")}
    for sentences in reasons.REASONS.values():
        found |= set(sentences)
    return found | {value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}


def test_all_sentences_are_collected_and_none_is_left_over():
    assert said() - SENTENCES == set()
    assert SENTENCES - said() == set()
