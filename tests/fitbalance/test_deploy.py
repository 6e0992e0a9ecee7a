"""The files of docs/deploy name programs, folders, settings and ports that are there."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
HOME = "/opt/fitbalance/"
NOT_OURS = {"POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB"}


def read(name: str) -> str:
    return (DEPLOY / name).read_text("utf-8")


def unit(path: Path) -> configparser.RawConfigParser:
    parsed = configparser.RawConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read(path)
    return parsed


def settings_names() -> set[str]:
    """What the project reads from the environment."""
    sources = [*(ROOT / "fitbalance").rglob("*.py"), ROOT / "mlops" / "jobs" / "workers.py"]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    read = re.findall(r"""env(?:iron)?(?:\.\w+)?\(?\[?\(?["']([A-Z][A-Z0-9_]+)""", text)
    return {*read, "EMAIL_URL", "DATABASE_URL"}


def environment(name: str) -> dict[str, str]:
    lines = [line for line in read(name).splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_the_environment_names_settings_that_are_read() -> None:
    found = environment("site.env.example")
    assert set(found) <= settings_names()
    assert {"SECRET_KEY", "ALLOWED_HOSTS", "BEHIND_PROXY", "FITBALANCE_VAR", "METRICS_TOKEN"} <= set(found)
    assert [name for name in ("SECRET_KEY", "METRICS_TOKEN", "EMAIL_URL") if found[name]] == [], "no secret stands here"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_run_what_is_there(path: Path) -> None:
    parsed = unit(path)
    assert parsed["Unit"]["Description"]
    if path.suffix == ".timer":
        assert path.with_suffix(".service").is_file()
        return
    service = parsed["Service"]
    assert service["WorkingDirectory"] == HOME.rstrip("/")
    assert service["EnvironmentFile"] == "/etc/fitbalance.env"
    assert service["UMask"] == "0077"
    assert service["User"] != "root"
    assert "fitbalance" in service["StateDirectory"].split(), environment("site.env.example")["FITBALANCE_VAR"]
    command = service["ExecStart"]
    for module in re.findall(r"-m ([\w.]+)", command):
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file()
    assert set(re.findall(r"manage\.py (\w+)", command)) <= set(get_commands())
    assert ".venv/bin/python" in command


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for path in UNITS:
        (tmp_path / path.name).write_text(path.read_text().replace(f"{HOME}.venv/bin/python -m", "/bin/true -m"))
    command = ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    about_ours = [line for line in done.stderr.splitlines() if "fitbalance" in line]
    assert about_ours == []


@pytest.mark.parametrize(
    ("program", "arguments", "name"), [("caddy", ["adapt", "--adapter", "caddyfile", "--config"], "Caddyfile")]
)
def test_a_proxy_understands_its_file(program: str, arguments: list[str], name: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"no {program} here")
    done = subprocess.run([program, *arguments, str(DEPLOY / name)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_proxies_pass_on_what_the_site_needs() -> None:
    from django.conf import settings

    port = environment("site.env.example")["PORT"]
    nginx, caddy = read("nginx.conf"), read("Caddyfile")
    for text in (nginx, caddy):
        assert f"127.0.0.1:{port}" in text
        (megabytes,) = re.findall(r"(?:client_max_body_size|max_size) (\d+)", text)
        assert int(megabytes) * 10**6 > settings.UPLOAD_SINGLE_BYTES, "the site itself says what is too large"
        assert "/metrics" in text
    for line in ("Upgrade $http_upgrade", "X-Forwarded-Proto $scheme", "X-Forwarded-For $remote_addr", "Host $host"):
        assert line in nginx
    from fitbalance.serve import PING_INTERVAL_S

    (timeout_s,) = re.findall(r"proxy_read_timeout (\d+)s", nginx)
    assert int(timeout_s) > 3 * PING_INTERVAL_S


def test_the_compose_file_builds_and_runs_this_site() -> None:
    compose = yaml.safe_load(read("compose.yaml"))
    site = compose["services"]["site"]
    assert (DEPLOY / site["build"]["context"]).resolve() == ROOT
    assert (ROOT / site["build"]["dockerfile"]).is_file()
    assert set(site["environment"]) <= settings_names()
    assert (DEPLOY / f"{site['env_file']}.example").is_file()
    named = {line.split(":")[0] for one in compose["services"].values() for line in one.get("volumes", [])}
    assert named == set(compose["volumes"])
    assert site["environment"]["FITBALANCE_VAR"] in {line.split(":")[1] for line in site["volumes"]}
    assert all(address.startswith("127.0.0.1:") for address in site["ports"]), "only the proxy reaches it"
    assert set(re.findall(r"\$\{(\w+)", read("compose.yaml"))) <= NOT_OURS
    assert set(site["depends_on"]) <= set(compose["services"])


def test_the_image_holds_what_is_named_in_it() -> None:
    text = read("Dockerfile")
    python = re.search(r"^FROM python:(\d+\.\d+)", text, re.MULTILINE)[1]
    assert f">={python}" in (ROOT / "pyproject.toml").read_text()
    assert set(re.findall(r"\b([A-Z][A-Z_]+)=", text)) <= settings_names()
    assert (ROOT / "constraints.txt").is_file()
    assert "USER fitbalance" in text
    assert '"-m", "fitbalance.supervise"' in text
    assert {".git", ".venv", "var"} <= set((ROOT / ".dockerignore").read_text().split())
