"""Talking to a model hub (Hugging Face or anything that speaks its HTTP API), in words a person can act on.

Everything has a timeout, a revision is always a commit, only what the `FolderRules` of a kind want is fetched, each
file against its size and hash, and nothing that comes from there is run.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.ml.contract import CONFIG_FILE, BadValue, MLError
from mlops.ml.folders import CodeNotAllowed, FolderRules
from mlops.ml.outbound import large, transport, within

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("HF_HUB_DISABLE_XET", "1")

DEFAULT_ENDPOINT = "https://huggingface.co"
MAX_REPO_BYTES = 512 * 1024 * 1024
SPARE_BYTES = 256 * 1024 * 1024
"""Left free on disk beside what is fetched."""
CHUNK = 256 * 1024
LOOK_S = 10.0
"""For looking at a repository, all requests together."""
OnBytes = Callable[[int, int], None]

_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_lock = threading.Lock()
_made_for: list[float] = []


class HubError(MLError):
    """The hub refused or is away: `code` says what, `status` fits an HTTP answer, `is_transient`: a retry may help."""

    def __init__(
        self, code: str, message: str, *, status: int, is_transient: bool = False, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.is_transient = is_transient
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Hub:
    """Where the hub is and who we are there."""

    endpoint: str = DEFAULT_ENDPOINT
    token: str = ""
    timeout_s: float = 10.0


@dataclass(frozen=True)
class RemoteFile:
    """One file of a repository; `sha256` is empty where the hub states none."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Listing:
    """What a repository holds at one commit, of what may be fetched."""

    repository: str
    commit: str
    files: tuple[RemoteFile, ...]

    @property
    def n_bytes(self) -> int:
        return sum(file.size for file in self.files)


@dataclass(frozen=True)
class Pushed:
    """A finished upload."""

    repository: str
    commit: str
    url: str


def check_repository(name: str) -> str:
    """Return a repository id like "owner/name". Raises BadValue for addresses, paths and over 96 characters."""
    name = name.strip()
    odd = ".." in name or "--" in name or name.endswith((".git", ".", "-"))
    if len(name) > 96 or odd or not _REPO.fullmatch(name):
        raise BadValue("a repository is named owner/name: letters, digits, - _ and ., at most 96 characters")
    return name


def check_revision(name: str) -> str:
    """Return a branch, tag or commit. Raises BadValue."""
    name = name.strip() or "main"
    if not _REVISION.fullmatch(name) or ".." in name:
        raise BadValue("a revision is a branch, a tag or a commit")
    return name


def inspect(
    hub: Hub, repository: str, revision: str = "main", *, rules: FolderRules, max_bytes: int = MAX_REPO_BYTES
) -> Listing:
    """Resolve a revision to its commit and list what may be fetched of it, at most `max_bytes` together.

    Raises BadValue, HubError, CodeNotAllowed (code or `auto_map` in it), UnsafeFormat (pickles), BadArtifact.
    """
    with within(LOOK_S):
        return _inspect(hub, check_repository(repository), check_revision(revision), rules, max_bytes)


def _inspect(hub: Hub, repository: str, revision: str, rules: FolderRules, max_bytes: int) -> Listing:
    from huggingface_hub import HfApi

    with _words(hub, repository, revision):
        _prepare(hub)
        info = HfApi(hub.endpoint, token=hub.token or False).model_info(
            repository, revision=revision, files_metadata=True, timeout=hub.timeout_s
        )
    siblings = info.siblings or []
    rules.check(sibling.rfilename for sibling in siblings)
    commit = str(info.sha or "")
    if not _COMMIT.fullmatch(commit):
        raise HubError("hub_garbage", "The hub answered without a commit.", status=502)
    files = tuple(
        RemoteFile(one.rfilename, int(one.size or 0), str(getattr(one.lfs, "sha256", "") or "") if one.lfs else "")
        for one in siblings
        if rules.wants(one.rfilename)
    )
    listing = Listing(repository, commit, files)
    if listing.n_bytes > max_bytes:
        raise HubError("too_large", f"It contains more than {max_bytes // 2**20} MiB.", status=413)
    if b'"auto_map"' in _small(hub, listing, CONFIG_FILE):
        raise CodeNotAllowed(
            f"{CONFIG_FILE} asks for code to be run (auto_map), and code from elsewhere is never run here"
        )
    return listing


