"""German: "j M Y, H:i", as templates ask for it, is written "3. Nov 2026, 14:05"; "l j F" is "Montag, 30. November".

Django looks up a format by its name in this module and takes it literally where there is none of that name: here every
format with a day before its month has one.
"""

import re


def __getattr__(name: str) -> str:
    german = re.sub(r"\bj (?=[FMNbE])", "j. ", name)
    german = re.sub(r"\b([lD]) (?=j)", r"\1, ", german)
    if german == name:
        raise AttributeError(name)
    return german
