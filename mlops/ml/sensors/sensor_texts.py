"""The findings of a sensor check in words for the person who wears it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """One finding: `code` for programs, `channel` (or ""), severity note, warning or error, one sentence or two."""

    code: str
    channel: str
    severity: str
    text: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def channel_of(name: str) -> tuple[str, str]:
    """("u5", "acc_x") of "u5.acc_x"; ("", name) without a device."""
    device, _, rest = name.rpartition(".")
    return device, rest


def text_of(code: str, name: str, detail: Any) -> str:
    """The sentence for a finding; `name` is a channel of the sensor it is about."""
    device, rest = channel_of(name)
    which = f"sensor {device}" if device else "the sensor"
    sentences = {
        "gravity": lambda: f"At rest {which} measures {detail:.1f} g instead of 1. Is its range or unit set right?",
        "axes": lambda: (
            f"The {_axes(detail)} of {which} {'do' if ' ' in detail else 'does'} not fit the way it turns"
            f"{': they look swapped' if ' and ' in detail else ''}. Check how its axes are named."
        ),
        "gain": lambda: (
            f"{_capital(which)} seems to turn {detail:.1f} times as much as it does. Is its range or unit set right?"
        ),
        "turned": lambda: f"{_capital(which)} seems to be turned round. Is it worn as last time?",
        "mirrored": lambda: f"{rest} of {which} seems to be turned round. Is it worn as last time?",
        "swapped": lambda: f"{rest} and {channel_of(detail)[1]} of {which} seem to be swapped.",
        "range": lambda: f"{rest} of {which} goes far beyond what it did in your last recordings.",
        "unplugged": lambda: f"{rest} of {which} does not change at all. Is it plugged in?",
        "no_gyroscope": lambda: (
            f"No turning rate comes from {which}: it has no gyroscope, or it is off. A model taught with one names "
            "nothing then. Choose the layout of the accelerometer alone, with a model of that layout."
        ),
        "clipping": lambda: f"{rest} of {which} is cut off at its highest or lowest value. Choose a larger range.",
        "rate": lambda: f"{name} samples a second arrive instead of {detail:g}. Nothing is wrong with the answers.",
        "jitter": lambda: "The samples come at very uneven times. A weak connection may be the reason.",
        "gaps": lambda: "Samples were missing for more than a second. Stay closer to the phone or computer.",
    }
    return sentences[code]()


def _axes(detail: str) -> str:
    if not detail:
        return "axes"
    return f"{detail} axes" if " " in detail else f"{detail} axis"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