def fetch(hub: Hub, listing: Listing, directory: Path, on_bytes: OnBytes = lambda done, total: None) -> None:
    """Download a listing at its commit into an existing directory; `on_bytes(done, total)` may raise Cancelled.

    Raises HubError: `disk_full`, `hub_garbage` (another size or hash than announced), and what `inspect` raises.
    """
    total, done = listing.n_bytes, 0
    if shutil.disk_usage(directory).free < total + SPARE_BYTES:
        raise HubError("disk_full", f"There is no room for {total / 2**20:.0f} MiB on this disk.", status=507)
    for file in listing.files:
        digest, n = hashlib.sha256(), 0
        try:
            (directory / file.name).parent.mkdir(parents=True, exist_ok=True)
            with (directory / file.name).open("wb") as out:
                with large():
                    for chunk in _stream(hub, listing, file.name):
                        n += len(chunk)
                        if n > file.size:
                            break
                        digest.update(chunk)
                        out.write(chunk)
                        on_bytes(done + n, total)
        except OSError as error:
            raise HubError("disk_full", f"The file could not be written: {error.strerror}.", status=507) from error
        if n != file.size or (file.sha256 and digest.hexdigest() != file.sha256):
            raise HubError("hub_garbage", f"{file.name} arrived damaged or incomplete.", status=502, is_transient=True)
        done += n


def push(hub: Hub, folder: Path, repository: str, *, private: bool, message: str) -> Pushed:
    """Create the repository where it is missing and upload a published folder as one commit.

    Raises BadValue, HubError.
    """
    repository = check_repository(repository)
    if not hub.token:
        raise HubError("token_needed", _TOKEN, status=401)
    from huggingface_hub import HfApi

    with _words(hub, repository, "main"):
        _prepare(hub)
        api = HfApi(hub.endpoint, token=hub.token)
        made = api.create_repo(repository, private=private, exist_ok=True)
        commit = api.upload_folder(folder_path=folder, repo_id=made.repo_id, commit_message=message)
        return Pushed(made.repo_id, commit.oid, f"{hub.endpoint.rstrip('/')}/{made.repo_id}/tree/{commit.oid}")


_TOKEN = "The hub needs a token. Set HF_TOKEN to one that may read (and, to push, write) this repository."  # noqa: S105


class _words:
    """Inside the block, errors of the hub client become `HubError` with a sentence for a person."""

    def __init__(self, hub: Hub, repository: str, revision: str) -> None:
        self._hub, self._repository, self._revision = hub, repository, revision

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is None or isinstance(error, MLError):
            return
        from httpx2 import HTTPError
        from huggingface_hub.errors import (
            GatedRepoError,
            HfHubHTTPError,
            HFValidationError,
            OfflineModeIsEnabled,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )

        name = self._repository
        if isinstance(error, GatedRepoError):
            words = f"{name} is gated: accept its terms at {self._hub.endpoint}/{name}, then set HF_TOKEN."
            raise HubError("token_needed", words, status=403) from error
        status = getattr(getattr(error, "response", None), "status_code", None)
        if isinstance(error, RevisionNotFoundError):
            raise HubError("revision_unknown", f"{name} has no revision {self._revision!r}.", status=404) from error
        if status == 401 and self._hub.token:
            words = f"The hub does not accept the token in HF_TOKEN, or {name} does not exist."
            raise HubError("token_needed", words, status=401) from error
        if status in (401, 403):
            raise HubError("token_needed", f"{name} is private or unknown. {_TOKEN}", status=status) from error
        if isinstance(error, RepositoryNotFoundError) or status == 404:
            words = f"The hub has no repository {name}. Check the name; a private one also needs HF_TOKEN."
            raise HubError("repository_unknown", words, status=404) from error
        if isinstance(error, OfflineModeIsEnabled):
            raise HubError("hub_unreachable", "HF_HUB_OFFLINE is set, so the hub is not used.", status=503) from error
        if isinstance(error, HFValidationError):
            raise BadValue(str(error)) from error
        if isinstance(error, HfHubHTTPError):
            raise HubError("hub_refused", f"The hub refused it (HTTP {status}).", status=502) from error
        if isinstance(error, HTTPError | ConnectionError | TimeoutError):
            raise _away(self._hub, error) from error
        if isinstance(error, ValueError | KeyError | TypeError | AttributeError):
            raise HubError("hub_garbage", "The hub's answer cannot be read.", status=502) from error


