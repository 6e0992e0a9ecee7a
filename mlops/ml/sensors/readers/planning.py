"""From a preview and a person's answers to the plan that reads a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mlops.ml.contract import BadValue
from mlops.ml.sensors.layouts import Channel, Layout
from mlops.ml.sensors.readers.plan import ReadPlan
from mlops.ml.sensors.readers.ranges import limits_of
from mlops.ml.sensors.readers.shown import ChannelUnit, ChoiceNeeded, Preview
from mlops.ml.sensors.readers.suggest import map_columns
from mlops.ml.sensors.readers.unit_names import family_of
from mlops.ml.sensors.readers.units import decide_units, require_units
from mlops.ml.sensors.readers.words import SENSOR_WORDS, Quantity, read_name


def mapping_of(shown: Preview, layout: Layout, channels: Sequence[str] = ()) -> dict[str, str]:
    """Return channel → column as the file's own names tell it, for all channels or those named."""
    usable = [column for column in shown.columns if column.kind == "number" and column.name != shown.time_column]
    found = map_columns(usable, layout)
    return {name: column for name, column in found.items() if not channels or name in channels}


def channel_units(
    shown: Preview,
    layout: Layout,
    mapping: Mapping[str, str],
    *,
    units: Mapping[str, str] | None = None,
    scale: Mapping[str, float] | None = None,
) -> dict[str, ChannelUnit]:
    """Return channel → how its column is converted; a factor in `scale` is a person's word on that channel."""
    if shown.format in ("rsf", "flextail_csv", "frames"):
        found = {
            n: ChannelUnit(n, mapping[n], "", 1.0, "from the file format") for n in layout.channel_names if n in mapping
        }
    else:
        found = decide_units(shown, layout, mapping, units)
    for name, factor in (scale or {}).items():
        if name in found:
            found[name] = replace(
                found[name], unit="", factor=factor, why="from your answer", sure=True, choices=(), likely=""
            )
    return found


def plan_for_layout(
    shown: Preview,
    layout: Layout,
    *,
    mapping: Mapping[str, str] | None = None,
    rate_hz: float | None = None,
    unit: str = "",
    units: Mapping[str, str] | None = None,
    scale: Mapping[str, float] | None = None,
    channels: Sequence[str] = (),
) -> ReadPlan:
    """Make the plan that reads a layout from a previewed file; without `mapping` the columns' names decide.

    units     sensor (acc, gyr, mag, angle) or channel → the file's unit, where the file does not tell it
    scale     channel → factor, over everything that was found
    channels  only these channels of the layout, where other files hold the rest
    rate_hz   only used where the file holds no time in seconds
    Raises BadValue when a channel has no column, or the rate is needed and missing; ChoiceNeeded when a unit or the
    year that the time counts from must be said by a person.
    """
    wanted = [c for c in layout.channels if not channels or c.name in channels]
    chosen = mapping_of(shown, layout) if mapping is None else mapping
    known = {column.name for column in shown.columns}
    for channel in wanted:
        if chosen.get(channel.name) not in known:
            raise BadValue(f"no column of the file is chosen for {channel.name}")
        _check_meaning(shown, channel, chosen[channel.name])
    chosen = {channel.name: chosen[channel.name] for channel in wanted}
    if shown.clock_choices:
        options = "; ".join(f"{value}: {words}" for value, words in shown.clock_choices)
        raise ChoiceNeeded(
            f"the time column {shown.time_column} may count from several years; choose one: {options}",
            about="clock",
            choices=shown.clock_choices,
        )
    decided = channel_units(shown, layout, chosen, units=units, scale=scale)
    require_units(decided)
    plan = _plan(shown, wanted, chosen, decided, rate_hz, unit)
    groups = _streams(shown, wanted, chosen)
    if len(groups) < 2:
        return plan if not groups else replace(_part(shown, plan, wanted, groups[0], wanted), positions=())
    ordered = sorted(groups, key=lambda group: -_lines(shown, chosen[group[0].name]))
    parts = tuple(_part(shown, _plan(shown, g, chosen, decided, rate_hz, unit), g, g, wanted) for g in ordered)
    return replace(plan, parts=parts)


def _check_meaning(shown: Preview, channel: Channel, name: str) -> None:
    """Raise BadValue where the file says that a column measures something else than the channel."""
    column = shown.column(name)
    quantity = column.quantity if column else Quantity()
    wanted = family_of(channel.unit)
    if wanted == "acc" and quantity.sensor in ("lin", "grav") and read_name(channel.name).sensor == "acc":
        raise BadValue(f"{name} holds {SENSOR_WORDS[quantity.sensor]}, which is not what {channel.name} is")
    if wanted and quantity.unit and family_of(quantity.unit) not in (wanted, None):
        raise BadValue(f"{name} is in {quantity.unit}, which cannot be {channel.name} in {channel.unit}")


def _plan(
    shown: Preview,
    channels: Sequence[Channel],
    chosen: Mapping[str, str],
    decided: Mapping[str, ChannelUnit],
    rate_hz: float | None,
    unit: str,
) -> ReadPlan:
    return ReadPlan(
        format=shown.format,
        columns=tuple(chosen[channel.name] for channel in channels),
        time_column=shown.time_column,
        time_unit=shown.time_unit,
        rate_hz=rate_hz if shown.needs_rate else None,
        scale=tuple(decided[channel.name].factor for channel in channels),
        delimiter=shown.delimiter,
        unit=unit,
        limits=limits_of(channels),
        epoch_s=shown.epoch_s,
        marks=shown.marks,
        spread=shown.spread,
        date_column=shown.date_column,
        header_row=(shown.header_row or 0) if shown.header_told else None,
    )


def _streams(shown: Preview, channels: Sequence[Channel], chosen: Mapping[str, str]) -> list[list[Channel]]:
    """The channels by the sensor whose lines hold them; empty where every line holds all."""
    if not shown.streams:
        return [list(channels)] if shown.pivot else []
    sensor_of = {column: sensor for sensor, columns in shown.streams.items() for column in columns}
    groups: dict[str, list[Channel]] = {}
    for channel in channels:
        groups.setdefault(sensor_of.get(chosen[channel.name], ""), []).append(channel)
    return list(groups.values())


def _part(
    shown: Preview, plan: ReadPlan, channels: Sequence[Channel], group: Sequence[Channel], layout: Sequence[Channel]
) -> ReadPlan:
    """The plan of one sensor's lines; in a file whose lines name their sensor, of the lines with that name."""
    positions = tuple(list(layout).index(channel) for channel in group)
    if not shown.pivot:
        return replace(plan, skip_empty=True, positions=positions)
    heads = {next((h for h in shown.pivot_sensors if column.startswith(f"{h}.")), "") for column in plan.columns}
    if len(heads) != 1:
        raise BadValue("the channels of one sensor come from lines of several sensors")
    head = heads.pop()
    columns = tuple(column[len(head) + 1 :] for column in plan.columns)
    return replace(plan, columns=columns, where=(shown.pivot, head), skip_empty=True, positions=positions)


def _lines(shown: Preview, column: str) -> int:
    values = shown.values.get(column)
    return 0 if values is None else int((values == values).sum())
