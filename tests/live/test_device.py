"""The champion for a browser: its facts, its file under its hash, and who may have it."""

import hashlib
import json

import pytest

from mlops.models import ModelVersion
from mlops.registry.services.champions import champions_register
from mlops.serving.services.versions import serving_forget
from sessions.models import SensorLayout
from tests.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def champions():
    serving_forget()
    champions_register()
    yield ModelVersion.objects.get(task__name="exercise")
    serving_forget()


def test_an_athlete_gets_what_the_browser_needs(client, champions):
    client.force_login(make_user("ama"))
    spec = client.get("/api/v1/live/model/?layout=flextail").json()
    assert spec["title"] == f"exercise v{champions.number}"
    assert spec["columns"] == list(range(len(SensorLayout.objects.get(key="flextail").channels)))
    assert spec["window_spec"]["length"] == 150
    assert set(spec["no_exercise"]) >= {"other", "rest"}
    answer = client.get(spec["file"]["url"])
    data = b"".join(answer.streaming_content)
    assert hashlib.sha256(data).hexdigest() == spec["file"]["sha256"]
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    again = client.get(spec["file"]["url"], headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    json.dumps(spec)


def test_only_what_serves_now_is_given_out(client, champions):
    client.force_login(make_user("ama"))
    spec = client.get("/api/v1/live/model/?layout=flextail").json()
    url = spec["file"]["url"]
    assert client.get(url.replace(spec["file"]["sha256"], "0" * 64)).status_code == 404
    champions.task.aliases.all().delete()
    serving_forget()
    assert client.get(url).status_code == 404
    assert client.get("/api/v1/live/model/?layout=flextail").json()["code"] == "no_model"
    assert client.get("/api/v1/live/model/?layout=nothing").status_code == 404
