"""check_installation: what is missing is named with its remedy and the exit code."""

import json

import pytest
from django.core.management import call_command

from mlops import installation
from mlops.installation import Weights, findings, register_weights, summary

pytestmark = pytest.mark.django_db


@pytest.fixture
def redis_answers(monkeypatch):
    fine = installation.Finding("Redis", "server", "ok", "7")
    monkeypatch.setattr(installation, "_redis", lambda: fine)


def test_a_whole_installation(media, redis_answers, capsys):
    missing = [one for one in findings() if one.level == "missing"]
    assert not missing
    call_command("check_installation")
    told = capsys.readouterr().out
    assert "missing: 0." in told
    assert told.endswith("Ready.\n")


def test_what_is_missing_has_a_remedy(media, settings, monkeypatch, tmp_path, capsys):
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"
    settings.CHAMPIONS_DIR = tmp_path / "champions"
    monkeypatch.setattr(installation, "_weights", {})
    register_weights(Weights("tiny/voice", "spoken answers", lambda: None, "Set VOICE_PATH to a folder.", needed=True))
    register_weights(Weights("tiny/eyes", "photos", lambda: tmp_path, ""))
    with pytest.raises(SystemExit) as ended:
        call_command("check_installation", "--json")
    assert ended.value.code == 1
    found = {(one["area"], one["name"]): one for one in json.loads(capsys.readouterr().out)["findings"]}
    for key in (("Redis", "server"), ("Weights", "shipped champions"), ("Weights", "tiny/voice")):
        assert found[key]["level"] == "missing"
        assert found[key]["remedy"]
    assert found["Weights", "tiny/eyes"]["level"] == "ok"


def test_the_last_line_names_what_is_missing(media, redis_answers, monkeypatch, capsys):
    monkeypatch.setattr(installation, "MIN_FREE_BYTES", 2**60)
    with pytest.raises(SystemExit):
        call_command("check_installation")
    assert capsys.readouterr().out.splitlines()[-1].startswith("Not ready: Disk ")


def test_a_full_disk(media, redis_answers, monkeypatch):
    monkeypatch.setattr(installation, "MIN_FREE_BYTES", 2**60)
    assert summary(list(findings()))["missing"] == 1
