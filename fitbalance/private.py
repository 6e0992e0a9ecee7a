"""What FitBalance writes is its owner's alone: recordings of bodies, passwords' hashes, mail, keys.

`begin` is called where the settings are read (`settings/env.py`), and so by every program of the site before it writes
anything. The supervisor also closes what an earlier version, a copy or an unpacked archive left open.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

UMASK = 0o077
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def begin(var: Path) -> None:
    """From now on this process makes files that only its user may open; `var` is made, or closed to others."""
    os.umask(UMASK)
    var.mkdir(parents=True, exist_ok=True)
    if not is_shared(var) and _tighten(var):
        print(f"{var} was open to other users of this machine; now it is not.", file=sys.stderr)


def tighten_all(var: Path) -> tuple[int, list[Path]]:
    """Close everything in `var` to others: how many things were open, and those that belong to another user.

    Links are left alone and not followed. A folder that is not ours (a home, a system's folder) is not touched.
    """
    if is_shared(var):
        return 0, []
    n_tightened, foreign = 0, []
    for path in _inside(var):
        try:
            n_tightened += _tighten(path)
        except PermissionError:
            foreign.append(path)
        except FileNotFoundError:
            continue  # a file of a moment
    return n_tightened, foreign


def tighten_all_beside(say: Callable[[str], None]) -> threading.Thread:
    """The same for the site's folder, in a thread of its own, and said: there may be very many files."""
    from django.conf import settings

    def work() -> None:
        n_tightened, foreign = tighten_all(settings.VAR_DIR)
        if n_tightened:
            say(f"{n_tightened:,} files and folders in {settings.VAR_DIR} were open to other users; now they are not")
        if foreign:
            say(f"{len(foreign):,} belong to another user, who must close them: chmod -R go= {foreign[0]}")

    thread = threading.Thread(target=work, name="private", daemon=True)
    thread.start()
    return thread


def is_shared(var: Path) -> bool:
    """True for folders that hold more than a site's own files, or everybody's: those keep their rights."""
    return var in {Path("/"), Path.home()} or bool(var.stat().st_mode & stat.S_ISVTX)


def _tighten(path: Path) -> bool:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode) or not mode & _OTHERS:
        return False
    path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    return True


def _inside(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield Path(parent, name)
