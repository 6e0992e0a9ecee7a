"""What a column's name says: which sensor, which axis, which unit; in the languages that loggers write."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise

from mlops.ml.sensors.readers.unit_names import bracket_unit, read_unit

SENSORS = ("acc", "gyr", "mag", "lin", "grav")
"""acc holds gravity, lin is acceleration without it, grav is gravity alone."""
SENSOR_WORDS = {
    "acc": "acceleration",
    "gyr": "turning rate",
    "mag": "magnetic field",
    "lin": "acceleration without gravity",
    "grav": "gravity alone",
}

_WORDS: dict[str, tuple[str, ...]] = {
    "acc": (
        "acc", "accel", "acceleration", "accelerations", "accelerometer", "accelero", "accelerometre", "beschleunigung",
        "beschleunigungssensor", "beschleunigungsmesser", "aceleracion", "acelerometro", "accelerazione",
        "accelerometro",
        "aceleracao", "versnelling", "versnellingsmeter", "przyspieszenie", "akcelerometr", "ivme", "ivmeolcer",
        "zrychleni",
        "kiihtyvyys", "kiihtyvyysanturi", "acceleratie", "ускорение", "акселерометр", "加速度", "加速度計",
        "加速度センサー",
        "加速计", "가속도", "가속도계", "gforce", "totalacceleration", "accelerometeruncalibrated", "arrayacc",
    ),
    "gyr": (
        "gyr", "gyro", "gyros", "gyroscope", "gyroskop", "giroscopio", "giroscopo", "zyroskop", "gyroscoop", "jiroskop",
        "gyroskooppi", "rotationrate", "angularvelocity", "angularrate", "rateofturn", "winkelgeschwindigkeit",
        "drehrate",
        "vitesseangulaire", "velocidadangular", "velocitaangolare", "velocidadeangular", "hoeksnelheid", "гироскоп",
        "угловаяскорость", "陀螺仪", "ジャイロスコープ", "ジャイロ", "角速度", "자이로스코프", "자이로", "gyrorotation",
        "gyroscopeuncalibrated", "arraygyro", "rotation", "motionrotationrate",
    ),
    "mag": (
        "mag", "magn", "magnet", "magneto", "magnetometer", "magnetic", "magneticfield", "magnetfeld", "magnetometre",
        "magnetometro", "champmagnetique", "campomagnetico", "magnetometr", "magnetisch", "магнитометр",
        "магнитноеполе",
        "磁场", "磁力計", "磁気", "磁力计", "지자기", "자기장", "magnetometeruncalibrated", "arraymagn",
    ),
    "grav": ("gravity", "gravitation", "schwerkraft", "gravite", "gravedad", "gravita", "gravidade", "motiongravity"),
}  # fmt: skip
_WITHOUT_GRAVITY = (
    "linear", "lineare", "lineaire", "lineal", "lin", "linacc", "user", "useracceleration", "motionuseracceleration",
    "free",
    "freeacc", "linearacceleration", "linearaccelerometer", "линейное", "线性", "線形", "선형", "lineair", "liniowe",
)  # fmt: skip
_OHNE_G = re.compile(
    r"\b(without|ohne|sans|sin|senza|sem|zonder|bez|no)[ _-]*(g|gravity|gravite|schwerkraft|gravedad)\b"
)
_NOT_A_SENSOR = {
    "quat", "quaternion", "euler", "oriinc", "velinc", "dv", "dq", "attitude", "bias", "offset", "orientation", "roll",
    "pitch", "yaw", "variance", "std", "accuracy", "heading", "angle", "displacement", "position", "mat",
}  # fmt: skip
_SHORT = {"a": "acc", "g": "gyr", "w": "gyr", "m": "mag", "b": "mag", "ω": "gyr", "l": ""}
_AXES = {"x": "x", "y": "y", "z": "z", "0": "x", "1": "y", "2": "z"}
_SUFFIX_UNITS = ("mdps", "dps", "rads", "degs", "mg", "ms2", "mps2", "g", "ut")

TIME_WORDS = {
    "t", "time", "times", "timestamp", "timestamps", "datetime", "date", "ts", "epoch", "epoc", "elapsed", "seconds",
    "secondselapsed", "elapsedseconds", "elapsedtime", "timeelapsed", "timeindex", "index", "sample", "sampleindex",
    "samples",
    "frame", "millis", "milliseconds", "micros", "microseconds", "nanoseconds", "nanos", "timems", "timeus", "timens",
    "unixtime", "unixtimestamp", "localtime", "utc", "utctime", "timestampms", "timestampns", "timestampus", "ms",
    "sec",
    "sampletimefine", "packetcounter", "counter", "zeit", "zeitstempel", "uhrzeit", "datum", "temps", "horodatage",
    "tiempo",
    "tempo", "fecha", "hora", "tijd", "tijdstempel", "czas", "tid", "cas", "zaman", "aika", "время", "时间",
    "時間", "時刻", "시간", "loggingtime", "timedelta", "duration", "dauer", "systemtime",
    "timestampunixcal", "timestampcal", "stamp",
    "recordtime", "measurementtime", "eventtime", "sampletime", "boottime", "uptime", "tick", "ticks", "phonetimestamp",
    "sensortimestamp", "rtctime", "timeofday", "clock", "timesincestart", "nanosecondselapsed", "unnamed0",
}  # fmt: skip
DATE_WORDS = {"date", "datum", "fecha", "data", "day", "rtcdate", "jour", "tag"}
COUNT_WORDS = {
    "timeindex", "index", "sample", "sampleindex", "samples", "frame", "packetcounter", "counter", "n", "i", "unnamed0",
}  # fmt: skip


@dataclass(frozen=True)
class Quantity:
    """What a column measures: `sensor` of SENSORS or "" where that is not said, `axis` x, y, z or "", `unit` or "".

    source  where the unit comes from: heading, units row, or the logger's name
    """

    sensor: str = ""
    axis: str = ""
    unit: str = ""
    source: str = ""

    def with_unit(self, unit: str, source: str) -> Quantity:
        return replace(self, unit=unit, source=source)


def fold(text: str) -> str:
    """Return a text in small letters without accents: ``Accélération`` → ``acceleration``."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text))
    marks = "".join(ch for ch in folded if not unicodedata.combining(ch))
    return unicodedata.normalize("NFC", marks).lower().replace("ı", "i").replace("ł", "l")


