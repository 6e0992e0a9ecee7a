"""From which unit each channel is converted: told by the heading, a units row or the logger's documents, else by
physics.

At rest an accelerometer shows gravity: the length of its vector is 9.81 m/s², 1 g or 1000 mg, whatever its position. A
turning rate beyond 40 cannot be rad/s. What follows from that is applied and shown; what does not is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mlops.ml.contract import BadValue
from mlops.ml.sensors.layouts import Channel, Layout
from mlops.ml.sensors.readers.loggers import LOGGERS, Seen, find_logger
from mlops.ml.sensors.readers.plan import Float64Array
from mlops.ml.sensors.readers.shown import ChannelUnit, ChoiceNeeded, Preview
from mlops.ml.sensors.readers.unit_names import Family, factor_between, family_of, read_unit
from mlops.ml.sensors.readers.words import SENSOR_WORDS, Quantity, read_name

_AT_REST = {"m/s²": 9.80665, "g": 1.0, "mg": 1000.0}
_TOLERANCE, _CLOSE = 1.35, 1.15
_BLOCK = 25
MOST_RAD_S = 40.0
_CHOICES: dict[Family, tuple[str, ...]] = {
    "acc": ("m/s²", "g", "mg"),
    "rate": ("rad/s", "°/s", "mdps"),
    "angle": ("rad", "°"),
    "mag": ("µT", "mG", "G", "nT"),
}
_SENSOR_OF: dict[Family, str] = {"acc": "acc", "rate": "gyr", "mag": "mag", "angle": "angle"}
_ANGLE_MOST = 12.6  # rad: twice a full turn


def gravity_unit(vectors: Float64Array) -> tuple[str, float] | None:
    """Return (unit, length) when the length of (n, 3) vectors is that of gravity in some unit, else None.

    The overall median decides where the length is steady, else that of the stillest blocks of 25 samples.
    """
    length = np.sqrt((vectors[np.isfinite(vectors).all(axis=1)] ** 2).sum(axis=1))
    if len(length) < 8:
        return None
    middle = float(np.median(length))
    low, high = np.percentile(length, [10, 90])
    if middle > 0 and (high - low) / middle < 0.8:
        unit = _near(middle, _TOLERANCE)
        if unit:
            return unit, middle
    n = len(length) // _BLOCK
    if n >= 4:
        blocks = length[: n * _BLOCK].reshape(n, _BLOCK)
        spread = blocks.std(axis=1) / np.maximum(blocks.mean(axis=1), 1e-9)
        still = blocks[spread < min(0.1, float(np.quantile(spread, 0.25)) + 1e-9)]
        if len(still):
            rest = float(np.median(still))
            unit = _near(rest, _CLOSE)
            return (unit, rest) if unit else None
    return None


def _near(length: float, tolerance: float) -> str:
    return next((u for u, at in _AT_REST.items() if at / tolerance <= length <= at * tolerance), "")


def decide_units(
    shown: Preview, layout: Layout, mapping: Mapping[str, str], told: Mapping[str, str] | None = None
) -> dict[str, ChannelUnit]:
    """Return channel → how its column is converted, for the mapped channels of a layout.

    told  what a person said: a sensor (acc, gyr, mag, angle) or a channel → a unit by its name. Raises BadValue for a
          unit that the channel cannot have.
    """
    found: dict[str, ChannelUnit] = {}
    said = dict(told or {})
    for family in ("acc", "rate", "mag", "angle"):
        channels = [c for c in layout.channels if c.name in mapping and family_of(c.unit) == family]
        for group in _by_device(channels):
            found |= _decide_group(shown, group, mapping, said, family, found)  # type: ignore[arg-type]
    for name in layout.channel_names:
        if name in mapping and name not in found:
            found[name] = ChannelUnit(name, mapping[name], "", 1.0, "unchanged")
    return {name: found[name] for name in layout.channel_names if name in found}


def _by_device(channels: Sequence[Channel]) -> list[list[Channel]]:
    groups: dict[str, list[Channel]] = {}
    for channel in channels:
        groups.setdefault(channel.name.rpartition(".")[0], []).append(channel)
    return list(groups.values())


def _decide_group(
    shown: Preview,
    channels: Sequence[Channel],
    mapping: Mapping[str, str],
    said: Mapping[str, str],
    family: Family,
    before: Mapping[str, ChannelUnit],
) -> dict[str, ChannelUnit]:
    """The channels of one sensor: one unit for all, unless their headings differ."""
    answered = {c.name: said.get(c.name) or said.get(_SENSOR_OF[family], "") for c in channels}
    quantities = {c.name: _quantity(shown, mapping[c.name], family) for c in channels}
    vectors = _vectors(shown, channels, mapping)
    seen = gravity_unit(vectors) if family == "acc" and vectors is not None else None
    made: dict[str, ChannelUnit] = {}
    for channel in channels:
        column = mapping[channel.name]
        unit, why, sure, likely = answered[channel.name], "from your answer", True, ""
        if not unit:
            unit, why, sure, likely = _find(
                shown, channel, column, quantities[channel.name], family, seen, vectors, before
            )
        if unit and sure:
            factor = factor_between(unit, channel.unit)
            if factor is None and (answer := read_unit(unit, _SENSOR_OF[family])) is not None:
                unit, factor = answer.name, factor_between(answer.name, channel.unit)
            if factor is None:
                raise BadValue(f"{channel.name} in {channel.unit} cannot be made from {unit[:20]}")
            made[channel.name] = ChannelUnit(channel.name, column, unit, factor, why, sensor=_SENSOR_OF[family])
        else:
            made[channel.name] = ChannelUnit(
                channel.name, column, "", 1.0, why, False, _CHOICES[family], likely, _SENSOR_OF[family]
            )
    return made


def _find(
    shown: Preview,
    channel: Channel,
    column: str,
    quantity: Quantity,
    family: Family,
    gravity: tuple[str, float] | None,
    vectors: Float64Array | None,
    before: Mapping[str, ChannelUnit],
) -> tuple[str, str, bool, str]:
    """(unit, why, sure, likely unit) of one column that nobody spoke for."""
    own = _is_own_name(column, channel)
    if family == "acc":
        return _find_acc(channel, quantity, gravity, own)
    most = _most(shown, column, vectors)
    if quantity.unit:
        if quantity.unit == "rad/s" and most > 2 * MOST_RAD_S:
            return "", f"{quantity.source} says rad/s, but {most:.0f} rad/s is more than a body can turn", False, "°/s"
        return quantity.unit, _source_words(quantity), True, ""
    if family == "rate":
        return _find_rate(shown, channel, own, most, before)
    if family == "angle" and own:
        if most > _ANGLE_MOST:
            return "", f"{most:.0f} would be several full turns in rad", False, "°"
        return channel.unit, "the name is this channel's own", True, ""
    if family == "mag" and own:
        return channel.unit, "the name is this channel's own", True, ""
    return "", f"the file does not give the unit of {column}", False, ""


def _find_acc(
    channel: Channel, quantity: Quantity, gravity: tuple[str, float] | None, own: bool
) -> tuple[str, str, bool, str]:
    told = quantity.unit
    if told:
        if gravity and told in _AT_REST and gravity[0] != told and _near(gravity[1], _CLOSE):
            why = f"{quantity.source} says {told}, but the length at rest is {gravity[1]:.3g}"
            return "", why, False, gravity[0]
        return told, _source_words(quantity), True, ""
    if gravity:
        return gravity[0], f"gravity at rest has the length {gravity[1]:.4g}", True, ""
    if own:
        return channel.unit, "the name is this channel's own", True, ""
    return "", "the file does not give the unit and gravity is not seen in it", False, ""


def _find_rate(
    shown: Preview, channel: Channel, own: bool, most: float, before: Mapping[str, ChannelUnit]
) -> tuple[str, str, bool, str]:
    doubt = _logger_doubt(shown).get("gyr")
    if doubt:
        return "", f"{shown.logger} does not say the unit, and its versions differ", False, doubt
    if most > MOST_RAD_S:
        return "", f"the file does not give the unit; {most:.0f} rad/s is more than a body can turn", False, "°/s"
    foreign = any(unit.sensor == "acc" and unit.sure and unit.unit != "m/s²" for unit in before.values())
    if own and not foreign:
        return channel.unit, "the name is this channel's own", True, ""
    return "", "the file does not give the unit of the turning rate", False, ""


def _logger_doubt(shown: Preview) -> Mapping[str, str]:
    seen = Seen(shown.format, "", [column.name for column in shown.columns])
    logger = find_logger(seen) if shown.logger in {known.title for known in LOGGERS} else None
    return logger.unit_doubt(seen) if logger else {}


def _quantity(shown: Preview, column: str, family: Family) -> Quantity:
    """What the column says of its unit, if it is one of this family."""
    found = shown.column(column)
    quantity = found.quantity if found else read_name(column)
    return quantity if quantity.unit and family_of(quantity.unit) == family else Quantity()


def _is_own_name(column: str, channel: Channel) -> bool:
    """True for a column named as this site names its channels, so in this site's units: acc_x, data.lumbarAngle."""
    bare = channel.name.rpartition(".")[2]
    tail = column.rpartition(".")[2]
    if column == channel.name or tail == bare:
        return True
    return channel.unit == "rad" and tail.replace("_", "").lower() == bare.lower()