def _away(hub: Hub, error: BaseException) -> HubError:
    kind = "hub_timeout" if "timeout" in type(error).__name__.lower() else "hub_unreachable"
    words = "did not answer in time" if kind == "hub_timeout" else "cannot be reached"
    text = f"The hub at {hub.endpoint} {words}. Try again later."
    return HubError(kind, text, status=504 if kind == "hub_timeout" else 503, is_transient=True, retry_after_s=30)


def _small(hub: Hub, listing: Listing, name: str) -> bytes:
    """The beginning of a small file, empty where there is none."""
    if name not in {file.name for file in listing.files}:
        return b""
    found = b""
    for chunk in _stream(hub, listing, name):
        found += chunk
        if len(found) > 2**20:
            break
    return found


def _stream(hub: Hub, listing: Listing, name: str) -> Any:
    """The bytes of one file at the listing's commit."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    with _words(hub, listing.repository, listing.commit):
        _prepare(hub)
        url = hf_hub_url(listing.repository, name, revision=listing.commit, endpoint=hub.endpoint)
        with get_session().stream("GET", url, headers=build_hf_headers(token=hub.token or False)) as response:
            if response.status_code >= 400:
                response.read()
            hf_raise_for_status(response)
            yield from response.iter_bytes(CHUNK)


def _prepare(hub: Hub) -> None:
    """Give the client library a session with our timeout, which never sleeps through a refusal by itself.

    The library would retry 429 and 5xx silently for minutes; here they surface at once and the job decides.
    """
    import httpx2
    from huggingface_hub import constants, is_offline_mode, set_client_factory
    from huggingface_hub.errors import OfflineModeIsEnabled

    class Prompt(httpx2.BaseTransport):
        """Each request ends in time, however it drips, and says at once what is wrong."""

        def __init__(self) -> None:
            self._inner = transport(hub.timeout_s)

        def close(self) -> None:
            self._inner.close()

        def handle_request(self, request: Any) -> Any:
            if is_offline_mode():
                raise OfflineModeIsEnabled("HF_HUB_OFFLINE is set")
            try:
                response = self._inner.handle_request(request)
            except (httpx2.TimeoutException, httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
                raise _away(hub, error) from error
            _refuse_busy(hub, response)
            return response

    with _lock:
        constants.HF_HUB_DISABLE_XET = True
        if _made_for == [hub.timeout_s]:
            return
        set_client_factory(
            lambda: httpx2.Client(follow_redirects=True, max_redirects=5, timeout=hub.timeout_s, transport=Prompt())
        )
        _made_for[:] = [hub.timeout_s]


def _refuse_busy(hub: Hub, response: Any) -> None:
    """429 and 5xx as HubError, with the hub's own wish how long to wait."""
    status = response.status_code
    if status != 429 and status < 500:
        return
    given = response.headers.get("retry-after", "")
    wait = min(int(given), 3600) if given.isdecimal() else 60
    response.close()
    if status == 429:
        text = f"The hub has too many requests from here. Try again in {wait} seconds."
        raise HubError("rate_limited", text, status=429, is_transient=True, retry_after_s=wait)
    text = f"The hub has a fault (HTTP {status}). Try again later."
    raise HubError("hub_unreachable", text, status=503, is_transient=True, retry_after_s=wait)
