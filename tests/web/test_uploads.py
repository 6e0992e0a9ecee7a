"""Resumable uploads, in parts, on disk."""

import datetime as dt
import hashlib
import io
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import timezone

from web.models import Upload, UploadState
from web.refusals import Problem
from web.services import uploads
from web.services.filenames import filename_clean
from web.services.housekeeping import house_keep

pytestmark = pytest.mark.django_db
CONTENT = bytes(range(256)) * 100


@pytest.fixture
def client(api, athlete_user):
    return api(athlete_user)


@pytest.fixture(autouse=True)
def _small_parts(settings):
    settings.UPLOAD_PART_BYTES = 10_000


def announce(client, size=len(CONTENT), filename="squat.csv"):
    return client.post("/api/v1/uploads/", {"filename": filename, "size": size}, format="json")


def put(client, pk, number, data):
    return client.put(f"/api/v1/uploads/{pk}/parts/{number}/", data, content_type="application/octet-stream")


def part(number):
    return CONTENT[number * 10_000 : (number + 1) * 10_000]


def complete(client, pk, **body):
    return client.post(f"/api/v1/uploads/{pk}/complete/", body, format="json")


def test_a_file_comes_in_parts_in_any_order_and_is_taken_once(client, athlete_user, tmp_path):
    made = announce(client).json()
    assert (made["part_bytes"], made["n_parts"], made["received"]) == (10_000, 3, [])
    pk = made["id"]
    for number in (2, 0):
        assert put(client, pk, number, part(number)).status_code == 200
    waiting = complete(client, pk)
    assert (waiting.status_code, waiting.json()["code"], waiting.json()["missing"]) == (409, "incomplete", [1])
    assert client.get(f"/api/v1/uploads/{pk}/").json()["received"] == [0, 2]
    assert put(client, pk, 1, part(1)).json() == {"number": 1, "n_received": 3, "n_parts": 3}
    assert put(client, pk, 1, part(1)).status_code == 200
    done = complete(client, pk, sha256=hashlib.sha256(CONTENT).hexdigest()).json()
    assert (done["state"], done["sha256"]) == ("ready", hashlib.sha256(CONTENT).hexdigest())
    assert complete(client, pk).json() == done
    assert put(client, pk, 1, part(1)).json()["code"] == "upload_closed"
    upload = uploads.upload_get_for(user=athlete_user, pk=pk)
    assert uploads.upload_open_path(upload).read_bytes() == CONTENT
    target = tmp_path / "deep" / "original.csv"
    uploads.upload_take(upload, target)
    assert target.read_bytes() == CONTENT
    for act in (lambda: uploads.upload_take(upload, tmp_path / "again"), lambda: uploads.upload_open_path(upload)):
        with pytest.raises(Problem) as caught:
            act()
        assert caught.value.code == "not_ready"
    assert client.get("/api/v1/uploads/").json()["count"] == 0


@pytest.mark.parametrize("data", [b"", b"a" * 9_999, b"a" * 10_001, b"a" * 50_000])
def test_a_part_of_the_wrong_size_is_not_noted(client, data):
    pk = announce(client).json()["id"]
    response = put(client, pk, 0, data)
    assert (response.status_code, response.json()["code"]) == (400, "wrong_part_size")
    assert client.get(f"/api/v1/uploads/{pk}/").json()["received"] == []
    put(client, pk, 0, part(0))
    stored = uploads.upload_get_for(user=Upload.objects.get().owner, pk=pk)
    assert uploads._path(stored).read_bytes()[:10_000] == part(0)


def test_a_part_that_is_too_long_does_not_touch_its_neighbour(client):
    pk = announce(client).json()["id"]
    put(client, pk, 1, part(1))
    put(client, pk, 0, b"x" * 15_000)
    put(client, pk, 0, part(0))
    put(client, pk, 2, part(2))
    assert complete(client, pk, sha256=hashlib.sha256(CONTENT).hexdigest()).status_code == 200


@pytest.mark.parametrize("number", ["3", "99999999999999999999999", "-1", "abc", "0%00"])
def test_a_part_that_does_not_exist_is_404(client, number):
    pk = announce(client).json()["id"]
    assert put(client, pk, number, b"a").json()["code"] == "not_found"


def test_parts_are_raw_bytes_only(client):
    pk = announce(client).json()["id"]
    assert client.put(f"/api/v1/uploads/{pk}/parts/0/", {"a": 1}, format="json").status_code == 415


def test_a_damaged_file_is_noticed_and_can_be_sent_again(client):
    pk = announce(client, size=5).json()["id"]
    put(client, pk, 0, b"hellO")
    digest = hashlib.sha256(b"hello").hexdigest()
    assert complete(client, pk, sha256=digest).json()["code"] == "checksum_mismatch"
    put(client, pk, 0, b"hello")
    assert complete(client, pk, sha256=digest).json()["state"] == "ready"


def test_only_the_owner_sees_it(client, api, coach_user, administrator_user, staff_user):
    pk = announce(client, size=5).json()["id"]
    for user in (coach_user, administrator_user, staff_user):
        other = api(user)
        assert other.get(f"/api/v1/uploads/{pk}/").status_code == 404
        assert put(other, pk, 0, b"hello").status_code == 404
        assert complete(other, pk).status_code == 404
        assert other.delete(f"/api/v1/uploads/{pk}/").status_code == 404
        assert other.get("/api/v1/uploads/").json()["count"] == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"filename": "a", "size": 0}, 400, "invalid"),
        ({"filename": "a", "size": -1}, 400, "invalid"),
        ({"filename": "a", "size": 5 * 1024**3}, 413, "too_large"),
        ({"filename": "a", "size": 2**60}, 400, "invalid"),
        ({"filename": "a"}, 400, "invalid"),
        ({"size": 1}, 400, "invalid"),
        ({"filename": "a", "size": 1, "owner": 1}, 400, "unknown_field"),
    ],
)
def test_what_cannot_be_announced(client, body, status, code):
    response = client.post("/api/v1/uploads/", body, format="json")
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_quota_of_open_uploads(client):
    for _ in range(uploads.MAX_OPEN):
        assert announce(client, size=1).status_code == 201
    refused = announce(client, size=1)
    assert (refused.status_code, refused.json()["code"]) == (429, "quota")
    client.delete(f"/api/v1/uploads/{Upload.objects.first().pk}/")
    assert announce(client, size=1).status_code == 201


