"""Sensor layouts: which channels a device gives, in which unit, at which nominal rate.

Everything that reads, stores, windows or streams samples is told the layout and trusts the channel order.
A layout is declared once (built in, or by a person through `parse_layout`) and never guessed from data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops.ml.contract import BadValue

MAX_CHANNELS = 64
MIN_RATE_HZ = 0.1
MAX_RATE_HZ = 2000.0

_CHANNEL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,39}")
_LAYOUT_NAME = re.compile(r"[a-z][a-z0-9_.+-]{0,59}")
_MAX_UNIT = 16
_MAX_TITLE = 80
_LAYOUT_KEYS = {"name", "title", "channels", "rate_hz"}
_CHANNEL_KEYS = {"name", "unit"}


@dataclass(frozen=True)
class Channel:
    """One measured quantity; `unit` is shown to people and used to convert files (``m/s²``, ``rad``, ``g``)."""

    name: str
    unit: str


@dataclass(frozen=True)
class Layout:
    """Named channels in a fixed order, with the nominal rate of the device in hertz."""

    name: str
    title: str
    channels: tuple[Channel, ...]
    rate_hz: float

    @property
    def channel_names(self) -> tuple[str, ...]:
        return tuple(channel.name for channel in self.channels)

    @property
    def n_channels(self) -> int:
        return len(self.channels)

    def positions(self, names: Sequence[str]) -> list[int]:
        """Return the column of each named channel; raises BadValue for a name the layout does not have."""
        known = {name: i for i, name in enumerate(self.channel_names)}
        for name in names:
            if name not in known:
                raise BadValue(f"the layout {self.name} has no channel {name}")
        return [known[name] for name in names]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; `parse_layout` reads them back."""
        return {
            "name": self.name,
            "title": self.title,
            "channels": [{"name": c.name, "unit": c.unit} for c in self.channels],
            "rate_hz": self.rate_hz,
        }


def _axes(sensor: str, unit: str) -> tuple[Channel, ...]:
    return tuple(Channel(f"{sensor}_{axis}", unit) for axis in "xyz")


FLEXTAIL = Layout(
    name="flextail",
    title="FlexTail back sensor",
    channels=(
        Channel("lumbarAngle", "rad"),
        Channel("sagittal", "rad"),
        Channel("lateral", "rad"),
        Channel("twist", "rad"),
        Channel("acceleration", "g"),
    ),
    rate_hz=50.0,
)
IMU6 = Layout("imu6", "Motion sensor, 6 axes", _axes("acc", "m/s²") + _axes("gyr", "rad/s"), 50.0)
IMU9 = Layout(
    "imu9",
    "Motion sensor, 9 axes",
    _axes("acc", "m/s²") + _axes("gyr", "rad/s") + _axes("mag", "µT"),
    50.0,
)
ACC3 = Layout("acc3", "Accelerometer, 3 axes", _axes("acc", "m/s²"), 50.0)
GYR3 = Layout("gyr3", "Gyroscope, 3 axes", _axes("gyr", "rad/s"), 50.0)
HEART_RATE = Layout("heart_rate", "Heart rate strap", (Channel("bpm", "1/min"), Channel("rr", "ms")), 1.0)
"""A row per heart beat (or per message where the strap sends no beats): rr is 0 where it was not measured."""

BUILT_IN: dict[str, Layout] = {layout.name: layout for layout in (FLEXTAIL, IMU6, IMU9, ACC3, GYR3, HEART_RATE)}


def side_by_side(layout: Layout, units: Sequence[str] = ("u2", "u5")) -> Layout:
    """Return the layout of several equal devices worn at once: channels ``u2.acc_x`` … ``u5.gyr_z``.

    Raises BadValue when a unit name is empty or doubled, or the channels exceed the limits.
    """
    if len(units) < 2:
        raise BadValue("side by side needs at least two units")
    return parse_layout(
        {
            "name": f"{layout.name}.{'+'.join(units)}".lower(),
            "title": f"{layout.title} × {len(units)} ({', '.join(units)})"[:_MAX_TITLE],
            "channels": [
                {"name": f"{unit}.{channel.name}", "unit": channel.unit}
                for unit in units
                for channel in layout.channels
            ],
            "rate_hz": layout.rate_hz,
        }
    )


def parse_layout(declared: Mapping[str, Any]) -> Layout:
    """Check a layout that a person or a file declares and return it.

    Keys: name, channels (list of ``{"name", "unit"}``), rate_hz, optionally title. Limits: 1 to 64 channels,
    unique names that begin with a letter, 0.1 to 2,000 Hz. Raises BadValue with a sentence for a person.
    """
    if not isinstance(declared, Mapping):
        raise BadValue("a layout is an object with name, channels and rate_hz")
    unknown = set(declared) - _LAYOUT_KEYS
    if unknown:
        raise BadValue(f"a layout has no field {sorted(map(str, unknown))[0][:40]}")
    name = declared.get("name")
    if not isinstance(name, str) or not _LAYOUT_NAME.fullmatch(name):
        raise BadValue("a layout name is 1 to 60 lower-case letters, digits, _ . + or -")
    title = declared.get("title", name)
    if not isinstance(title, str) or not title.strip() or len(title) > _MAX_TITLE or not title.isprintable():
        raise BadValue(f"a layout title is 1 to {_MAX_TITLE} printable characters")
    rate = declared.get("rate_hz")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not MIN_RATE_HZ <= rate <= MAX_RATE_HZ:
        raise BadValue(f"rate_hz must be between {MIN_RATE_HZ:g} and {MAX_RATE_HZ:g}")
    listed = declared.get("channels")
    if not isinstance(listed, list | tuple) or not 1 <= len(listed) <= MAX_CHANNELS:
        raise BadValue(f"a layout has 1 to {MAX_CHANNELS} channels")
    channels = tuple(_parse_channel(item, i + 1) for i, item in enumerate(listed))
    names = [channel.name for channel in channels]
    for channel_name in names:
        if names.count(channel_name) > 1:
            raise BadValue(f"the channel {channel_name} appears twice")
    return Layout(name, title.strip(), channels, float(rate))


def _parse_channel(item: Any, position: int) -> Channel:
    """Check one declared channel; `position` counts from 1 for the message."""
    if not isinstance(item, Mapping) or not set(item) <= _CHANNEL_KEYS:
        raise BadValue(f"channel {position} is an object with name and unit")
    name, unit = item.get("name"), item.get("unit", "")
    if not isinstance(name, str) or not _CHANNEL_NAME.fullmatch(name):
        raise BadValue(f"channel {position}: a name is a letter, then up to 39 letters, digits, _ or .")
    if not isinstance(unit, str) or len(unit) > _MAX_UNIT or (unit and not unit.isprintable()):
        raise BadValue(f"channel {position}: a unit is at most {_MAX_UNIT} printable characters")
    return Channel(name, unit)
