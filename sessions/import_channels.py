"""The mapping step of an import: which column is which channel, from which unit, by which factor, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from mlops.ml.contract import BadValue
from mlops.ml.sensors.layouts import Layout
from mlops.ml.sensors.readers import ChannelUnit, Preview, Told, channel_units
from mlops.ml.sensors.readers.bundle import Share
from mlops.ml.sensors.readers.plan import CLOCKS
from mlops.ml.sensors.readers.unit_names import family_of
from mlops.ml.sensors.readers.words import SENSOR_WORDS
from sessions.services.imports.plan import ImportRefused, mapping_for

_FAMILY_OF = {"acc": "acc", "gyr": "rate", "mag": "mag", "angle": "angle"}
UNIT_CHOICES = {
    "acc": ("m/s²", "g", "mg", "cm/s²"),
    "gyr": ("rad/s", "°/s", "mdps"),
    "mag": ("µT", "mG", "G", "nT"),
    "angle": ("rad", "°"),
}
NO_TIME = "-"


@dataclass
class ChannelRow:
    """One line of the mapping: a channel, its column, a factor that a person wrote, and how its unit is known."""

    name: str
    unit: str
    column: str
    scale: str
    found: ChannelUnit | None = None
    file: str = ""
    """The file it comes from, where a recording is made of several."""

    @property
    def factor(self) -> str:
        """The factor that applies, as it is shown; empty while a person must choose the unit."""
        return f"{self.found.factor:.6g}" if self.found and self.found.sure else ""


@dataclass
class UnitQuestion:
    """The unit of one sensor: what was found, or that it must be chosen."""

    sensor: str
    words: str
    found: ChannelUnit
    choices: Sequence[str]
    chosen: str


def told_of(data: Mapping[str, str]) -> Told:
    """What a person said about heading, time column and year."""
    row, column, clock = data.get("header_row", ""), data.get("time_column"), data.get("clock", "")
    return Told(
        header_row=int(row) if row.isascii() and row.isdigit() and len(row) < 6 else None,
        time_column="" if column == NO_TIME else column[:200] if column else None,
        clock=clock if clock in CLOCKS else "",
    )


def units_told(data: Mapping[str, str]) -> dict[str, str]:
    """sensor → unit, as a person chose it."""
    chosen = {sensor: data.get(f"unit_of-{sensor}", "") for sensor in UNIT_CHOICES}
    return {sensor: unit for sensor, unit in chosen.items() if unit in UNIT_CHOICES[sensor]}


def channel_rows(shown: Preview, layout: Layout, data: Mapping[str, str], columns: Sequence[str]) -> list[ChannelRow]:
    """The rows of one file: what was chosen, else what the columns say they measure."""
    suggested = mapping_for(shown, layout)
    rows = []
    for channel in layout.channels:
        column = data.get(f"map-{channel.name}", suggested.get(channel.name, ""))
        if column not in columns:
            column = suggested.get(channel.name, "")
        rows.append(ChannelRow(channel.name, channel.unit, column, data.get(f"scale-{channel.name}", "")))
    _find_units(rows, shown, layout, data)
    return rows


def bundled_rows(shares: Sequence[Share], layout: Layout, data: Mapping[str, str]) -> list[ChannelRow]:
    """The rows of a recording whose sensors come from a file each."""
    rows: dict[str, ChannelRow] = {}
    units = {channel.name: channel.unit for channel in layout.channels}
    for share in shares:
        mapping = mapping_for(share.file.shown, layout)
        file = share.file.name.rsplit("/", 1)[-1]
        own = [ChannelRow(n, units[n], mapping[n], data.get(f"scale-{n}", ""), file=file) for n in share.channels]
        _find_units(own, share.file.shown, layout, data)
        rows |= {row.name: row for row in own}
    return [rows[name] for name in layout.channel_names if name in rows]


def _find_units(rows: Sequence[ChannelRow], shown: Preview, layout: Layout, data: Mapping[str, str]) -> None:
    """Note for each row how its column is converted."""
    mapping = {row.name: row.column for row in rows if row.column}
    try:
        found = channel_units(shown, layout, mapping, units=units_told(data), scale=scales_of(rows))
    except BadValue:
        return
    for row in rows:
        row.found = found.get(row.name)


def unit_questions(rows: Sequence[ChannelRow], data: Mapping[str, str]) -> list[UnitQuestion]:
    """One line per sensor whose unit can be converted."""
    found: dict[str, ChannelUnit] = {}
    for row in rows:
        sensor = row.found.sensor if row.found else ""
        if row.found and sensor in UNIT_CHOICES and family_of(row.unit) == _FAMILY_OF[sensor]:
            found.setdefault(sensor, row.found)
    told = units_told(data)
    return [
        UnitQuestion(sensor, SENSOR_WORDS.get(sensor, "angle"), unit, UNIT_CHOICES[sensor], told.get(sensor, ""))
        for sensor, unit in found.items()
    ]


def scales_of(rows: Sequence[ChannelRow], *, strict: bool = False) -> dict[str, float]:
    """channel → the factor a person wrote; raises ImportRefused for what is no number where `strict`."""
    found = {}
    for row in rows:
        if not row.scale.strip():
            continue
        try:
            found[row.name] = float(row.scale.replace(",", "."))
        except ValueError:
            if strict:
                text = _("The factor of %(channel)s must be a number.") % {"channel": row.name}
                raise ImportRefused(text, code="bad_scale", field="mapping") from None
    return found