def test_open_uploads_together_are_limited(client, settings):
    settings.UPLOAD_MAX_BYTES = 100
    assert announce(client, size=100).status_code == announce(client, size=100).status_code == 201
    assert announce(client, size=1).json()["code"] == "quota"


def test_a_full_disk_is_said_at_once(client, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    assert announce(client).json()["code"] == "insufficient_storage"


def test_cancelling_removes_the_file(client):
    pk = announce(client, size=5).json()["id"]
    put(client, pk, 0, b"hello")
    path = uploads._path(Upload.objects.get())
    assert path.is_file()
    assert client.delete(f"/api/v1/uploads/{pk}/").status_code == 204
    assert not path.exists()
    assert client.get(f"/api/v1/uploads/{pk}/").status_code == 404


def test_what_is_left_lying_expires(client):
    pk = announce(client, size=5).json()["id"]
    put(client, pk, 0, b"hello")
    keep = announce(client, size=5).json()["id"]
    path = uploads._path(Upload.objects.get(pk=pk))
    Upload.objects.filter(pk=pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert uploads.uploads_expire() == 1
    assert not path.exists()
    assert [str(row.pk) for row in Upload.objects.all()] == [keep]


def test_house_keeping_removes_files_without_a_row(client):
    pk = announce(client, size=5).json()["id"]
    put(client, pk, 0, b"hello")
    kept = uploads._path(Upload.objects.get())
    orphan = kept.with_name("00000000-0000-4000-8000-000000000000.part")
    orphan.write_bytes(b"hello")
    for path in (kept, orphan):
        os.utime(path, (0, 0))
    house_keep()
    assert kept.exists()
    assert not orphan.exists()


def test_a_failing_disk_leaves_the_upload_open(client, athlete_user, monkeypatch):
    pk = announce(client, size=5).json()["id"]
    put(client, pk, 0, b"hello")
    upload = uploads.upload_get_for(user=athlete_user, pk=pk)
    uploads._path(upload).write_bytes(b"hell")
    assert complete(client, pk).json()["code"] == "incomplete"
    assert Upload.objects.get(pk=pk).state == UploadState.OPEN
    uploads._path(upload).write_bytes(b"hello")
    assert complete(client, pk).status_code == 200
    upload.refresh_from_db()
    monkeypatch.setattr(shutil, "move", lambda *_: (_ for _ in ()).throw(OSError("disk")))
    with pytest.raises(OSError, match="disk"):
        uploads.upload_take(upload, Path("/tmp/never"))
    assert Upload.objects.get(pk=pk).state == UploadState.READY


def test_a_seal_that_was_cut_short_is_put_on_again(client):
    pk = announce(client).json()["id"]
    for number in range(3):
        put(client, pk, number, part(number))
    Upload.objects.filter(pk=pk).update(state=UploadState.SEALING)  # the web process died while it hashed
    assert put(client, pk, 0, part(0)).status_code == 409
    sealed = complete(client, pk)
    assert (sealed.status_code, sealed.json()["state"]) == (200, "ready")


def test_a_slow_second_seal_changes_nothing(client, athlete_user, tmp_path, monkeypatch):
    pk = announce(client).json()["id"]
    for number in range(3):
        put(client, pk, number, part(number))
    slow = Upload.objects.get(pk=pk)
    hashing = uploads._hash

    def meanwhile(path, size):
        digest = hashing(path, size)
        monkeypatch.setattr(uploads, "_hash", hashing)
        other = uploads.upload_complete(upload=Upload.objects.get(pk=pk))
        uploads.upload_take(other, tmp_path / "taken")
        return digest

    monkeypatch.setattr(uploads, "_hash", meanwhile)
    assert uploads.upload_complete(upload=slow).state == UploadState.TAKEN


def test_parts_are_never_whole_in_memory(athlete_user, settings):
    settings.UPLOAD_PART_BYTES = 8 * 1024 * 1024
    upload = uploads.upload_create(owner=athlete_user, filename="a", size=8 * 1024 * 1024)
    asked = []

    class Stream(io.RawIOBase):
        left = 8 * 1024 * 1024

        def read(self, n=-1):
            asked.append(n)
            n = min(n, self.left)
            self.left -= n
            return bytes(n)

    uploads.upload_write_part(upload=upload, number=0, stream=Stream())
    assert 0 < max(asked) <= 1024 * 1024


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\users\\ada\\squat day.csv", "squat day.csv"),
        ("a\x00b.csv", "ab.csv"),
        ("evil\u202egnp.csv", "evilgnp.csv"),
        (".htaccess", "htaccess"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        ("\ud800.csv", "csv"),
        ("größe.csv", "größe.csv"),
        ('<img src="x">.csv', "img src=x.csv"),
    ],
)
def test_file_names_are_cleaned(sent, kept):
    assert filename_clean(sent) == kept


def test_long_file_names_keep_their_extension():
    assert filename_clean("a" * 300 + ".csv") == "a" * 146 + ".csv"
    assert len(filename_clean("a." + "b" * 300)) <= 150
