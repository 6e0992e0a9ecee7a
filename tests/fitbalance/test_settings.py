"""Settings: production is strict, the environment holds what must not meet, every process is supervised."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from fitbalance.settings.env import DEVELOPMENT_KEY
from fitbalance.supervise import programs, write_config

ROOT = Path(__file__).resolve().parents[2]


def manage(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("FITBALANCE", "DJANGO", "SECRET"))}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**kept, "FITBALANCE_VAR": str(tmp_path), **environment},
    )


@pytest.mark.parametrize("key", ["", DEVELOPMENT_KEY, "short"])
def test_production_refuses_a_weak_key(tmp_path: Path, key: str) -> None:
    done = manage(tmp_path, "check", FITBALANCE_ENV="production", SECRET_KEY=key)
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_production_passes_the_deployment_check(tmp_path: Path) -> None:
    done = manage(
        tmp_path,
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        FITBALANCE_ENV="production",
        SECRET_KEY="k7" * 40 + "!uniq%chars_9zQx",
        ALLOWED_HOSTS="fit.example.org",
    )
    assert done.returncode == 0, done.stderr


def test_the_web_process_starts_without_heavy_libraries(tmp_path: Path) -> None:
    script = (
        "import fitbalance.asgi, sys; from django.urls import get_resolver; get_resolver().url_patterns;"
        "print([name for name in ('torch','transformers','sklearn','pandas','mediapipe') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "fitbalance.settings", "FITBALANCE_VAR": str(tmp_path)},
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_every_process_is_supervised_and_comes_back(tmp_path: Path) -> None:
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    config = configparser.RawConfigParser()
    config.read(write_config(8000, "127.0.0.1"))
    programs = {name.removeprefix("program:") for name in config.sections() if name.startswith("program:")}
    assert {"web", "background", "models"} <= programs
    assert all(config[f"program:{name}"]["autorestart"] == "true" for name in programs)


@pytest.mark.parametrize(("n", "names"), [(1, {"web"}), (3, {"web-1", "web-2", "web-3"})])
def test_as_many_server_processes_as_asked_share_the_port(n: int, names: set[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(settings, "WEB_PROCESSES", n)
    monkeypatch.setattr(settings, "WEB_SPARE", False)
    servers = {name: command for name, command, *_ in programs(8000, "127.0.0.1") if name.startswith("web")}
    assert set(servers) == names
    assert all(("--shared" in command) == (n > 1) for command in servers.values())


def test_labels_of_the_apps() -> None:
    from django.apps import apps

    ours = {config.name: config.label for config in apps.get_app_configs() if (ROOT / config.name).is_dir()}
    assert ours == {
        "web": "web",
        "accounts": "accounts",
        "mlops": "mlops",
        "sessions": "workouts",
        "burnout": "burnout",
        "nutrition": "nutrition",
        "coaching": "coaching",
        "speech": "speech",
    }
