"""Asking a pretrained part directly, to see what it answers."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from mlops.ml.contract import BadValue
from mlops.ml.hosting.errors import ModelBusy, ModelError, ModelFailed
from mlops.ml.hosting.scorer import RemoteScorer
from mlops.ml.parts.catalogue import catalogue
from mlops.ml.parts.serving import PART, component_class
from mlops.ml.parts.store import missing, store
from mlops.serving.services.models import models_client
from web.refusals import Problem
from web.said import respoken

MAX_TEXT = 2000
MAX_FILE_BYTES = 16 * 1024 * 1024
PATIENCE_S = 60.0
"""A part that is asked for the first time is loaded first."""
N_SHOWN = 8
N_WHOLE = 400
"""Numbers of an array that is given whole: the landmarks of a body are."""


@dataclass(frozen=True)
class PartAnswer:
    """JSON, or the bytes of a WAV file; and how long it took."""

    output: Any
    seconds: float


def part_takes(name: str) -> str:
    """What one input of a part is: "image", "audio", "text", or nothing where it cannot be asked by itself."""
    try:
        return component_class(name).takes
    except BadValue:
        return ""


def part_nothing(name: str) -> str:
    """What a picture without anything to find means, and what to do; nothing for parts that always answer something."""
    if name.startswith("pose"):
        return _("No body found in this picture. Use one that shows a person from head to feet, well lit.")
    if name.startswith("hands"):
        return _("No hands found in this picture. Use one that shows them close and whole.")
    if name.startswith("pp-ocr"):
        return _("No text found in this picture. Use one that is sharp and upright.")
    return ""


def part_ask(*, name: str, text: str = "", file: Any = None) -> PartAnswer:
    """One answer through serve_models.

    Raises Problem 404 `not_found`, 409 `not_asked`, `part_missing`, 413 `too_large`, 503 `busy`, `model_away`;
    ValidationError for an input that it cannot read.
    """
    if name not in catalogue():
        raise Problem(404, "not_found", _("The catalogue has no part of that name."))
    takes = part_takes(name)
    if not takes:
        raise Problem(409, "not_asked", _("Pages and jobs use this part. There is nothing to try by itself."))
    if store().find(name) is None:
        raise Problem(409, "part_missing", str(missing(name)))
    given = _input(takes, text, file)
    began = time.monotonic()
    try:
        [output] = RemoteScorer(f"{PART}:{name}", client=models_client, timeout_s=PATIENCE_S).answer([given])
    except ModelBusy as error:
        raise Problem(503, "busy", _("The model is busy. Try again in a moment.")) from error
    except ModelFailed as error:
        field = "file" if takes != "text" else "text"
        raise ValidationError({field: as_sentence(respoken(error.detail))}, code="bad_value") from error
    except ModelError as error:
        detail = _("The model is not available: %(reason)s") % {"reason": error.detail}
        raise Problem(503, "model_away", detail, headers={"Retry-After": "5"}) from error
    seconds = time.monotonic() - began
    if component_class(name).gives == "audio":
        return PartAnswer(output["wav"], seconds)
    return PartAnswer(shortened(output), seconds)


def _input(takes: str, text: str, file: Any) -> Any:
    if takes == "text":
        if not text.strip():
            raise ValidationError({"text": _("Enter a sentence.")}, code="required")
        if len(text) > MAX_TEXT:
            raise ValidationError({"text": _("At most %(n)s characters.") % {"n": MAX_TEXT}}, code="too_long")
        return text
    if file is None:
        raise ValidationError({"file": _("Choose a file.")}, code="required")
    if file.size > MAX_FILE_BYTES:
        raise Problem(413, "too_large", _("The file is larger than %(n)s MB.") % {"n": MAX_FILE_BYTES >> 20})
    return file.read()


def as_sentence(reason: str) -> str:
    """The library's reasons are parts of sentences; a page shows a whole one."""
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}."


def shortened(value: Any) -> Any:
    """Arrays as their shape and first numbers, so that a person can read it."""
    if isinstance(value, np.ndarray):
        if value.size <= N_WHOLE:
            return np.round(value.astype(float), 4).tolist()
        first = [round(float(one), 4) for one in value.ravel()[:N_SHOWN]]
        return {"shape": list(value.shape), "first": first}
    if isinstance(value, Mapping):
        return {str(key): shortened(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        if len(value) > 4 * N_SHOWN and all(isinstance(one, float) for one in value):
            return {"shape": [len(value)], "first": [round(one, 4) for one in value[:N_SHOWN]]}
        return [shortened(one) for one in value]
    if isinstance(value, bytes):
        return {"bytes": len(value)}
    return value.item() if isinstance(value, np.generic) else value