def _vectors(shown: Preview, channels: Sequence[Channel], mapping: Mapping[str, str]) -> Float64Array | None:
    columns = [mapping[c.name] for c in channels]
    if len(columns) != 3 or any(name not in shown.values for name in columns):
        return None
    return np.column_stack([np.asarray(shown.values[name], np.float64) for name in columns])


def _most(shown: Preview, column: str, vectors: Float64Array | None) -> float:
    values = vectors if vectors is not None else shown.values.get(column)
    if values is None:
        return 0.0
    good = np.sort(np.abs(values[np.isfinite(values)]))
    few = max(6, len(good) // 200)  # a glitch proves nothing
    return float(good[-few]) if len(good) >= few else 0.0


def _source_words(quantity: Quantity) -> str:
    known = {"heading": "from its heading", "units row": "from the row of units"}
    return known.get(quantity.source, f"{quantity.source} writes it so")


def require_units(units: Mapping[str, ChannelUnit]) -> None:
    """Raise ChoiceNeeded for the first sensor whose unit a person must say."""
    unsure = [unit for unit in units.values() if not unit.sure]
    if not unsure:
        return
    first = unsure[0]
    same = [unit for unit in unsure if unit.sensor == first.sensor]
    names = ", ".join(unit.channel for unit in same)
    words = SENSOR_WORDS.get(first.sensor, "angle")
    likely = f" Most likely {first.likely}." if first.likely else ""
    raise ChoiceNeeded(
        f"the unit of {names} ({words}) must be chosen: {first.why}.{likely} One of {', '.join(first.choices)}",
        about=first.sensor,
        choices=tuple((choice, choice) for choice in first.choices),
        likely=first.likely,
        channels=tuple(unit.channel for unit in same),
    )