def plain(name: str) -> str:
    """Return a column name without brackets, case and punctuation: ``Acc_X (m/s²)`` → ``accx``."""
    return re.sub(r"[\W_]", "", fold(re.sub(r"[(\[{].*?[)\]}]", "", name)))


def tokens(name: str) -> list[str]:
    """Split a name at punctuation and capitals: ``accelerometerAccelerationX(G)`` → accelerometer, acceleration, x."""
    bare = re.sub(r"[(\[{].*?[)\]}]", " ", unicodedata.normalize("NFKC", name))
    spaced = re.sub(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", " ", bare)
    return [fold(token) for token in re.split(r"[\W_]+", spaced) if token]


def read_name(name: str) -> Quantity:
    """Read sensor, axis and unit from a column's name; what it does not say stays empty."""
    parts = tokens(name)
    whole = plain(name)
    told = bracket_unit(name)
    if re.fullmatch(r"gf[xyz]", whole):  # g-force, as Physics Toolbox writes it
        return Quantity("acc", whole[-1], "g", "heading")
    sensor = _sensor_of(parts, whole, fold(name))
    axis = _axis_of(parts, whole, bool(sensor))
    if not sensor and axis and len(whole) == 2 and whole[0] in _SHORT:
        sensor = _SHORT[whole[0]]
    if not told and axis and parts and parts[-1] != axis and parts[-1] in _SUFFIX_UNITS:
        told = parts[-1]
    unit = read_unit(told, "acc" if sensor in ("lin", "grav") else sensor) if told else None
    if unit is None:
        return Quantity(sensor, axis)
    family_sensor = {"acc": "acc", "rate": "gyr", "mag": "mag"}.get(unit.family, "")
    if axis and family_sensor and not set(parts) & _NOT_A_SENSOR:
        # a unit says more than a letter: gx in m/s² is no gyroscope
        sensor = sensor if sensor in ("lin", "grav") and family_sensor == "acc" else family_sensor
    return Quantity(sensor, axis, unit.name, "heading")


def sensor_in(text: str) -> str:
    """Return the sensor that a file name or a record's key names, or "": ``…_Gyroscope_25.000Hz.csv`` → gyr."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,7}$", "", text.rsplit("/", 1)[-1])
    return _sensor_of(tokens(stem), plain(stem), fold(stem))


def is_time_name(name: str) -> bool:
    """True for a name that means time in one of the known languages."""
    short = plain(name)
    return short in TIME_WORDS or bool(set(tokens(name)) & _CLEARLY_TIME)


_CLEARLY_TIME = {
    "time",
    "timestamp",
    "timestamps",
    "epoch",
    "zeit",
    "zeitstempel",
    "temps",
    "tiempo",
    "tijd",
    "czas",
    "elapsed",
}


def _sensor_of(parts: list[str], whole: str, text: str) -> str:
    found = set(parts)
    pairs = {a + b for a, b in pairwise(parts)}
    if found & _NOT_A_SENSOR:
        return ""
    best = ""
    for sensor in ("grav", "gyr", "mag", "acc"):
        words = set(_WORDS[sensor])
        if found & words or pairs & words or whole in words or (whole and whole[:-1] in words and whole[-1] in "xyz"):
            best = sensor
            break
    if best in ("acc", "grav") and (_OHNE_G.search(text) or found & set(_WITHOUT_GRAVITY)):
        return "lin"
    if best == "" and (found | pairs | {whole}) & {"linacc", "freeacc", "useracceleration", "linearacceleration"}:
        return "lin"
    if best == "grav" and found & set(_WORDS["acc"]):
        return "acc"  # acceleration with gravity
    return best


def _axis_of(parts: list[str], whole: str, has_sensor: bool) -> str:
    for part in reversed(parts):
        if part in ("x", "y", "z"):
            return part
    if whole and whole[-1] in "xyz" and (has_sensor or len(whole) <= 2):
        return whole[-1]
    if has_sensor and parts and parts[-1] in _AXES:
        return _AXES[parts[-1]]
    return ""
