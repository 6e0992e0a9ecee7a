"""A local server that speaks the model hub's HTTP API: create, preupload, LFS, commit, info, resolve, and its refusals.

    with HubServer(tokens={"write": "me"}) as hub:
        hub.endpoint, hub.repositories, hub.fault = "timeout"

`fault` makes every further request fail like a hub in trouble: "429", "500", "timeout", "reset", "garbage", "slow".
"""

import base64
import hashlib
import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlparse

LFS_SUFFIXES = (".safetensors", ".onnx", ".bin", ".pt", ".pkl")


@dataclass
class Repository:
    """Commits of one repository: commit id → {path: bytes}; branches and tags → commit id."""

    private: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    def commit(self, files: dict[str, bytes]) -> str:
        """Add files on top of main; returns the new commit."""
        before = self.commits.get(self.refs.get("main", ""), {})
        digest = hashlib.sha1(str(len(self.commits)).encode())  # noqa: S324  names, not secrets
        for name, data in sorted(files.items()):
            digest.update(name.encode() + data)
        self.commits[digest.hexdigest()] = {**before, **files}
        self.refs["main"] = digest.hexdigest()
        return digest.hexdigest()

    def find(self, revision: str) -> str | None:
        commit = self.refs.get(revision, revision)
        return commit if commit in self.commits else None


class HubServer:
    """Runs in a thread of the test."""

    def __init__(self, tokens: dict[str, str] | None = None) -> None:
        self.tokens = {"hf_write": "me"} if tokens is None else tokens
        self.repositories: dict[str, Repository] = {}
        self.objects: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.fault = ""
        self.retry_after = "7"
        self.released = threading.Event()
        hub = self

        class Handler(_Handler):
            server_hub = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def add(self, name: str, files: dict[str, bytes], *, private: bool = False) -> str:
        """Put a repository there; returns its commit."""
        repository = self.repositories.setdefault(name, Repository(private))
        return repository.commit(files)

    def __enter__(self) -> "HubServer":
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server_hub: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        self._answer("GET")

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        hub, path = self.server_hub, urlparse(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self._chunks()
        hub.requests.append((method, path))
        if hub.fault and self._fail(hub.fault):
            return
        parts = path.strip("/").split("/")
        if method == "PUT" and parts[0] == "objects":
            hub.objects[parts[1]] = body
            return self._send(200, b"")
        if path == "/api/validate-yaml":
            return self._json({"warnings": [], "errors": []})
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if parts[:2] == ["api", "models"]:
            return self._api(method, parts[2:], body)
        if path.endswith(".git/info/lfs/objects/batch"):
            return self._batch(json.loads(body))
        if path.endswith("/lfs-verify"):
            return self._json({})
        if "resolve" in parts:
            return self._resolve(parts, method)
        self._refuse(404, "EntryNotFound")

    # -- the API -----------------------------------------------------------------------------------------

    def _create(self, wanted: dict[str, Any]) -> None:
        user = self._user()
        if user is None:
            return self._refuse(401)
        owner = wanted.get("organization") or user
        if owner != user:
            return self._refuse(403)
        name = f"{owner}/{wanted['name']}"
        known = self.server_hub.repositories
        url = f"{self.server_hub.endpoint}/{name}"
        if name in known:
            return self._json({"error": "exists", "url": url}, 409)
        known[name] = Repository(wanted.get("visibility") == "private" or bool(wanted.get("private")))
        known[name].commit({".gitattributes": b""})
        self._json({"url": url, "name": name})

    def _api(self, method: str, parts: list[str], body: bytes) -> None:
        for n in (2, 1):
            name, rest = "/".join(parts[:n]), parts[n:]
            if not rest or rest[0] in ("revision", "preupload", "commit", "tree"):
                break
        repository = self._visible(name)
        if repository is None:
            return
        if rest[:1] == ["preupload"]:
            files = json.loads(body)["files"]
            modes = [
                {
                    "path": one["path"],
                    "uploadMode": "lfs" if one["path"].endswith(LFS_SUFFIXES) else "regular",
                    "shouldIgnore": False,
                }
                for one in files
            ]
            return self._json({"files": modes})
        if rest[:1] == ["commit"] and method == "POST":
            return self._commit(name, repository, body)
        revision = "/".join(rest[1:]) if rest[:1] == ["revision"] else "main"
        commit = repository.find(revision)
        if commit is None:
            return self._refuse(404, "RevisionNotFound")
        siblings = []
        for path, data in sorted(repository.commits[commit].items()):
            one: dict[str, Any] = {"rfilename": path, "size": len(data)}
            if path.endswith(LFS_SUFFIXES):
                digest = hashlib.sha256(data).hexdigest()
                one["lfs"] = {"size": len(data), "sha256": digest, "pointerSize": 134}
            siblings.append(one)
        self._json({"id": name, "modelId": name, "sha": commit, "private": repository.private, "siblings": siblings})

    def _commit(self, name: str, repository: Repository, body: bytes) -> None:
        if self._user() is None:
            return self._refuse(401)
        files = {}
        for line in body.decode().splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                files[value["path"]] = self.server_hub.objects[value["oid"]]
        commit = repository.commit(files)
        self._json({"commitUrl": f"{self.server_hub.endpoint}/{name}/commit/{commit}", "commitOid": commit})

    def _batch(self, wanted: dict[str, Any]) -> None:
        endpoint = self.server_hub.endpoint
        objects = [
            {
                **one,
                "actions": {
                    "upload": {"href": f"{endpoint}/objects/{one['oid']}", "header": {}},
                    "verify": {"href": f"{endpoint}/lfs-verify", "header": {}},
                },
            }
            for one in wanted["objects"]
        ]
        self._json({"transfer": "basic", "objects": objects})

    def _resolve(self, parts: list[str], method: str) -> None:
        at = parts.index("resolve")
        repository = self._visible("/".join(parts[:at]))
        if repository is None:
            return
        commit = repository.find(parts[at + 1])
        if commit is None:
            return self._refuse(404, "RevisionNotFound")
        data = repository.commits[commit].get("/".join(parts[at + 2 :]))
        if data is None:
            return self._refuse(404, "EntryNotFound")
        headers = {"X-Repo-Commit": commit, "ETag": f'"{hashlib.sha256(data).hexdigest()}"'}
        self._send(200, b"" if method == "HEAD" else data, headers)

    # -- plumbing ----------------------------------------------------------------------------------------

    def _user(self) -> str | None:
        return self.server_hub.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))

    def _visible(self, name: str) -> Repository | None:
        repository = self.server_hub.repositories.get(name)
        if repository is None or (repository.private and self._user() is None):
            # As the hub does: without a known token, missing and private look alike.
            self._refuse(401 if self._user() is None else 404, "RepoNotFound")
            return None
        return repository

    def _fail(self, fault: str) -> bool:
        if fault == "429":
            self._send(429, b"", {"Retry-After": self.server_hub.retry_after})
        elif fault == "500":
            self._send(500, b"a trace")
        elif fault == "garbage":
            self._send(200, b"<html>hello")
        elif fault == "timeout":
            self.server_hub.released.wait(30)
            self.close_connection = True
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            self.close_connection = True
        else:
            return False
        return True

    def _chunks(self) -> bytes:
        found = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _refuse(self, status: int, code: str = "") -> None:
        self._json({"error": "refused"}, status, {"X-Error-Code": code} if code else {})

    def _json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
