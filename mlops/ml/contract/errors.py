"""The errors that the library raises on purpose; `code` is stable and machine readable."""

from __future__ import annotations


class MLError(Exception):
    """Base of all errors that this library raises on purpose; `code` is stable and machine readable."""

    code: str = "ml_error"


class Cancelled(MLError):
    """Somebody asked the work to stop; raised by a progress callback and never caught here."""

    code = "cancelled"


class BadShape(MLError):
    """An array has another shape than the model or function was made for."""

    code = "bad_shape"


class BadValue(MLError):
    """Values that cannot be used: NaN, infinity, a label number without a label, a setting out of range."""

    code = "bad_value"


class NotFitted(MLError):
    """The estimator was asked for an answer before `fit` or `load`."""

    code = "not_fitted"


class NotEnoughData(MLError):
    """Too few examples, classes or subjects for what was asked."""

    code = "not_enough_data"


class CannotContinue(MLError):
    """A fit that should go on from a fitted model can't; a full one can."""

    code = "cannot_continue"


class BadArtifact(MLError):
    """An artifact is missing, incomplete, altered, or of another kind than expected."""

    code = "bad_artifact"


class UnsafeFormat(MLError):
    """A file of a kind that could run code when it is read (pickle and its relatives)."""

    code = "unsafe_format"


class UnreadableInput(MLError):
    """An uploaded file cannot be read; `row` is the 1-based line that tells why, where one does."""

    code = "unreadable_input"

    def __init__(self, message: str, *, row: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.row = row
        if code is not None:
            self.code = code
