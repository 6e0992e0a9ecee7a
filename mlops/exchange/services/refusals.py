"""Errors of the library as answers of a request, and as ends of a job."""

from collections.abc import Iterator
from contextlib import contextmanager

from mlops.jobs.kinds import JobFailed, TransientError
from mlops.kinds.exchange import Unfit
from mlops.ml.contract import BadArtifact, BadValue, MLError, UnreadableInput, UnsafeFormat
from mlops.ml.folders import CodeNotAllowed
from mlops.ml.hub import HubError
from mlops.ml.remote import RemoteFailed
from web.refusals import Problem
from web.said import respoken

_STATUS: dict[type[MLError], int] = {
    UnsafeFormat: 400, UnreadableInput: 400, Unfit: 400, BadValue: 400, CodeNotAllowed: 422, BadArtifact: 422,
}  # fmt: skip


@contextmanager
def refusals(bad_value: str = "bad_value") -> Iterator[None]:
    """Inside the block, errors of the library become Problems; `bad_value` is the code of a BadValue."""
    try:
        yield
    except HubError as error:
        headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else None
        raise Problem(error.status, error.code, respoken(str(error)), headers=headers) from error
    except MLError as error:
        status = next((status for known, status in _STATUS.items() if isinstance(error, known)), None)
        if status is None:
            raise
        raise Problem(status, bad_value if isinstance(error, BadValue) else error.code, sentence(error)) from error


@contextmanager
def outcomes() -> Iterator[None]:
    """The same for a job: a busy hub or address is tried again, anything else is a reason."""
    try:
        yield
    except (HubError, RemoteFailed) as error:
        if getattr(error, "is_transient", True):
            raise TransientError(respoken(str(error))) from error
        raise JobFailed(error.code, respoken(str(error))) from error
    except MLError as error:
        if error.code in ("cancelled", "claim_lost"):
            raise
        raise JobFailed(error.code, sentence(error)) from error


def sentence(error: MLError) -> str:
    """ "its weights are damaged" → "Its weights are damaged."."""
    text = respoken(str(error))
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."
