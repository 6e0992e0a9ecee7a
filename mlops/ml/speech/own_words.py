"""Words that no lexicon has right: the names that a day of the week gives in Ghana, and ours."""

from __future__ import annotations

from mlops.ml.speech.twi_sounds import word_sounds

DAY_NAMES = frozenset(
    "Kwadwo Kojo Adwoa Kwabena Kobina Abena Kwaku Kweku Akua Yaw Yaa Kofi Afia Afua Efua Kwame Kwamena Ama Akwasi "
    "Kwasi Kwesi Akosua Esi".split()
)
"""Akan day names (kra din): some are spelled like English words ("yaw"), so they are asked for first."""
_SPELLED = {"Kojo": "Kodwo"}
_OURS = {"flextail": "flˈɛkstˌAl"}


def own_sounds(word: str, *, british: bool) -> str | None:
    """Sounds of a day name or of one of our words; None for any other."""
    if word in DAY_NAMES:
        return word_sounds(_SPELLED.get(word, word), british=british)
    return _OURS.get(word.lower())
