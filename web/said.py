"""Sentences that are stored once and read by people of several languages.

Two ways to say them when they are read, in the reader's language and marks:

- `Said` keeps a sentence and its values apart, as JSON. For what we store ourselves, such as alerts.
- `respoken` finds an English text among the sentences that apps registered, by their fixed words. For libraries that
  know no languages: they raise `f"{name} is damaged"`, we register "%(name)s is damaged". Anything else stays as it is.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.utils.translation import get_language, gettext

from web.numbers import respelled, spelled

_PLACE = re.compile(r"%\((\w+)\)s")
_ENGLISH = re.compile(r"en\b")
_DEPTH = 3
"""A sentence may hold a sentence that holds a sentence."""


@dataclass(frozen=True)
class Number:
    """A number inside a sentence: format(value, spec) in the reader's marks, and a unit."""

    value: float
    spec: str = ""
    unit: str = ""

    def __str__(self) -> str:
        return f"{spelled(self.value, self.spec)}{self.unit}"


@dataclass(frozen=True)
class Said:
    """A sentence in English with %(name)s for its values: text, numbers, `Number`, or sentences of their own."""

    sentence: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        text = gettext(self.sentence)
        return text % {name: str(value) for name, value in self.values.items()} if self.values else text

    def to_json(self) -> dict[str, Any]:
        return {"said": self.sentence, "values": {name: _to_json(value) for name, value in self.values.items()}}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Said":
        return cls(stored["said"], {name: _from_json(value) for name, value in stored["values"].items()})


def _to_json(value: Any) -> Any:
    if isinstance(value, Said):
        return value.to_json()
    if isinstance(value, Number):
        return {"number": value.value, "spec": value.spec, "unit": value.unit}
    return value if isinstance(value, int | float) else str(value)


def _from_json(stored: Any) -> Any:
    if isinstance(stored, dict):
        return Said.from_json(stored) if "said" in stored else Number(stored["number"], stored["spec"], stored["unit"])
    return stored


_registered: dict[str, None] = {}


def register(sentences: Iterable[str]) -> None:
    """Declare sentences of a library: the English text with %(name)s where a value stands, without the last stop."""
    _registered.update(dict.fromkeys(one.rstrip(".") for one in sentences))
    _known.cache_clear()


def registered() -> list[str]:
    return list(_registered)


def respoken(text: str, depth: int = _DEPTH) -> str:
    """A stored English text in the reader's language as far as it is known, sentence by sentence."""
    if not text or not depth or _ENGLISH.match(get_language() or "en"):
        return text
    whole = _one(text, depth)
    if whole is not None:
        return whole
    parts = re.split(r"(?<=[.!?])(\s+)", text)
    if len(parts) < 2:
        return text
    return "".join(part if n % 2 else (_one(part, depth) or part) for n, part in enumerate(parts))


def _one(text: str, depth: int) -> str | None:
    """One sentence; None where it is not known."""
    stop = "." if text.endswith(".") else ""
    bare = text.removesuffix(".")
    for sentence, form in _known():
        if found := form.fullmatch(bare):
            values = {name: respelled(respoken(value, depth - 1)) for name, value in found.groupdict().items()}
            said = _translated(sentence)
            said = said % values if values else said
            said = said.removesuffix(".")
            return f"{said[:1].upper() if bare[:1].isupper() else said[:1]}{said[1:]}{stop}"
    return None


def _translated(sentence: str) -> str:
    """Catalogues may hold it with its last stop or without."""
    said = gettext(sentence)
    dotted = sentence + "."
    return said if said != sentence else gettext(dotted)


@cache
def _known() -> list[tuple[str, re.Pattern[str]]]:
    """Sentences with more fixed words first, so that a general one never hides a particular one."""
    rows = sorted(_registered, key=lambda one: -len(_PLACE.sub("", one)))
    return [(one, _form(one)) for one in rows]


def _form(sentence: str) -> re.Pattern[str]:
    """Its first letter may be large or small: pages begin a sentence with it, libraries do not."""
    pieces = _PLACE.split(sentence)
    text = "".join(f"(?P<{piece}>.+?)" if n % 2 else re.escape(piece) for n, piece in enumerate(pieces))
    if pieces[0]:
        first = re.escape(pieces[0][0])
        text = f"(?:{first}|{re.escape(pieces[0][0].swapcase())}){text[len(first):]}"
    return re.compile(text, re.DOTALL)
