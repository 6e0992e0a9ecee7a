"""What a request asks a sensor model about: windows, samples of any rate, or a recording."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import Athlete
from mlops.kinds.questions import Inputs, Locator, Question
from mlops.kinds.windows import MAX_WINDOWS, channel_names
from mlops.ml.contract import BadShape
from mlops.ml.sensors.recording_file import read_range
from mlops.ml.windows import WindowSpec, resample, sliding_windows, window_starts
from sessions.models import Recording, Sample
from sessions.selectors.recordings import readable, samples_path
from web.numbers import spelled

FORMS = ("windows", "samples", "recording")
_FIELDS = {
    "windows": frozenset(),
    "samples": frozenset({"t_s", "rate_hz", "channels"}),
    "recording": frozenset({"start_s", "end_s"}),
}
MAX_SAMPLES = 200_000


def sensor_question(*, kind: Any, payload: Mapping[str, Any], user: Any) -> Question:
    """Exactly one of

    windows    [[[…channels] …samples] …]: raw windows as the model takes them
    samples    [[…channels] …] with `rate_hz` or `t_s` (seconds), and `channels` where they are not the model's
    recording  id, with `start_s` and `end_s` where only a stretch is asked

    Raises ValidationError, Http404 for recordings that `user` may not see.
    """
    forms = [name for name in FORMS if name in payload]
    if len(forms) != 1:
        raise ValidationError(_("Give exactly one of windows, samples and recording."), code="one_of")
    form = forms[0]
    unknown = set(payload) - _FIELDS[form] - {form}
    if unknown:
        raise ValidationError({sorted(map(str, unknown))[0]: _("This field is unknown here.")}, code="unknown_field")
    if form == "recording":
        return _of_recording(payload, user)
    own = Athlete.objects.filter(user=user).first() if user.is_athlete else None
    if form == "windows":
        return Question(
            lambda manifest: Inputs(kind.read_inputs(payload["windows"], manifest)),
            own.pk if own else None,
            own.pseudonym if own else f"user {user.pk}",
        )
    t_s, samples, channels = _samples(payload)
    return Question(
        lambda manifest: cut_windows(t_s, samples, channels, manifest),
        own.pk if own else None,
        own.pseudonym if own else f"user {user.pk}",
    )


def cut_windows(
    t_s: npt.NDArray[Any], samples: npt.NDArray[Any], channels: Sequence[str] | None, manifest: Mapping[str, Any],
    *, stride: int | None = None, limit: int = MAX_WINDOWS,
) -> Inputs:  # fmt: skip
    """Windows of a signal as the model was taught to see them. Raises ValidationError."""
    spec = WindowSpec.from_json(manifest["window_spec"])
    wanted = channel_names(manifest)
    if channels is not None:
        missing = [name for name in wanted if name not in channels]
        if missing:
            detail = _("The model needs the channel %(name)s.") % {"name": missing[0]}
            raise ValidationError(detail, code="missing_channel")
        samples = samples[:, [list(channels).index(name) for name in wanted]]
    elif samples.shape[1] != len(wanted):
        detail = _("The model needs these channels: %(names)s.") % {"names": ", ".join(wanted)}
        raise ValidationError(detail, code="bad_shape")
    if limit == MAX_WINDOWS and len(t_s):
        _check_length(float(t_s[-1] - t_s[0]), spec)
    try:
        segments = resample(t_s, samples, spec.rate_hz)
    except BadShape as error:
        raise ValidationError(_("Times and samples do not match."), code="bad_shape") from error
    step = stride or spec.stride
    pieces: list[npt.NDArray[Any]] = []
    places: list[Locator] = []
    for segment in segments:
        pieces.append(sliding_windows(segment.samples, spec.length, step))
        for start in window_starts(len(segment.samples), spec.length, step):
            begin_s = segment.t0_s + int(start) / spec.rate_hz
            places.append(Locator(round(begin_s, 4), round(begin_s + spec.duration_s, 4)))
    if not places:
        detail = _("The model needs at least %(n)s seconds.") % {"n": f"{spec.duration_s:g}"}
        raise ValidationError(detail, code="short")
    if len(places) > limit:
        raise ValidationError(_("Ask for at most %(n)s windows at once.") % {"n": spelled(limit, ",")}, code="too_long")
    return Inputs(np.concatenate(pieces), places)


def _check_length(duration_s: float, spec: WindowSpec) -> None:
    """Refuse what is far too long before memory is spent on it."""
    if duration_s * spec.rate_hz / spec.stride > 1.5 * MAX_WINDOWS:
        most_s = MAX_WINDOWS * spec.stride / spec.rate_hz
        raise ValidationError(_("Ask for at most %(n)s seconds at once.") % {"n": f"{most_s:.0f}"}, code="too_long")


def _of_recording(payload: Mapping[str, Any], user: Any) -> Question:
    try:
        pk = uuid.UUID(str(payload["recording"]))
    except ValueError:
        raise Http404 from None
    for rows in (Recording.objects.visible_to(user), Sample.objects.visible_to(user)):
        row = rows.filter(pk=pk).select_related("layout", "session__athlete").first()
        if row is not None:
            break
    else:
        raise Http404
    start_s = _number(payload, "start_s", 0.0)
    end_s = _number(payload, "end_s", row.duration_s + 1.0)
    athlete = row.session.athlete

    def cut(manifest: Mapping[str, Any]) -> Inputs:
        _check_length(min(end_s, row.duration_s) - max(0.0, start_s), WindowSpec.from_json(manifest["window_spec"]))
        with readable():
            t_s, samples = read_range(samples_path(row), start_s, end_s)
        return cut_windows(t_s, samples, row.layout.channel_names, manifest)

    return Question(cut, athlete.pk, athlete.pseudonym, row.pk)


def _samples(payload: Mapping[str, Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any], list[str] | None]:
    try:
        samples = np.asarray(payload["samples"], np.float64)
    except (TypeError, ValueError, OverflowError):
        samples = np.empty(0)
    if samples.ndim != 2 or not 2 <= len(samples) <= MAX_SAMPLES or not 1 <= samples.shape[1] <= 64:
        raise ValidationError(
            {
                "samples": _("Give 2 to %(n)s rows, each with a number for every channel.")
                % {"n": spelled(MAX_SAMPLES, ",")},
            },
            code="bad_shape",
        )
    if not np.isfinite(samples).all():
        raise ValidationError({"samples": _("A sample is not a finite number.")}, code="bad_value")
    channels = payload.get("channels")
    named = isinstance(channels, list) and len(channels) == samples.shape[1]
    if channels is not None and not (named and all(isinstance(name, str) for name in channels)):
        raise ValidationError({"channels": _("Name every column of the samples.")}, code="bad_shape")
    if ("t_s" in payload) == ("rate_hz" in payload):
        raise ValidationError(_("Give either t_s or rate_hz with samples."), code="one_of")
    if "rate_hz" in payload:
        rate_hz = _number(payload, "rate_hz", 0.0)
        if not 0.1 <= rate_hz <= 2000:
            raise ValidationError({"rate_hz": _("Must be between 0.1 and 2,000 Hz.")}, code="bad_value")
        return np.arange(len(samples)) / rate_hz, samples, channels
    try:
        t_s = np.asarray(payload["t_s"], np.float64)
    except (TypeError, ValueError, OverflowError):
        t_s = np.empty(0)
    if t_s.shape != (len(samples),) or not np.isfinite(t_s).all() or (np.diff(t_s) <= 0).any():
        raise ValidationError({"t_s": _("Give one increasing time in seconds for each sample.")}, code="bad_value")
    if t_s[-1] - t_s[0] > 24 * 3600:
        raise ValidationError({"t_s": _("At most one day at once.")}, code="too_long")
    return t_s, samples, channels


def _number(payload: Mapping[str, Any], name: str, default: float) -> float:
    value = payload.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise ValidationError({name: _("This is not a number.")}, code="bad_value")
    return float(value)
