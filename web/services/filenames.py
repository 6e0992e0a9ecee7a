"""Names of files that people send: shown and stored, never used as a path."""

import unicodedata

MAX_CHARS = 150
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn"}
"""Unicode categories: control, format (direction marks), surrogate, private, unassigned."""


def filename_clean(name: str) -> str:
    """The last path part of `name`, without control, format and path characters, at most 150 characters.

    The extension survives shortening; an empty result becomes "file".

    >>> filename_clean("..\\\\..\\\\squat day.csv")
    'squat day.csv'
    """
    text = unicodedata.normalize("NFC", name.encode("utf-8", "ignore").decode("utf-8"))
    text = text.replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(c for c in text if unicodedata.category(c) not in _UNSAFE and c not in '<>:"|?*')
    text = " ".join(text.split()).strip(". ")
    if len(text) > MAX_CHARS:
        stem, dot, suffix = text.rpartition(".")
        keep = dot + suffix if dot and len(suffix) <= 12 else ""
        text = (stem if keep else text)[: MAX_CHARS - len(keep)].rstrip(". ") + keep
    return text or "file"
